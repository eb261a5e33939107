"""The lists behind the numbers of the page: what is recorded, and what is set aside."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..transactions import apart
from ..words import remedies


class MailSyncMessage(models.Model):
    _inherit = "mail.sync.message"

    email_from = fields.Char("From", compute="_compute_shown", search="_search_email_from")
    subject = fields.Char(compute="_compute_shown", search="_search_subject")
    record_name = fields.Char("Recorded on", compute="_compute_shown")
    why = fields.Char("Reason", compute="_compute_why")
    remedy = fields.Char("What to do", compute="_compute_why")

    @api.depends("mail_message_ids", "outcome", "aside_from", "aside_subject")
    @api.depends_context("uid", "lang")
    def _compute_shown(self):
        """Show a mail as far as its reader may read an entry of it, and open its record."""
        Message = self.env["mail.message"]
        readable = Message.search([("id", "in", self.mail_message_ids.ids)])
        open_ids = {
            model: set(self.env[model].browse(found.mapped("res_id"))._filtered_access("read").ids)
            for model, found in readable.grouped("model").items()
            if model
        }
        # sudo: that there is an entry, which is all that is told of it
        entered_sudo = self.sudo().search(
            [("id", "in", self.ids), ("mail_message_ids", "!=", False)]
        )
        for link in self:
            entries = (link.mail_message_ids & readable).sorted("model")
            first = entries[:1]
            names = [
                self.env[entry.model].browse(entry.res_id).display_name
                for entry in entries
                if entry.res_id in open_ids.get(entry.model, ())
            ]
            link.email_from = first.email_from or link.aside_from
            link.subject = first.subject or link.aside_subject
            link.record_name = ", ".join(names) or link._words_without_record(
                link.id in entered_sudo.ids
            )

    def _words_without_record(self, has_entry):
        if self.outcome != "recorded":
            return False
        if has_entry:
            return self.env._("On a record that you may not open")
        return self.env._("Deleted from the CRM")

    @api.depends("error_code", "account_id.provider_id")
    @api.depends_context("lang")
    def _compute_why(self):
        for link in self:
            code, provider = link.error_code, link.account_id.provider_id.code
            link.why = code and remedies.headline(self.env, code)
            link.remedy = code and remedies.remedy(self.env, code, provider)

    def _search_email_from(self, operator, value):
        return self._search_shown("email_from", "aside_from", operator, value)

    def _search_subject(self, operator, value):
        return self._search_shown("subject", "aside_subject", operator, value)

    def _search_shown(self, name, aside, operator, value):
        """Search entries that the reader may read, and what is set aside."""
        entries = self.env["mail.message"]._search([(name, operator, value)])
        return ["|", ("mail_message_ids", "in", entries), (aside, operator, value)]

    def action_open(self):
        """Open the record on which a mail is recorded; the lead, if it is on several."""
        self.ensure_one()
        entries = self.env["mail.message"].search([("id", "in", self.mail_message_ids.ids)])
        for entry in entries.sorted("model"):
            if self.env[entry.model].browse(entry.res_id).has_access("read"):
                return {
                    "type": "ir.actions.act_window",
                    "res_model": entry.model,
                    "res_id": entry.res_id,
                    "views": [(False, "form")],
                }
        raise UserError(self.record_name or self.env._("It is not recorded."))

    # -- trying again ----------------------------------------------------------------------------

    def action_retry(self):
        """Retry what was set aside, at once, and say what came of it."""
        self.check_access("read")
        # sudo: users may only read this table, but retrying their own mails is up to them
        failed_sudo = self.sudo().filtered(lambda m: m.outcome == "failed")
        if not failed_sudo:
            return None
        account = failed_sudo.account_id.sudo(False)
        account.ensure_one()
        # In a transaction of its own, for the turn to see it.
        with apart(self.env) as env:
            failed_sudo.with_env(env(su=True))._make_due()
        said = account.action_sync_now()
        with apart(self.env) as env:
            tried_sudo = failed_sudo.with_env(env(su=True)).exists()
            words, kind = tried_sudo._words_of_retry(len(failed_sudo), said["params"])
        return account._notification(words, kind)

    def _make_due(self):
        """Have the account's next turn retry these."""
        self.write({"retry_at": fields.Datetime.now(), "attempts": 0})

    def _words_of_retry(self, count, said):
        """Return what came of the retry of so many mails, and how serious that is."""
        recorded = self.filtered(lambda link: link.outcome == "recorded")
        left = self.filtered(lambda link: link.outcome == "failed")
        untried = left.filtered(lambda link: not link.attempts)
        if untried:
            # The turn did not come to it: what the turn says is the reason.
            return said["message"], said["type"]
        if count > 1:
            return self.env._(
                "Recorded: %(recorded)s. Still set aside: %(left)s. No longer concerning a lead, "
                "or no longer on the server: %(gone)s.",
                recorded=len(recorded),
                left=len(left),
                gone=count - len(recorded) - len(left),
            ), "warning" if left else "success"
        if recorded:
            return self.env._("Recorded."), "success"
        if left:
            return self.env._("Still set aside: %s", left.why), "warning"
        return self.env._("It no longer concerns a lead, or is no longer on the server."), "info"
