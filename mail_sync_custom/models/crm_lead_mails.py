"""Who waits for whom: when a lead last wrote, when it was last written to, and what follows.

Both dates are stored, and kept right by whatever changes them: recording moves them forward
(``bridge.last_mails``); a mail that is sent, removed, moved, merged or made private has them
counted again, once for all of a transaction, before it is committed.

A private mail counts for nobody: a date that moved would tell colleagues more about it than its
own entry does. What a program answered, bounces and receipts count as none.
"""

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.sql import column_exists

from ..bridge.last_mails import COLUMNS
from .timeline_conditions import counts, direction

#: Leads that are counted in one statement when the columns are new.
BATCH = 10_000
#: Days without an answer after which a lead is in another group.
STEPS = (3, 7, 14)
_PENDING = "mail_sync_custom.recount"

IN, OUT = COLUMNS
#: Fields that are not stored, in SQL. ``l`` is the lead.
_WAITS = "({l}.{IN} > COALESCE({l}.{OUT}, '-infinity'))"
_DAYS = (
    "floor(extract(epoch FROM (statement_timestamp() AT TIME ZONE 'UTC') - {l}.{OUT}) / 86400)::int"
)
_UNANSWERED = f"(CASE WHEN {{l}}.{{OUT}} >= COALESCE({{l}}.{{IN}}, '-infinity') THEN {_DAYS} END)"
_TURN = f"""
    (CASE WHEN {_WAITS} THEN '1_us'
          WHEN {_UNANSWERED} >= 14 THEN '2_them_14'
          WHEN {_UNANSWERED} >= 7 THEN '3_them_7'
          WHEN {_UNANSWERED} >= 3 THEN '4_them_3'
          WHEN {{l}}.{{OUT}} IS NOT NULL THEN '5_them'
          ELSE '6_none' END)
"""
_SQL = {"mail_sync_turn": _TURN, "mail_sync_unanswered_days": _UNANSWERED}


