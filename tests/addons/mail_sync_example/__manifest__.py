{
    "name": "Mail Sync: an example for addons",
    "summary": "Mails of customers on the jobs of a workshop",
    "version": "19.0.1.0.0",
    "author": "Mail Sync contributors",
    "maintainers": ["mail-sync-contributors"],
    "website": "https://mail-sync.example",
    "license": "LGPL-3",
    "development_status": "Beta",
    "category": "Sales/CRM",
    "depends": ["mail_sync_custom"],
    "data": ["security/ir.model.access.csv", "views/workshop_job_views.xml"],
}
