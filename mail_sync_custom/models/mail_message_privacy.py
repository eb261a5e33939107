"""Who may read a recorded mail: the one place that decides, however the mail is asked for.

On a lead Odoo's own rule holds: whoever can read the lead can read its mails. Every colleague can
read a contact, but not the mails recorded on it. Those are for whoever has the mail in their own
mailbox or logged it by hand, and for whoever can open a lead that has the same mail; if no lead has
it any more, for whoever can open a lead of that contact.

A private mail, on whatever record, is for whoever has it in their own mailbox or wrote it here, and
for nobody else: not for managers, nor for administrators. ``mail_message_private`` says how a mail
becomes private.

Portal users read no recorded mail. Following a record, which everyone who can open it may do,
gives no right to its mails.
"""

from odoo import api, models
from odoo.addons.base.models.ir_attachment import condition_values
from odoo.fields import Domain
from odoo.tools import SQL

from ..bridge import standing
from . import rendering


class MailMessage(models.Model):
    _inherit = "mail.message"

    # -- the rule --------------------------------------------------------------------------------

    @api.model
    def _mail_sync_guarded(self):
        """Return the models whose readers may not read every mail recorded there."""
        if self.env.user._is_internal():
            return ["res.partner"]
        return list(standing.models(self.env))

    @api.model
    def _mail_sync_readable(self, message, models=None):
        """Return, in SQL, whether the user may read a message as far as it is a recorded mail.

        ``message`` is the name of the table, and ``models`` are the only models that its rows can
        have, if that is known. The condition is on one row, and costs all other messages no more
        than a look at two columns.
        """
        guarded = self._mail_sync_guarded()
        condition = SQL(
            "CASE WHEN %(m)s.mail_sync_private THEN %(own)s ELSE %(others)s END",
            m=message,
            own=self._mail_sync_own(message),
            others=SQL("TRUE")
            if models is not None and models.isdisjoint(guarded)
            else self._mail_sync_unless_guarded(message),
            to_flush=self._mail_sync_asked(),
        )
        self.env.flush_query(condition)
        return condition

    @api.model
    def _mail_sync_unless_guarded(self, message):
        """Return, in SQL, the rule for a message that is not private."""
        condition = SQL(
            """
            CASE WHEN %(m)s.model = ANY(%(guarded)s) THEN COALESCE(
                (SELECT %(right)s FROM mail_sync_entry entry
                 WHERE entry.mail_message_id = %(m)s.id),
                TRUE
            ) ELSE TRUE END
            """,
            m=message,
            guarded=self._mail_sync_guarded(),
            right=self._mail_sync_right(message),
            to_flush=self._mail_sync_asked(),
        )
        self.env.flush_query(condition)
        return condition

    def _mail_sync_own(self, message):
        """Return, in SQL, whether a mail is the user's: in their mailbox, written or logged here.

        A mailbox that was disabled without removing its mails still has them.
        """
        if not self.env.user._is_internal():
            return SQL("FALSE")
        return SQL(
            """
            ((SELECT TRUE FROM mail_sync_message link
              JOIN mail_sync_account account ON account.id = link.account_id
              WHERE link.message_id = btrim(%(m)s.message_id, '<>')
                AND link.variant = COALESCE((
                    SELECT entry.variant FROM mail_sync_entry entry
                    WHERE entry.mail_message_id = %(m)s.id), 0)
                AND link.outcome = 'recorded' AND account.user_id = %(user)s
              LIMIT 1) IS TRUE
             OR (SELECT entry.reason = 'hand' AND entry.create_uid = %(user)s
                 FROM mail_sync_entry entry WHERE entry.mail_message_id = %(m)s.id) IS TRUE
             OR (%(m)s.message_type != 'email' AND %(m)s.author_id = (
                 SELECT partner_id FROM res_users WHERE id = %(user)s)))
            """,
            m=message,
            user=self.env.uid,
        )

    def _mail_sync_right(self, message):
        """Return, in SQL, whether the user may read the mail ``entry``, recorded on a contact.

        Each part is a scalar subquery: next to an OR, PostgreSQL would hash a whole table to
        answer an EXISTS.
        """
        if not self.env.user._is_internal():
            return SQL("FALSE")
        return SQL(
            """
            (SELECT TRUE FROM mail_sync_message link
             JOIN mail_sync_account account ON account.id = link.account_id
             WHERE link.message_id = entry.message_id AND link.variant = entry.variant
               AND link.outcome = 'recorded' AND account.user_id = %(user)s
             LIMIT 1) IS TRUE
            OR (entry.reason = 'hand' AND entry.create_uid = %(user)s) IS TRUE
            OR COALESCE(
                (SELECT bool_or(lead.id IS NOT NULL) FROM mail_message same
                 LEFT JOIN mail_sync_entry twin ON twin.mail_message_id = same.id
                 LEFT JOIN crm_lead lead ON lead.id = same.res_id AND lead.id IN %(leads)s
                 WHERE same.message_id = %(m)s.message_id AND same.model = 'crm.lead'
                   AND COALESCE(twin.variant, 0) = entry.variant),
                (SELECT TRUE FROM crm_lead lead
                 WHERE lead.partner_id = %(m)s.res_id AND lead.id IN %(leads)s
                 LIMIT 1),
                FALSE
            )
            """,
            m=message,
            user=self.env.uid,
            leads=self._mail_sync_readable_leads(),
        )

    def _mail_sync_readable_leads(self):
        """Return, in SQL, the leads that the user can open, including lost ones."""
        leads = self.env["crm.lead"].with_context(active_test=False)
        if not leads.has_access("read"):
            return SQL("(SELECT 0 WHERE FALSE)")
        return leads._search(Domain.TRUE).subselect()

    def _mail_sync_asked(self):
        """Return the fields that the rule reads."""
        asked = {
            "mail.message": (
                *("model", "res_id", "message_id"),
                *("mail_sync_private", "message_type", "author_id"),
            ),
            "mail.sync.entry": (
                *("mail_message_id", "message_id", "variant"),
                *("reason", "create_uid"),
            ),
            "mail.sync.message": ("account_id", "message_id", "variant", "outcome"),
            "mail.sync.account": ("user_id",),
            "crm.lead": ("partner_id",),
        }
        return [self.env[model]._fields[name] for model, names in asked.items() for name in names]

    @api.model
    def _mail_sync_readable_domain(self, models=None):
        """Return the rule as a domain: the user's own rule, even in a search as superuser."""
        return Domain.custom(
            to_sql=lambda _model, alias, _query: self._mail_sync_readable(
                SQL.identifier(alias), models
            )
        )

    @api.model
    def _mail_sync_shown_domain(self):
        """Return, as a domain, of which messages the user may know that they exist.

        Whoever could read a mail if it were not private may know that there is one.
        """
        if not self.env.user._is_internal():
            return self._mail_sync_readable_domain()
        return Domain.custom(
            to_sql=lambda _model, alias, _query: self._mail_sync_shown(SQL.identifier(alias))
        )

    @api.model
    def _mail_sync_shown(self, message):
        """Return, in SQL, whether a colleague may know that a message exists."""
        condition = SQL(
            "((%(m)s.mail_sync_private AND %(own)s) OR %(others)s)",
            m=message,
            own=self._mail_sync_own(message),
            others=self._mail_sync_unless_guarded(message),
            to_flush=self._mail_sync_asked(),
        )
        self.env.flush_query(condition)
        return condition

    def _mail_sync_withheld(self):
        """Return those of the messages that are recorded mails which the user may not read."""
        if self.env.su or not self.ids:
            return self.browse()
        guarded = self._mail_sync_guarded()
        # sudo: which record it is on, as Odoo asks it of every message
        concerned_sudo = self.sudo().filtered(
            lambda message: message.mail_sync_private or message.model in guarded
        )
        if not concerned_sudo:
            return self.browse()
        table = SQL.identifier("message")
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM mail_message message WHERE id = ANY(%s) AND NOT %s",
                concerned_sudo.ids,
                self._mail_sync_readable(table),
            )
        )
        return self.browse(id_ for [id_] in rows)

    # -- where it is asked -----------------------------------------------------------------------

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, **kwargs):
        """Leave out recorded mails that the user may not read, before the search is limited.

        Odoo bypasses access for the messages of a record that the user may read. For recorded
        mails that is not enough.
        """
        domain = Domain(domain)
        found = condition_values(self, "model", domain)
        models = None if found is None else set(found)
        # A search on any other model stays as it is.
        asked = not self.env.su or rendering.is_going_on()
        if asked and (models is None or not models.isdisjoint(standing.models(self.env))):
            domain &= self._mail_sync_readable_domain(models)
        return super()._search(domain, offset, limit, order, **kwargs)

    def _get_forbidden_access(self, operation):
        """Apply the rule of a search to messages that are asked for by id.

        Asked for by id, Odoo shows portal users an internal message that is an email and not a
        comment, on any record they can read: their own contact and those of their company.
        """
        forbidden = super()._get_forbidden_access(operation)
        if operation == "create":  # what is being created has not been recorded yet
            return forbidden
        return forbidden | (self - forbidden)._mail_sync_withheld()

    @api.model
    def _get_with_access(self, message_id, mode="read", **kwargs):
        """Apply the rule in the web client's routes, which only check the right to the record."""
        message = super()._get_with_access(message_id, mode=mode, **kwargs)
        return message - message.sudo(False)._mail_sync_withheld()

    @api.depends_context("uid")
    def _compute_display_name(self):
        """Name no mail by a subject that the user may not read.

        Whoever can read an answer is told the name of what it answers, whatever their rights.
        """
        result = super()._compute_display_name()
        withheld = self.sudo(False)._mail_sync_withheld()
        for message in self if withheld else ():
            if message in withheld:
                message.display_name = self.env._("Private mail")
        return result

    def export_data(self, fields_to_export):
        """Refuse to export what the user cannot read; Odoo lets administrators do that."""
        if self._mail_sync_withheld():
            raise self._make_access_error("read")
        return super().export_data(fields_to_export)

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        """Leave out what the user cannot read where a path of an export leads to a mail.

        Odoo reads the fields of messages without asking for the right to read them.
        """
        messages = self - self._mail_sync_withheld()
        return super(MailMessage, messages)._export_rows(
            fields, _is_toplevel_call=_is_toplevel_call
        )
