"""The dashboard: mails by week, salesperson and direction, and how long leads wait for answers."""

from odoo import fields, models
from odoo.tools import SQL

from .timeline_conditions import counts, direction


class MailSyncTraffic(models.Model):
    """One mail on one lead, of those that a user may know of.

    The same mails count as for the dates of a lead: no private ones, nothing automatic, nothing
    that was not sent. The query itself leaves out the leads that the user cannot open, by whatever
    rule; the record rules then leave a salesperson their own.
    """

    _name = "mail.sync.traffic"
    _description = "Mails of Leads"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "lead_id"

    date = fields.Datetime(readonly=True)
    lead_id = fields.Many2one("crm.lead", "Lead or opportunity", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    mailbox_user_id = fields.Many2one("res.users", "Mailbox of", readonly=True)
    team_id = fields.Many2one("crm.team", "Sales team", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    lead_type = fields.Selection(
        [("lead", "Lead"), ("opportunity", "Opportunity")], "Type", readonly=True
    )
    direction = fields.Selection([("in", "Received"), ("out", "Sent")], readonly=True)
    # A mail that is on several leads is one mail.
    mail_number = fields.Integer("Mails", aggregator="count_distinct", readonly=True)
    answer_hours = fields.Float(
        "Hours until our answer",
        aggregator="avg",
        readonly=True,
        help="From the first mail of a lead that waited for an answer until our next one. "
        "Mails that have no answer yet do not count.",
    )

    @property
    def _table_query(self):
        self.env.flush_all()
        message, before, after = map(SQL.identifier, ("message", "before", "after"))
        return SQL(
            """
            SELECT message.id, message.date, way.direction, lead.id AS lead_id, lead.user_id,
                   lead.team_id, lead.company_id, lead.type AS lead_type,
                   (SELECT min(twin.id) FROM mail_message twin
                    WHERE twin.message_id = message.message_id AND twin.model = 'crm.lead'
                   ) AS mail_number,
                   COALESCE(
                       (SELECT account.user_id FROM mail_sync_message_mail_message_rel rel
                        JOIN mail_sync_message link ON link.id = rel.mail_sync_message_id
                        JOIN mail_sync_account account ON account.id = link.account_id
                        WHERE rel.mail_message_id = message.id AND link.outcome = 'recorded'
                        ORDER BY link.id LIMIT 1),
                       (SELECT writer.id FROM res_users writer
                        WHERE writer.partner_id = message.author_id AND writer.share IS NOT TRUE
                        ORDER BY writer.id LIMIT 1)
                   ) AS mailbox_user_id,
                   CASE WHEN way.direction = 'in' AND (
                       SELECT %(before_way)s FROM mail_message before
                       WHERE before.model = 'crm.lead' AND before.res_id = lead.id
                         AND (before.date, before.id) < (message.date, message.id) AND %(before)s
                       ORDER BY before.date DESC, before.id DESC LIMIT 1
                   ) IS DISTINCT FROM 'in' THEN (
                       SELECT extract(epoch FROM after.date - message.date) / 3600
                       FROM mail_message after
                       WHERE after.model = 'crm.lead' AND after.res_id = lead.id
                         AND after.date > message.date AND %(after)s AND %(after_way)s = 'out'
                       ORDER BY after.date LIMIT 1
                   ) END::float AS answer_hours
            FROM mail_message message
            JOIN crm_lead lead ON lead.id = message.res_id
            CROSS JOIN LATERAL (SELECT %(way)s AS direction) way
            WHERE message.model = 'crm.lead' AND %(counts)s AND lead.id IN %(leads)s
            """,
            way=direction(message),
            counts=counts(message),
            before=counts(before),
            before_way=direction(before),
            after=counts(after),
            after_way=direction(after),
            leads=self._leads(),
        )

    def _leads(self):
        """Return, in SQL, the leads that the user can open, including lost ones."""
        leads = self.env["crm.lead"].with_context(active_test=False)
        if not leads.has_access("read"):
            return SQL("(SELECT 0 WHERE FALSE)")
        return leads._search([]).subselect()
