from markupsafe import Markup
from odoo import api, models
from odoo.exceptions import UserError

from ...engine import status
from ...engine.values import Outcome
from ...turns import lease
from ...turns import turn as turns

#: How long *Sync now* may take while its user waits. The cron reads the rest.
PATIENCE_SECONDS = 25


class MailSyncAccount(models.Model):
    """The buttons of the Mail Sync page, and their responses."""

    _inherit = "mail.sync.account"

    @api.model
    def action_open_mine(self):
        """Open the Mail Sync page: the user's own account or, without one, the set-up."""
        account = self.search([("user_id", "=", self.env.uid)], limit=1)
        name = "mail_sync_account_action" if account else "res_users_action_mail_sync_welcome"
        action = self.env["ir.actions.act_window"]._for_xml_id(f"mail_sync_custom.{name}")
        action["res_id"] = account.id or self.env.uid
        return action

    @api.model
    def get_empty_list_help(self, help_message):
        """Say why a list of accounts is empty: nobody is connected, or nobody this reader sees."""
        if not help_message:
            return super().get_empty_list_help(help_message)
        user = self.env.user
        everyone = user.has_group("base.group_system") or user.has_group(
            "mail_sync_custom.group_mail_sync_company_manager"
        )
        why = self.env._(
            "Each user connects their own, with Mail Sync in the menu under their name."
        )
        if self.search_count([], limit=1):
            title = self.env._("No mailbox matches")
            why = self.env._("Remove a filter to see the others.")
        elif everyone:
            title = self.env._("Nobody has connected a mailbox yet")
        else:
            title = self.env._("Nobody in the teams that you lead has connected a mailbox yet")
        return Markup('<p class="o_view_nocontent_smiling_face">%s</p><p>%s</p>') % (title, why)

    def action_open_setup(self):
        """Open the set-up wizard, prefilled with known settings."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_sync_custom.mail_sync_account_setup_action"
        )
        return {**action, "name": self.env["mail.sync.account.setup"]._title()}

    def action_sync_now(self):
        """Read the mailbox now, and report the result."""
        account_sudo = self._owned_sudo()
        if account_sudo.state == "pending":
            raise UserError(account_sudo._waiting_words())
        if not status.State(account_sudo.state).attempts:
            raise UserError(
                self.env._("This mailbox is not being synchronised. Reconnect it first.")
            )
        if words := account_sudo._rest_words("imap"):
            return self._notification(words, "warning")
        # The run uses its own cursors, and must see what this request has changed so far.
        self.env.flush_all()
        with lease.holding(self.env.cr.dbname):
            token = account_sudo._claim_patiently(PATIENCE_SECONDS)
            if token:
                result = turns.take(self.env.cr.dbname, self.id, token, PATIENCE_SECONDS)
                return self._notification(*self._words_of_result(result))
        return self._notification(
            self.env._("A synchronisation is running already. The page shows how far it has got."),
            "info",
        )

    def action_reconnect(self):
        """Retry what fails now, with the saved details."""
        account_sudo = self._owned_sudo()
        if account_sudo.state == "pending":
            raise UserError(account_sudo._waiting_words())
        rests = {protocol: account_sudo._rest_words(protocol) for protocol in ("imap", "smtp")}
        if not rests["imap"]:
            account_sudo._happen(status.Event.RECONNECT)
            account_sudo._schedule_now()
        if not rests["smtp"]:
            account_sudo._reconnect_sending()
        words = rests["imap"] or rests["smtp"]
        return self._notification(words, "warning") if words else None

    def _words_of_result(self, result):
        error = result.error or next(iter(result.problems), None)
        if error:
            # The page says what to do about it, and this must not cover it.
            return self._explain(error).partition("\n")[0], "danger"
        seen, recorded = result.report.seen, result.report.tally[Outcome.RECORDED]
        past = result.report.past
        if result.paused_until:
            return self._pause_words(recorded + past, result.paused_until), "warning"
        if past and not result.report.more:
            return self.env._(
                "New mails looked at: %(seen)s. Recorded: %(recorded)s. Earlier mails recorded on "
                "new leads: %(past)s.",
                seen=seen,
                recorded=recorded,
                past=past,
            ), "success"
        if result.report.more:
            return self.env._(
                "Mails looked at: %(seen)s. Recorded: %(recorded)s. The rest follows by itself.",
                seen=seen,
                recorded=recorded,
            ), "info"
        if not seen:
            return self.env._("Nothing new."), "success"
        return self.env._(
            "New mails looked at: %(seen)s. Recorded: %(recorded)s.", seen=seen, recorded=recorded
        ), "success"

    def _notification(self, message, kind):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": kind,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
