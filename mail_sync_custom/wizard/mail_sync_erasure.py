"""What is recorded of a person, exported or erased for them (GDPR, articles 15 and 17)."""

import base64

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class MailSyncErasure(models.TransientModel):
    """For administrators: exports the recorded mails of some addresses, or erases them.

    A colleague's private mails are erased with the others, but not exported: only that they exist.
    """

    _name = "mail.sync.erasure"
    _description = "Recorded Mail of a Person"

    addresses = fields.Text(
        "Mail Addresses", required=True, help="One in each line: all that this person uses."
    )
    mail_count = fields.Integer("Recorded mails", compute="_compute_counts")
    record_count = fields.Integer(
        "Leads, opportunities and contacts that they are on", compute="_compute_counts"
    )
    private_count = fields.Integer("Private mails of colleagues", compute="_compute_counts")
    never_again = fields.Boolean(
        "Never record these addresses again",
        help="Puts them on your company's list, which keeps them in readable form.",
    )
    archive = fields.Binary(readonly=True, attachment=True)

    @api.model
    def default_get(self, fields_list):
        """Begin with the addresses of the leads or contacts from which it was opened."""
        found = super().default_get(fields_list)
        model = self.env.context.get("active_model")
        if model in ("crm.lead", "res.partner") and "addresses" in fields_list:
            records = self.env[model].browse(self.env.context.get("active_ids") or ())
            emails = (email for one in records for email in one._mail_sync_addresses())
            found["addresses"] = "\n".join(dict.fromkeys(emails))
        return found

    @api.depends("addresses")
    def _compute_counts(self):
        for wizard in self:
            mails_sudo = wizard._mails_sudo()
            hidden = mails_sudo.sudo(False)._mail_sync_withheld().sudo()
            wizard.mail_count = len({mail._mail_sync_key() for mail in mails_sudo})
            wizard.record_count = len({(mail.model, mail.res_id) for mail in mails_sudo})
            wizard.private_count = len({mail._mail_sync_key() for mail in hidden})

    def _emails(self):
        """Return the addresses entered, as keys."""
        return self.env["mail.sync.person"]._emails(self.addresses or "")

    def _mails_sudo(self):
        """Return the recorded mails of these addresses, as superuser, for administrators only."""
        if not self.env.user._is_system():
            raise AccessError(self.env._("Only administrators can do this."))
        # sudo: an administrator's right to answer for what is stored of a person
        return self.env["mail.sync.person"].sudo()._mails(self._emails())

    def _check_addresses(self):
        if not self._emails():
            raise UserError(self.env._("Enter at least one mail address."))

    # -- exporting -------------------------------------------------------------------------------

    def action_export(self):
        """Return a zip archive: a list of all that is stored, and each mail as a file."""
        self.ensure_one()
        self._check_addresses()
        mails_sudo = self._mails_sudo()
        hidden_sudo = mails_sudo.sudo(False)._mail_sync_withheld().sudo()
        archive = mails_sudo.env["mail.sync.person"]._archive(
            self._emails(), mails_sudo, hidden_sudo
        )
        self.archive = base64.b64encode(archive)
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/archive"
            "?download=true&filename=recorded-mail.zip",
            "target": "download",
        }

    # -- erasing ---------------------------------------------------------------------------------

    def action_erase(self):
        """Erase the mails and their traces, and say how many it were."""
        self.ensure_one()
        self._check_addresses()
        emails, mails_sudo = self._emails(), self._mails_sudo()
        count = len({mail._mail_sync_key() for mail in mails_sudo})
        person_sudo = mails_sudo.env["mail.sync.person"]
        person_sudo._erase(mails_sudo)
        person_sudo._erase_traces(emails)
        if self.never_again:
            self._put_on_list(emails)
        self.archive = False
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "sticky": True,
                "message": self.env._("Erased mails: %s. They do not come back.", count),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _put_on_list(self, emails):
        lists, company = self.env["mail.sync.exclusion"], self.env.company
        known = lists.search([("company_id", "=", company.id), ("pattern", "in", emails)])
        new = [email for email in emails if email not in known.mapped("pattern")]
        lists.create([{"pattern": email, "company_id": company.id} for email in new])
