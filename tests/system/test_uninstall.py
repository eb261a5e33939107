"""After uninstalling Mail Sync, Odoo works and the mails are still in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage

import pytest

from dev.client import Client
from dev.demo import mail

from .office import Lead, Office, Salesperson, office, somebody


@dataclass
class After:
    """What there is once it has been uninstalled."""

    company: Office
    admin: Client
    ann: Salesperson
    lead: Lead
    lost: Lead


@pytest.fixture(scope="module")
def after() -> Iterator[After]:
    """Uninstall Mail Sync after use: with a mailbox, leads, and mails with a file."""
    with office("uninstall", "--max-cron-threads=0") as company:
        ann, lena, otto = company.salesperson("ann"), somebody("lena"), somebody("otto")
        lead, lost = company.lead(lena, ann), company.lead(otto, ann)
        company.admin.call("crm.lead", "action_set_lost", [lost.id])
        ann.has(with_a_plan(mail(lena, ann.person, "Plans", "See the plan.")))
        ann.has(with_a_plan(mail(otto, ann.person, "Here again", "Do you remember me?")))
        ann.connect()
        ann.sync()
        assert (lead.subjects(), lost.subjects()) == (["Plans"], [])
        assert on_contact(company, lead) == [("Plans", "plan.pdf")]
        assert company.sql("SELECT 1 FROM ir_mail_server WHERE owner_user_id = %s", ann.client.uid)
        domain = [("name", "=", "mail_sync_custom")]
        [module] = company.admin.call("ir.module.module", "search", domain)
        company.admin.call("ir.module.module", "button_immediate_uninstall", [module])
        ann.client = company.client(ann.email)
        yield After(company, company.client("admin", "admin"), ann, lead, lost)


def test_nothing_of_the_addon_is_left(after: After):
    assert not left_behind(after.company)


def test_what_was_recorded_stays_internal_with_its_files(after: After):
    fields = ["subject", "is_internal", "subtype_id", "attachment_ids"]
    place = [("model", "=", "crm.lead"), ("res_id", "=", after.lead.id)]
    domain = [*place, ("message_type", "=", "email")]
    [entry] = after.ann.client.call("mail.message", "search_read", domain, fields)
    assert (entry["subject"], entry["is_internal"]) == ("Plans", True)
    subtype = after.admin.read("mail.message.subtype", entry["subtype_id"][0], "internal")
    assert subtype["internal"]
    [file] = after.admin.call("ir.attachment", "read", entry["attachment_ids"], ["name"])
    assert file["name"] == "plan.pdf"


def test_a_mail_on_a_lead_is_not_left_on_the_contact(after: After):
    assert on_contact(after.company, after.lead) == []


def test_a_mail_only_on_a_contact_stays_there(after: After):
    assert on_contact(after.company, after.lost) == [("Here again", "plan.pdf")]


def test_odoo_shows_its_pages(after: After):
    assert after.company.server.is_answering()
    for model in ("crm.lead", "res.users", "res.partner", "res.config.settings"):
        after.admin.call(model, "get_views", [[False, "form"]])
    after.ann.client.call("crm.lead", "search_read", [], ["name", "message_ids"])


def test_its_users_send_through_odoos_server_and_can_be_archived(after: After):
    after.ann.write(after.lead, "By Odoo's own server")
    domain = [("subject", "=", "By Odoo's own server")]
    assert after.ann.client.call("mail.message", "search_count", domain)
    after.admin.call("res.users", "write", [after.ann.client.uid], {"active": False})


def test_no_error_is_in_the_log(after: After):
    log = after.company.server.log.read_text(errors="replace").splitlines()
    assert not [line for line in log if " ERROR " in line or " CRITICAL " in line]


def with_a_plan(letter: EmailMessage) -> EmailMessage:
    letter.add_attachment(b"%PDF-1.4 plan", "application", "pdf", filename="plan.pdf")
    return letter


def on_contact(company: Office, lead: Lead) -> list[tuple[str | None, str | None]]:
    """Return the mails on a lead's contact and their files, including files without their mail."""
    return company.sql(
        """
        SELECT mail.subject, file.name FROM (
            SELECT m.id, m.subject, r.attachment_id FROM mail_message m
            LEFT JOIN message_attachment_rel r ON r.message_id = m.id
            WHERE m.model = 'res.partner' AND m.res_id = %s AND m.message_type = 'email'
        ) mail
        FULL JOIN (
            SELECT id, name FROM ir_attachment
            WHERE res_model = 'res.partner' AND res_id = %s AND res_field IS NULL
        ) file ON file.id = mail.attachment_id
        """,
        lead.partner,
        lead.partner,
    )


def left_behind(company: Office) -> list[str]:
    """Return what is left of the addon in the database."""
    found = company.sql(
        """
        SELECT 'table ' || tablename FROM pg_tables WHERE tablename LIKE 'mail\\_sync%%'
        UNION ALL
        SELECT 'column ' || table_name || '.' || column_name FROM information_schema.columns
        WHERE column_name LIKE 'mail\\_sync%%' OR column_name LIKE 'x\\_mail\\_sync%%'
        UNION ALL
        SELECT 'data ' || name FROM ir_model_data WHERE module = 'mail_sync_custom'
        UNION ALL
        SELECT 'model ' || model FROM ir_model WHERE model LIKE 'mail.sync.%%'
        UNION ALL
        SELECT 'field ' || model || '.' || name FROM ir_model_fields WHERE name LIKE 'mail\\_sync%%'
        UNION ALL
        SELECT 'job ' || id FROM ir_cron WHERE cron_name LIKE 'Mail Sync%%'
        UNION ALL
        SELECT 'server ' || name FROM ir_mail_server WHERE owner_user_id IS NOT NULL
        UNION ALL
        SELECT 'group ' || id FROM res_groups_privilege WHERE name->>'en_US' = 'Mail Sync'
        UNION ALL
        SELECT 'setting ' || key FROM ir_config_parameter WHERE key LIKE 'mail\\_sync\\_custom%%'
        UNION ALL
        SELECT 'index ' || indexname FROM pg_indexes WHERE indexname LIKE '%%mail\\_sync%%'
        """
    )
    return [what for [what] in found]