class CrmLead(models.Model):
    _inherit = "crm.lead"

    mail_sync_last_in_at = fields.Datetime(
        "Last mail in", readonly=True, copy=False, index="btree_not_null"
    )
    mail_sync_last_out_at = fields.Datetime(
        "Last mail out", readonly=True, copy=False, index="btree_not_null"
    )
    # In the order in which the groups stand.
    mail_sync_turn = fields.Selection(
        [
            ("1_us", "Waits for our answer"),
            ("2_them_14", "No answer for two weeks"),
            ("3_them_7", "No answer for a week"),
            ("4_them_3", "No answer for 3 days"),
            ("5_them", "Written to lately"),
            ("6_none", "No mail yet"),
        ],
        "Waiting",
        compute="_compute_mail_sync_turn",
        search="_search_mail_sync_turn",
    )
    mail_sync_unanswered_days = fields.Integer(
        "Days without an answer",
        compute="_compute_mail_sync_turn",
        search="_search_mail_sync_unanswered_days",
        aggregator="avg",
        help="Whole days since we last wrote, if the lead has not written since.",
    )

    def _auto_init(self):
        is_new = not column_exists(self.env.cr, self._table, IN)
        result = super()._auto_init()
        if is_new:
            # The tables of recorded mails may not be there yet.
            self.pool.post_init(self._mail_sync_count_all)
        return result

    # -- what is not stored ----------------------------------------------------------------------

    @api.depends(*COLUMNS)
    def _compute_mail_sync_turn(self):
        now = fields.Datetime.now()
        for lead in self:
            last_in, last_out = lead[IN], lead[OUT]
            days = (now - last_out).days if last_out and not (last_in and last_in > last_out) else 0
            lead.mail_sync_unanswered_days = max(0, days)
            if not last_in and not last_out:
                lead.mail_sync_turn = "6_none"
            elif last_in and (not last_out or last_in > last_out):
                lead.mail_sync_turn = "1_us"
            else:
                group = next((n for n in reversed(range(len(STEPS))) if days >= STEPS[n]), None)
                lead.mail_sync_turn = ("4_them_3", "3_them_7", "2_them_14", "5_them")[
                    len(STEPS) if group is None else group
                ]

    def _search_mail_sync_turn(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._mail_sync_where("mail_sync_turn", "IN", tuple(value))

    def _search_mail_sync_unanswered_days(self, operator, value):
        if operator == "in":
            return self._mail_sync_where("mail_sync_unanswered_days", "IN", tuple(value))
        if operator not in (">", ">=", "<", "<="):
            return NotImplemented
        return self._mail_sync_where("mail_sync_unanswered_days", operator, value)

    def _mail_sync_where(self, name, operator, value):
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s %s %s", model._field_to_sql(alias, name, query), SQL(operator), value
            )
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        """Group, sort and search by what follows from the dates, as by a column."""
        if field_expr not in _SQL:
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        names = {"l": SQL.identifier(alias).code, "IN": f'"{IN}"', "OUT": f'"{OUT}"'}
        return SQL(_SQL[field_expr].format(**names), to_flush=[self._fields[n] for n in COLUMNS])

    # -- kept right ------------------------------------------------------------------------------

    @api.model
    def _mail_sync_recount(self, lead_ids):
        """Count the dates of these leads again before this transaction is committed."""
        precommit = self.env.cr.precommit
        if pending := precommit.data.get(_PENDING):
            pending.update(lead_ids)
        elif lead_ids:
            precommit.data[_PENDING] = set(lead_ids)
            # sudo: the dates are facts of the lead, whoever changed what they follow from
            leads_sudo = self.env(user=SUPERUSER_ID)[self._name]
            precommit.add(lambda: leads_sudo._mail_sync_recount_now(precommit.data.pop(_PENDING)))

    @api.model
    def _mail_sync_recount_now(self, lead_ids):
        """Count the dates of these leads, of which some may be gone."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE crm_lead lead
                SET mail_sync_last_in_at = now.last_in, mail_sync_last_out_at = now.last_out
                FROM (SELECT lead.id, %(last_in)s AS last_in, %(last_out)s AS last_out
                      FROM crm_lead lead WHERE lead.id = ANY(%(ids)s)) now
                WHERE lead.id = now.id
                  AND (lead.mail_sync_last_in_at, lead.mail_sync_last_out_at)
                      IS DISTINCT FROM (now.last_in, now.last_out)
                RETURNING lead.id
                """,
                ids=list(lead_ids),
                last_in=self._mail_sync_last("in"),
                last_out=self._mail_sync_last("out"),
            )
        )
        leads = self.browse(id_ for [id_] in rows)
        leads.invalidate_recordset(COLUMNS, flush=False)
        leads._mail_sync_answered()

    @api.model
    def _mail_sync_last(self, way):
        """Return, in SQL, the date of the last mail of a ``lead`` in one direction."""
        message = SQL.identifier("message")
        return SQL(
            """
            (SELECT message.date FROM mail_message message
             WHERE message.model = 'crm.lead' AND message.res_id = lead.id
               AND %s AND %s = %s
             ORDER BY message.date DESC, message.id DESC LIMIT 1)
            """,
            counts(message),
            direction(message),
            way,
        )

    @api.model
    def _mail_sync_count_all(self):
        """Count the dates of every lead, where the columns are new."""
        last = 0
        while rows := self.env.execute_query(
            SQL("SELECT id FROM crm_lead WHERE id > %s ORDER BY id LIMIT %s", last, BATCH)
        ):
            last = rows[-1][0]
            self._mail_sync_recount_now([id_ for [id_] in rows])


class MailMessage(models.Model):
    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        messages = super().create(vals_list)
        # What Mail Sync records moves the dates itself. What is written here counts when it is
        # sent, so this is for what comes through Odoo's own gateway.
        if any(vals.get("message_type") == "email" for vals in vals_list):
            synced = self.env["ir.model.data"]._xmlid_to_res_id("mail_sync_custom.mt_synced_mail")
            received = messages.filtered(lambda message: message.subtype_id.id != synced)
            received._mail_sync_recount_leads()
        return messages

    def write(self, vals):
        if vals.keys().isdisjoint(("model", "res_id", "date", "mail_sync_private")):
            return super().write(vals)
        self._mail_sync_recount_leads()
        result = super().write(vals)
        self._mail_sync_recount_leads()
        return result

    def unlink(self):
        # What runs as superuser deletes many messages that are no mails: it is not worth a query
        # to look where each was. Mail Sync itself says so where it removes mails.
        cache, field = self.env.cache, self._fields["model"]
        looked_at = self.filtered(lambda message: cache.contains(message, field))
        (looked_at if self.env.su else self)._mail_sync_recount_leads()
        return super().unlink()

    def _mail_sync_recount_leads(self):
        """Have the dates of the leads counted again on which these messages may be mails."""
        # sudo: on which record each is, whoever changes it
        leads = {
            message.res_id
            for message in self.sudo()
            if message.model == "crm.lead" and message.message_type in ("email", "comment")
        }
        self.env["crm.lead"]._mail_sync_recount(leads)


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Move the date of the leads to which mails have just been sent."""
        self.mail_message_id._mail_sync_recount_leads()
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
