import itertools
import time
from dataclasses import replace
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.base.models.ir_cron import MIN_TIME_PER_JOB
from odoo.tools import config

from ...engine.sync.protocols import Limits
from ...fields import BigInteger
from ...turns import crew, lease

#: Seconds that one run of the scheduled action takes at most, of what Odoo gives to all of them.
RUN_SECONDS = 30
#: The part of Odoo's time limit for scheduled actions that a run takes at most.
SHARE = 4
#: The first scheduled action has the others help when an account has been due for this long.
LATE_SECONDS = 10
#: Seconds between two looks at whether help is needed.
LOOK_SECONDS = 5
#: The least pause between two runs, unless somebody asks for one.
WAKE = timedelta(seconds=3)
#: The scheduled actions that help the first one.
HELPERS = tuple(f"ir_cron_mail_sync_{number}" for number in (2, 3, 4))
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
    # Its last turn failed or took long: it is read apart from the others (`engine.pacing`).
    slow = fields.Boolean(groups=fields.NO_ACCESS, copy=False)
    syncing = fields.Boolean("Syncing now", compute="_compute_syncing", compute_sudo=True)
    # The number of the last latecomer (`mail.sync.latecomer`) whose past mail was searched for.
    caught_up_to = BigInteger(required=True, default=0, readonly=True)

    _due_idx = models.Index("(next_sync_at) WHERE state IN ('enabled', 'error')")
    _leased_idx = models.Index("(id) WHERE lease_token IS NOT NULL")

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
        megabytes = parameters_sudo._mail_sync_saved("mail_sync_custom.attachment_limit_mb")
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
        """Give every due account its turn, many at a time; see ``turns.crew``.

        One thread of a process does this; several processes, on several hosts, may.
        """
        with (own := crew.of(self.env.cr.dbname)).attended() as mine:
            if mine:
                self._give_turns()
        if mine and own.asked:
            self._wake("ir_cron_mail_sync")

    @api.model
    def _give_turns(self):
        Cron, helpers, look_at = self.env["ir.cron"], itertools.cycle(HELPERS), 0.0

        def progress(ended, running):
            nonlocal look_at
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + LOOK_SECONDS
                if lease.due(self.env)[1] > LATE_SECONDS:
                    self._wake(next(helpers))
            # It commits, so that no transaction is open while turns are waited for.
            Cron._commit_progress(ended, remaining=running)

        progress(0, 1)
        seconds = self._run_seconds()
        if seconds > 0:
            crew.of(self.env.cr.dbname).run(seconds, progress)
        remaining, _, following = lease.due(self.env)
        Cron._commit_progress(remaining=remaining)
        if following and not remaining:
            self._wake("ir_cron_mail_sync", max(following, fields.Datetime.now() + WAKE))

    def _run_seconds(self):
        """Return for how many seconds this run may go on; Odoo calls a run several times.

        The first call takes all of them. Other scheduled actions have their turn afterwards.
        """
        limit = config["limit_time_real_cron"] or 0
        limit = limit if limit > 0 else config["limit_time_real"]
        seconds = min(RUN_SECONDS, limit / SHARE) if limit else RUN_SECONDS
        # Odoo lets an action go on for at least these ten seconds: they show when it began.
        ends = self.env.context.get("cron_end_time")
        return seconds if ends is None else ends - MIN_TIME_PER_JOB + seconds - time.monotonic()

    def _wake(self, action, at=None):
        """Have a scheduled action run then, by default now, if it has not been deleted."""
        if cron := self.env.ref(f"mail_sync_custom.{action}", raise_if_not_found=False):
            cron._trigger(at)

    def _claim_patiently(self, seconds):
        """Return a lease on this account once a running turn ends; None if that takes too long."""
        until = time.monotonic() + seconds
        while not (claimed := lease.claim(self.env.cr.dbname, 1, self.id)):
            if time.monotonic() >= until:
                return None
            time.sleep(0.2)
        return claimed[0][1]
