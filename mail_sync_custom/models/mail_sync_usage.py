import psycopg2
from odoo import api, fields, models
from odoo.tools import SQL


class MailSyncUsage(models.Model):
    """One billable mailbox-day: a user's mailbox that was Enabled or in Error on that day.

    Written when an account enters or leaves such a state, and by a cron for accounts that stay in
    it. Accounts in Pending or Connection are not counted. Days follow the user's time zone.
    """

    _name = "mail.sync.usage"
    _description = "Billable Mailbox-Day"
    _order = "date desc, id desc"
    _rec_name = "email"

    date = fields.Date(required=True, readonly=True)
    # A billed day stays when the account, and even the user, is deleted.
    account_id = fields.Many2one(
        "mail.sync.account", index=True, ondelete="set null", readonly=True
    )
    user_id = fields.Many2one("res.users", ondelete="set null", readonly=True)
    email = fields.Char("Mailbox", required=True, readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="restrict", readonly=True
    )
    state = fields.Selection([("enabled", "Enabled"), ("error", "Error")], "Status", readonly=True)
    # Always one: it gives the report's measure a name.
    days = fields.Integer(default=1, readonly=True)

    # One mailbox per user: an account that is set up again on the same day is not billed twice.
    _once = models.UniqueIndex("(user_id, date)", "A mailbox is billed once a day.")

    @api.model
    def _count_today(self, accounts):
        """Count today for each of the accounts that is billable and not counted yet."""
        for account in accounts.filtered("billable"):
            today = account._today()
            if not self._is_counted(account, today):
                self._insert(account, today)

    def _is_counted(self, account, day):
        return self.search_count(
            [("user_id", "=", account.user_id.id), ("date", "=", day)], limit=1
        )

    def _insert(self, account, day):
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(
                    SQL(
                        """
                        INSERT INTO mail_sync_usage (date, account_id, user_id, email, company_id,
                                                     state, days, create_uid, create_date,
                                                     write_uid, write_date)
                        VALUES (%(date)s, %(account)s, %(user)s, %(email)s, %(company)s, %(state)s,
                                1, %(uid)s, %(now)s, %(uid)s, %(now)s)
                        ON CONFLICT DO NOTHING
                        """,
                        date=day,
                        account=account.id,
                        user=account.user_id.id,
                        email=account.email,
                        company=account.company_id.id,
                        state=account.state,
                        uid=self.env.uid,
                        now=fields.Datetime.now(),
                    ),
                    log_exceptions=False,
                )
        except psycopg2.errors.SerializationFailure:
            # Another transaction has just counted this day.
            return

    @api.model
    def _cron_count(self):
        """Count today for every billable account, and start those that wait despite a free place.

        It runs several times a day, so that it covers the day in every time zone.
        """
        Account = self.env["mail.sync.account"]
        self._count_today(Account.search([("state", "in", ("enabled", "error"))]))
        Account._free_places(Account.search([("state", "=", "pending")]).company_id)
