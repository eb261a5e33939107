from odoo import api, models

from ...engine.errors import Step

#: What the top bar's words depend on.
_SHOWN = frozenset(("active", "state", "error_code", "sending_error_code", "provider_id"))


class MailSyncAccount(models.Model):
    """What the web client's top bar knows of its user's mailbox, without asking.

    It gets that with the session, and changes over the bus.
    """

    _inherit = "mail.sync.account"

    @api.model
    def _top_bar(self, user):
        """Return what a user's top bar is told: whether there is a mailbox, and how it is."""
        # sudo: it is for the users themselves, whoever's action changed it
        account_sudo = self.sudo().search([("user_id", "=", user.id)], limit=1)
        account_sudo = account_sudo.with_context(lang=user.lang)
        failing = account_sudo.state in ("error", "connection")
        return {
            "configured": bool(account_sudo),
            "state": account_sudo.state or False,
            "headline": account_sudo.headline if failing else False,
        }

    def _tell_top_bar(self):
        """Tell the owners' open tabs how their mailbox is now."""
        self._send_top_bar(self.user_id)

    @api.model
    def _send_top_bar(self, users):
        for user in users:
            with self._alone(Step.RECORDING):
                user._bus_send("mail_sync_custom/status", self._top_bar(user))

    def _shown_before(self, vals):
        """Return what the owners' top bars show, by account; empty if a write cannot change it."""
        if not _SHOWN & vals.keys():
            return {}
        return {account: self._top_bar(account.user_id) for account in self}

    @api.model
    def _tell_top_bar_of_changes(self, before):
        """Tell the owners whose top bar shows something else now.

        A failure that continues is saved at each attempt, and is no news.
        """
        for account, shown in before.items():
            if self._top_bar(account.user_id) != shown:
                account._tell_top_bar()
