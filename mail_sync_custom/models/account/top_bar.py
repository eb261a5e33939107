from odoo import api, models

#: What the top bar's words depend on.
_SHOWN = frozenset(("active", "state", "error_code", "sending_error_code", "provider_id"))


class MailSyncAccount(models.Model):
    """What the web client's top bar knows of its user's mailbox, without asking, at any time.

    It gets it with the session, and from then on over the bus when it changes.
    """

    _inherit = "mail.sync.account"

    @api.model
    def _top_bar(self, user):
        """Return what a user's top bar is told: whether there is a mailbox, and how it is."""
        # sudo: it is for the user themselves, whoever's action it was that changed it
        account_sudo = self.sudo().search([("user_id", "=", user.id)], limit=1)
        account_sudo = account_sudo.with_context(lang=user.lang)
        failing = account_sudo.state in ("error", "connection")
        return {
            "configured": bool(account_sudo),
            "state": account_sudo.state or False,
            "headline": account_sudo.headline if failing else False,
        }

    def _tell_top_bar(self):
        """Tell the open tabs of the owners how their mailbox is now."""
        for user in self.user_id:
            user._bus_send("mail_sync_custom/status", self._top_bar(user))

    @api.model_create_multi
    def create(self, vals_list):
        accounts = super().create(vals_list)
        accounts._tell_top_bar()
        return accounts

    def write(self, vals):
        if not _SHOWN & vals.keys():
            return super().write(vals)
        before = {account: self._top_bar(account.user_id) for account in self}
        result = super().write(vals)
        # A failure that goes on is written at each attempt, and is no news.
        self.filtered(
            lambda account: self._top_bar(account.user_id) != before[account]
        )._tell_top_bar()
        return result

    def unlink(self):
        users = self.user_id
        result = super().unlink()
        for user in users.exists():
            user._bus_send("mail_sync_custom/status", self._top_bar(user))
        return result
