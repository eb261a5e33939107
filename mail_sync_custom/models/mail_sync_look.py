"""A lead has written since one last looked: a quiet mark, for each user."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..bridge.last_mails import COLUMNS


class MailSyncLook(models.Model):
    """What a user had seen of a lead's mails when they last looked at its timeline.

    The date of the last mail is kept, and not the time: a mail that is recorded later than it was
    written, as all are, must not count as seen.
    """

    _name = "mail.sync.look"
    _description = "Last Look at a Lead"
    _rec_name = "lead_id"

    lead_id = fields.Many2one("crm.lead", required=True, readonly=True, ondelete="cascade")
    user_id = fields.Many2one(
        "res.users", required=True, readonly=True, index=True, ondelete="cascade"
    )
    seen_in_at = fields.Datetime(required=True, readonly=True)

    _once = models.UniqueIndex("(lead_id, user_id)")


class CrmLead(models.Model):
    _inherit = "crm.lead"

    mail_sync_unread = fields.Boolean(
        "New mail",
        compute="_compute_mail_sync_unread",
        search="_search_mail_sync_unread",
        exportable=False,
        help="The lead has written since you last looked at its timeline.",
    )

    @api.depends("mail_sync_last_in_at", "user_id")
    @api.depends_context("uid")
    def _compute_mail_sync_unread(self):
        unread = self.browse()
        if self.ids:
            lead = SQL.identifier("lead")
            condition = SQL("lead.id = ANY(%s) AND %s", self.ids, self._mail_sync_is_unread(lead))
            rows = self.env.execute_query(SQL("SELECT id FROM crm_lead lead WHERE %s", condition))
            unread = self.browse(id_ for [id_] in rows)
        for lead in self:
            lead.mail_sync_unread = lead in unread

    def _search_mail_sync_unread(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain.custom(
            to_sql=lambda model, alias, _query: SQL(
                "(%s IS TRUE) = ANY(%s)",
                model._mail_sync_is_unread(SQL.identifier(alias)),
                list(map(bool, value)),
            )
        )

    @api.model
    def _mail_sync_is_unread(self, lead):
        """Return, in SQL, whether a lead has written since the user last looked at it.

        If they never looked, only their own leads count, and only what came after they connected
        their mailbox, or without one, after the addon was installed: history is no news.
        """
        asked = [*(self._fields[name] for name in (*COLUMNS, "user_id"))]
        looks = self.env["mail.sync.look"]._fields.values()
        return SQL(
            """
            (%(l)s.mail_sync_last_in_at > COALESCE(
                (SELECT look.seen_in_at FROM mail_sync_look look
                 WHERE look.lead_id = %(l)s.id AND look.user_id = %(user)s),
                CASE WHEN %(l)s.user_id = %(user)s THEN COALESCE(
                    (SELECT account.create_date FROM mail_sync_account account
                     WHERE account.user_id = %(user)s ORDER BY account.id LIMIT 1),
                    (SELECT installed.create_date FROM ir_model_data installed
                     WHERE installed.module = 'mail_sync_custom'
                       AND installed.name = 'mt_synced_mail'))
                END))
            """,
            l=lead,
            user=self.env.uid,
            to_flush=[*asked, *(field for field in looks if field.store and field.column_type)],
        )

    def mail_sync_looked(self):
        """Remember that the user has seen the mails that the lead has sent so far."""
        self._mail_sync_check_timeline()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO mail_sync_look (lead_id, user_id, seen_in_at)
                SELECT id, %(user)s, COALESCE(mail_sync_last_in_at, '1970-01-01') FROM crm_lead
                WHERE id = ANY(%(ids)s)
                ON CONFLICT (lead_id, user_id) DO UPDATE SET seen_in_at = EXCLUDED.seen_in_at
                WHERE mail_sync_look.seen_in_at != EXCLUDED.seen_in_at
                RETURNING lead_id
                """,
                user=self.env.uid,
                ids=self.ids,
            )
        )
        if rows:
            self.invalidate_recordset(["mail_sync_unread"], flush=False)
            seen = {self._name: sorted(id_ for [id_] in rows)}
            self.env.user._bus_send("mail_sync/looked", seen)
