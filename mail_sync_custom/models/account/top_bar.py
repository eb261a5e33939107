from odoo import api, models

from ...engine.errors import Step

#: The fields that the top bar's text depends on.
_SHOWN = frozenset(("active", "state", "error_code", "sending_error_code", "provider_id"))


class MailSyncAccount(models.Model):
    """What the web client's top bar shows of its user's mailbox, without a request.

    It is loaded with the session, and updated over the bus.
    """

    _inherit = "mail.sync.account"

    @api.model
    def _top_bar(self, user):
        """Return the data of a user's top bar: whether there is a mailbox, and its health."""
        # sudo: it is for the users themselves, whoever's action changed it
        account_sudo = self.sudo().search([("user_id", "=", user.id)], limit=1)
        account_sudo = account_sudo.with_context(lang=user.lang)
        failing = account_sudo.state in ("error", "connection")
        return {
            "configured": bool(account_sudo),
            "state": account_sudo.state or False,
            "headline": account_sudo.headline if failing else False,
        }

    @api.model
    def _invites(self, user):
        """Whether to tell a user where to connect a mailbox: a salesperson who never had one.

        Administrators have their own reminder in the top bar. Whoever has closed the invitation is
        not told again.
        """
        # sudo: users may not read all of their own settings, nor a disabled account
        settings_sudo = user.sudo().res_users_settings_id
        return (
            user.has_group("sales_team.group_sale_salesman")
            and not user.has_group("base.group_system")
            and not settings_sudo.mail_sync_invitation_closed
            and not self.sudo()._ever_of_user(user)
        )

    def _tell_top_bar(self):
        """Send the mailbox's current health to its owners' open tabs."""
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
        """Update the owners whose top bar shows something else now.

        A failure that continues is saved at each attempt, but is not news.
        """
        for account, shown in before.items():
            if self._top_bar(account.user_id) != shown:
                account._tell_top_bar()
