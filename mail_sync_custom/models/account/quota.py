from datetime import UTC, datetime, time, timedelta

from odoo import api, fields, models
from odoo.tools import format_datetime


class MailSyncAccount(models.Model):
    """How many mails the company's plan lets a user record in a day, in the user's time zone.

    What counts is what the account has added to records since midnight. A mail that was already
    there is free, and so is one that was written in the CRM.
    """

    _inherit = "mail.sync.account"

    paused_until = fields.Datetime(
        "Continues",
        compute="_compute_paused_until",
        compute_sudo=True,
        help="Today's mails of the company's plan are used up. Recording continues then, where it "
        "stopped.",
    )

    @api.depends("state", "company_id.mail_sync_plan_id.daily_limit", "user_id.tz")
    def _compute_paused_until(self):
        for account in self:
            used_up = account.state in ("enabled", "error") and account._records_left() == 0
            account.paused_until = used_up and account._day()[1]

    def _records_left(self):
        """Return how many mails may still be recorded today; ``None`` if there is no limit."""
        self.ensure_one()
        # sudo: only administrators see the plan, but its limit applies to everyone
        daily_limit = self.sudo().company_id.mail_sync_plan_id.daily_limit
        if not daily_limit:
            return None
        brought = self.env["mail.sync.message"].search_count(
            [("account_id", "=", self.id), ("brought_at", ">=", self._day()[0])]
        )
        return max(daily_limit - brought, 0)

    def _day(self):
        """Return the start and end of the owner's day, in UTC as in the database."""
        today, tz = self._today(), self._tz()
        midnights = (datetime.combine(today + timedelta(days), time.min) for days in (0, 1))
        return tuple(tz.localize(at).astimezone(UTC).replace(tzinfo=None) for at in midnights)

    def _today(self):
        """Return today's date in the owner's time zone."""
        return datetime.now(self._tz()).date()

    def _tz(self):
        """Return the owner's time zone, not the viewer's."""
        self.ensure_one()
        return self.with_context(tz=False).with_user(self.user_id).env.tz

    def _pause_words(self, recorded, until):
        """Return what *Sync now* says when the day's mails are used up.

        ``until`` comes from the run: this transaction does not see what the run recorded.
        """
        limit = self.sudo().company_id.mail_sync_plan_id.daily_limit
        time = format_datetime(self.env, until, tz=self.user_id.tz or "UTC")
        if not recorded:
            return self.env._(
                "Your company's plan records %(limit)s mails a day, and today's are used up. "
                "Recording continues where it stopped: %(time)s.",
                limit=limit,
                time=time,
            )
        return self.env._(
            "Recorded: %(recorded)s. These are the last of the %(limit)s mails a day that your "
            "company's plan records. Recording continues where it stopped: %(time)s.",
            recorded=recorded,
            limit=limit,
            time=time,
        )
