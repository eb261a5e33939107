from odoo import fields, models


class WorkshopJob(models.Model):
    """A job for a customer, whose mails are recorded on it."""

    _name = "workshop.job"
    _description = "Job"
    _inherit = ["mail.thread", "mail.sync.addressed"]
    _mail_sync_address_fields = ("partner_id.email", "site_email")

    name = fields.Char(required=True)
    partner_id = fields.Many2one("res.partner", "Customer")
    site_email = fields.Char("Mail address of the site")
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    is_done = fields.Boolean("Done")
    received_count = fields.Integer("Mails received", readonly=True)

    def _mail_sync_takers(self, companies):
        """What is done takes no new mails, except answers."""
        return super()._mail_sync_takers(companies).filtered(lambda job: not job.is_done)

    def _mail_sync_recorded(self, mails):
        """Count what customers write. *Crash* in a subject stands for a mistake in here."""
        received = mails.filtered(lambda mail: mail.mail_sync_direction == "in")
        for job_id, found in received.grouped("res_id").items():
            job = self.browse(job_id)
            job.received_count += len(found)
            if any("Crash" in mail.subject for mail in found):
                raise ZeroDivisionError("an error of the example")
        return super()._mail_sync_recorded(mails)
