from contextlib import suppress
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.errors import Step
from ..fields import BigInteger
from ..transactions import RACES, as_superuser
from ..turns.poll import interval

#: A mailbox that was unavailable for longer does not search its past mail for these addresses.
KEPT = timedelta(days=365)
#: Leads whose open pages are told at once that the search is over.
TOLD = 1000
#: The advisory lock for assigning numbers; any number that nothing else uses.
_LOCK = 7_231_150_001


class MailSyncLatecomer(models.Model):
    """A new address of a lead, when mails with that address may already have been looked at.

    All addresses of a lead that is open again count as new. Each mailbox searches its past mail for
    it once, in its next turn. ``number`` is assigned once the lead is committed, by one transaction
    at a time, so that a mailbox that has searched up to a number has missed none below it. An id
    would not do: it is assigned before the commit, so the lead of a slow transaction would be
    missed.
    """

    _name = "mail.sync.latecomer"
    _description = "Address to Look Back For"
    _rec_name = "email"

    lead_id = fields.Many2one("crm.lead", required=True, readonly=True, ondelete="cascade")
    email = fields.Char("Mail Address", required=True, readonly=True)
    number = BigInteger(readonly=True)

    _lead_idx = models.Index("(lead_id)")
    _number_idx = models.Index("(number)")
    _new_idx = models.Index("(id) WHERE number IS NULL")

    @api.model
    def _welcome(self, leads, before):
        """Save the new addresses of leads; ``before`` maps a lead's id to its earlier addresses.

        One INSERT serves all leads; if no address is new, there is none.
        """
        # sudo: the owner of each mailbox agreed to have it searched for the mails of leads; the
        # user who creates the lead sees no more of them than on any other record
        late_sudo = self.sudo().create(
            [
                {"lead_id": lead.id, "email": email}
                for lead in leads
                for email in sorted(lead._mail_sync_emails() - before.get(lead.id, set()))
            ]
        )
        owners = self.env["mail.sync.account"]._owners()
        users = leads.user_id | self.env.user if late_sudo and owners else self.env["res.users"]
        self._hurry(users.filtered(lambda user: user.id in owners))

    @api.model
    def _hurry(self, users):
        """Have the mailboxes of these users searched at once.

        In a separate transaction, so that this one and a running turn never wait for each other. A
        mailbox that fails, or has used up its daily quota, keeps its pause.
        """
        if not users:
            return
        # sudo: who has a mailbox is not secret, and nothing of it is shown
        accounts_sudo = self.env["mail.sync.account"].sudo()
        well = [("state", "=", "enabled"), ("failure_count", "=", 0)]
        waiting = [("user_id", "in", users.ids), *well]
        ids, dbname = accounts_sudo.search(waiting).ids, self.env.cr.dbname
        if not ids:
            return
        self.env.ref("mail_sync_custom.ir_cron_mail_sync")._trigger()

        @self.env.cr.postcommit.add
        def make_due():
            now = fields.Datetime.now()
            # If a turn has just taken it, the turn wins, and earlier commits stay committed.
            with suppress(*RACES), as_superuser(dbname) as env:
                env.cr.execute(
                    SQL(
                        """
                        UPDATE mail_sync_account SET next_sync_at = %(now)s WHERE id IN (
                            SELECT id FROM mail_sync_account
                            WHERE id = ANY(%(ids)s)
                              AND next_sync_at > %(now)s AND next_sync_at <= %(poll)s
                            FOR NO KEY UPDATE SKIP LOCKED
                        )
                        """,
                        ids=ids,
                        now=now,
                        poll=now + interval(env),
                    )
                )

    @api.model
    def _count(self):
        """Assign numbers to new addresses, unless another transaction is doing so.

        Raises psycopg2.Error if another transaction did so a moment ago (40001).
        """
        self.env.execute_query(
            SQL(
                """
                UPDATE mail_sync_latecomer
                SET number = nextval(pg_get_serial_sequence('mail_sync_latecomer', 'id'))
                WHERE number IS NULL AND pg_try_advisory_xact_lock(%s)
                RETURNING id
                """,
                _LOCK,
            )
        )

    @api.model
    def _last_number(self):
        """Return the highest number; a mailbox connected now need not search up to it."""
        [[number]] = self.env.execute_query(
            SQL("SELECT COALESCE(MAX(number), 0) FROM mail_sync_latecomer")
        )
        return number

    @api.model
    def _tell_found(self, account, after, number):
        """Tell the open pages of leads that an account has searched its past mails for them.

        They ask how many there are with their own user's rights.
        """
        between = [("number", ">", after), ("number", "<=", number)]
        leads = self.search(between, limit=TOLD).lead_id
        if not leads:
            return
        with account._alone(Step.RECORDING):
            told = account.user_id | leads.user_id
            told._bus_send("mail_sync/looked_back", {"ids": leads.ids})

    @api.autovacuum
    def _gc_looked_for(self):
        """Delete the ones that every mailbox has searched for."""
        self.env.execute_query(
            SQL(
                """
                DELETE FROM mail_sync_latecomer
                WHERE create_date < %s OR NOT EXISTS (SELECT FROM mail_sync_account)
                   OR number <= (SELECT MIN(caught_up_to) FROM mail_sync_account)
                RETURNING id
                """,
                fields.Datetime.now() - KEPT,
            )
        )
