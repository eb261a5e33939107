import time
from dataclasses import replace
from datetime import timedelta

from odoo import api, fields, models

from ...engine.sync.protocols import Limits
from ...fields import BigInteger
from ...turns import lease
from ...turns import turn as turns

#: The pause between two runs of an account.
POLL = timedelta(minutes=3)
#: How long one account may be read at a time, so that the others get their turn.
RUN_SECONDS = 60
#: Accounts that one cron run claims at a time.
CLAIM = 5
DEFAULT_ATTACHMENT_MB = 20


class MailSyncAccount(models.Model):
    """When the mailbox is read, and who may read it now."""

    _inherit = "mail.sync.account"

    last_sync_at = fields.Datetime("Last Sync", readonly=True)
    next_sync_at = fields.Datetime("Next Sync", readonly=True)
    lease_token = fields.Char(groups=fields.NO_ACCESS, copy=False)
    lease_until = fields.Datetime(groups=fields.NO_ACCESS, copy=False)
    # The number of the process that reads the account: see `turns.lease`.
    lease_holder = fields.Integer(groups=fields.NO_ACCESS, copy=False)
    syncing = fields.Boolean("Syncing now", compute="_compute_syncing", compute_sudo=True)
    # The number of the last latecomer (`mail.sync.latecomer`) whose past mail was searched for.
    caught_up_to = BigInteger(required=True, default=0, readonly=True)

    _due_idx = models.Index("(next_sync_at) WHERE state IN ('enabled', 'error')")

    @api.depends("lease_until", "lease_token")
    def _compute_syncing(self):
        self.flush_recordset(("lease_token", "lease_until"))
        being_read = lease.being_read(self.env, self.ids)
        for account in self:
            account.syncing = account.id in being_read

    def _limits(self):
        """Return the engine's limits: the administrator's for attachments, and the plan's."""
        return replace(self._size_limits(), records=self._records_left())

    @api.model
    def _size_limits(self):
        """Return the engine's limits as far as sizes are concerned, which are the same for all."""
        # sudo: an administrator's limit, which applies to everyone
        parameters_sudo = self.env["ir.config_parameter"].sudo()
        megabytes = parameters_sudo.get_param("mail_sync_custom.attachment_limit_mb")
        attachment = int(megabytes or DEFAULT_ATTACHMENT_MB) * 1024 * 1024
        # base64 turns three bytes into four, and the attachment is not the whole mail.
        return Limits(attachment * 3 // 2 + 1024 * 1024, attachment)

    def _schedule_now(self):
        """Have the active accounts read now, except during the pause after a refused password."""
        due = self.filtered(lambda account: account.billable and not account._rests_until("imap"))
        due.write({"next_sync_at": fields.Datetime.now()})
        self.env.ref("mail_sync_custom.ir_cron_mail_sync")._trigger()

    @api.model
    def _cron_sync(self):
        """Give every due account its turn; a failing one does not delay the others."""
        with lease.holding(self.env.cr.dbname):
            self._give_turns()
        self._wake_when_due()

    @api.model
    def _give_turns(self):
        dbname = self.env.cr.dbname
        while claimed := lease.claim(dbname, CLAIM):
            self.env["ir.cron"]._commit_progress(remaining=self._due_count() + len(claimed))
            for account_id, token in claimed:
                turns.take(dbname, account_id, token, RUN_SECONDS)
                left = self.env["ir.cron"]._commit_progress(1)
            if not left:
                break

    def _due_count(self):
        return self.search_count([("next_sync_at", "<=", fields.Datetime.now())])

    def _wake_when_due(self):
        """Schedule the next run for when the next account is due, and not earlier."""
        following = self.search(
            [("state", "in", ("enabled", "error")), ("next_sync_at", "!=", False)],
            order="next_sync_at",
            limit=1,
        )
        if following:
            at = max(following.next_sync_at, fields.Datetime.now() + timedelta(seconds=1))
            self.env.ref("mail_sync_custom.ir_cron_mail_sync")._trigger(at)

    def _claim_patiently(self, seconds):
        """Return a lease on this account once a running turn ends; None if that takes too long."""
        until = time.monotonic() + seconds
        while not (claimed := lease.claim(self.env.cr.dbname, 1, self.id)):
            if time.monotonic() >= until:
                return None
            time.sleep(0.2)
        return claimed[0][1]
