from odoo import api, fields, models
from odoo.exceptions import UserError


class MailSyncAccountDisable(models.TransientModel):
    """*Disable Syncing*: keep or remove what was recorded, with the numbers shown first."""

    _name = "mail.sync.account.disable"
    _description = "Disable Syncing"

    account_id = fields.Many2one(
        "mail.sync.account", required=True, readonly=True, ondelete="cascade"
    )
    email = fields.Char(related="account_id.email")
    policy = fields.Selection(
        [
            ("keep", "Keep all previously synced communication"),
            ("remove", "Remove it from the Life of the Lead and from opportunities"),
        ],
        "Previously synced communication",
        default="keep",
        required=True,
    )
    kept_mail_count = fields.Integer("Mails that stay", compute="_compute_counts")
    kept_record_count = fields.Integer(
        "Leads, opportunities and contacts that they are on", compute="_compute_counts"
    )
    removed_mail_count = fields.Integer("Mails to be removed", compute="_compute_counts")
    removed_record_count = fields.Integer(
        "Leads, opportunities and contacts that they are on ", compute="_compute_counts"
    )
    shared_mail_count = fields.Integer(
        "Mails that stay, as a colleague's mailbox has them too", compute="_compute_counts"
    )
    consequence = fields.Text("What this means", compute="_compute_consequence")

    @api.depends("account_id")
    def _compute_counts(self):
        """Count for either answer: for *keep* what stays, for *remove* what goes."""
        for wizard in self:
            account = wizard.account_id
            counts = account._managed_sudo()._mail_counts() if account else (0, 0, 0, 0)
            mails, records, alone, alone_records = counts
            wizard.kept_mail_count, wizard.kept_record_count = mails, records
            wizard.removed_mail_count, wizard.removed_record_count = alone, alone_records
            wizard.shared_mail_count = mails - alone

    @api.depends("account_id", "policy")
    def _compute_consequence(self):
        for wizard in self:
            removes = wizard.policy == "remove"
            words = wizard._words_of_removing() if removes else wizard._words_of_keeping()
            wizard.consequence = "\n".join(filter(None, (words, wizard._words_of_scheduled())))

    def _words_of_keeping(self):
        if not self.kept_mail_count:
            return self.env._("This mailbox has not brought any mail so far.")
        return self.env._("What was recorded stays where it is.")

    def _words_of_removing(self):
        # No sentence contains a number: languages differ in how it inflects the words around it.
        words = self.env._(
            "They are removed for everyone, with their attachments. This cannot be undone: they do "
            "not come back when the mailbox is connected again."
        )
        if not self.removed_mail_count:
            words = self.env._("There is nothing to remove: no mail came from this mailbox alone.")
        return words + " " + self.env._("Mails that were written in the CRM stay.")

    def _words_of_scheduled(self):
        # sudo: how many there are, for a manager who may not read them
        scheduled_sudo = self.env["mail.scheduled.message"].sudo()
        author = self.account_id._managed_sudo().user_id.partner_id
        count = scheduled_sudo.search_count([("author_id", "=", author.id)]) if author else 0
        if not count:
            return ""
        return self.env._(
            "Scheduled mails: %s. When their time comes, they leave through the company's mail "
            "server; Smart Mails are not sent at all. To stop one, cancel it on its record.",
            count,
        )

    def action_disable(self):
        """Disable the mailbox, erase its password, and keep or remove what it brought."""
        self.ensure_one()
        account_sudo = self.account_id._managed_sudo()
        if not account_sudo.active:
            raise UserError(self.env._("This mailbox is already disabled."))
        own = account_sudo.user_id == self.env.user
        account_sudo._disable(self.policy)
        if own:
            return {**self.env["mail.sync.account"].action_open_mine(), "target": "main"}
        account_sudo._tell_disabled(self.env.user)
        # Those who manage others' mailboxes stay where they were: the list, or the page.
        return {"type": "ir.actions.act_window_close"}
