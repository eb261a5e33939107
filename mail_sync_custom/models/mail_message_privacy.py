"""Who reads a recorded mail. The one place that decides it, for whichever way it is asked for.

On a lead it is read by whoever reads the lead: Odoo's own rule. A contact is read by every
colleague, and the mails that are recorded on it are not theirs: those are read by whoever has the
mail in their own mailbox, and by whoever can open a lead on which the same mail stands. Where it
stands on no lead any more, by whoever can open a lead of that contact.

A customer in the portal reads no recorded mail. To follow a record, which everyone may who can
open it, gives no right to its mails.
"""

from odoo import api, models
from odoo.addons.base.models.ir_attachment import condition_values
from odoo.fields import Domain
from odoo.tools import SQL


class MailMessage(models.Model):
    _inherit = "mail.message"

    # -- the rule --------------------------------------------------------------------------------

    @api.model
    def _mail_sync_guarded(self):
        """Return the models whose reader does not read the mails that are recorded there."""
        if self.env.user._is_internal():
            return ["res.partner"]
        return ["crm.lead", "res.partner"]

    @api.model
    def _mail_sync_readable(self, message):
        """Return, in SQL, whether the user may read a message as far as it is a recorded mail.

        ``message`` is the name of the table. It is a condition on one row, which costs the other
        messages nothing but a look at their model.
        """
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

    def _mail_sync_right(self, message):
        """Return, in SQL, whether the user may read the mail ``entry`` that stands on a contact.

        Each part is a scalar subquery: beside an OR, PostgreSQL would build a table of all rows to
        serve an EXISTS.
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
        """Return, in SQL, the leads that the user can open, those that are lost as well."""
        leads = self.env["crm.lead"].with_context(active_test=False)
        if not leads.has_access("read"):
            return SQL("(SELECT 0 WHERE FALSE)")
        return leads._search(Domain.TRUE).subselect()

    def _mail_sync_asked(self):
        """Return the fields that the rule asks for."""
        asked = {
            "mail.message": ("model", "res_id", "message_id"),
            "mail.sync.entry": ("mail_message_id", "message_id", "variant"),
            "mail.sync.message": ("account_id", "message_id", "variant", "outcome"),
            "mail.sync.account": ("user_id",),
            "crm.lead": ("partner_id",),
        }
        return [self.env[model]._fields[name] for model, names in asked.items() for name in names]

    @api.model
    def _mail_sync_readable_domain(self):
        """Return the rule as a domain of messages; it is the user's also for a search by sudo."""
        return Domain.custom(
            to_sql=lambda _model, alias, _query: self._mail_sync_readable(SQL.identifier(alias))
        )

    def _mail_sync_withheld(self):
        """Return those of the messages that are recorded mails and not for the user to read."""
        if self.env.su or not self.ids:
            return self.browse()
        guarded = self._mail_sync_guarded()
        # sudo: which record it is on, as Odoo asks it of every message
        on_guarded_sudo = self.sudo().filtered(lambda message: message.model in guarded)
        if not on_guarded_sudo:
            return self.browse()
        table = SQL.identifier("message")
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM mail_message message WHERE id = ANY(%s) AND NOT %s",
                on_guarded_sudo.ids,
                self._mail_sync_readable(table),
            )
        )
        return self.browse(id_ for [id_] in rows)

    # -- where it is asked -----------------------------------------------------------------------

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, **kwargs):
        """Leave out recorded mails that the user may not read, before the search is cut to a page.

        Where Odoo bypasses access it is to the messages of a record that may be read, and that is
        not enough for these.
        """
        domain = Domain(domain)
        models = condition_values(self, "model", domain)
        # The chatter of anything else is searched as it was.
        if not self.env.su and (models is None or set(models) & set(self._mail_sync_guarded())):
            domain &= self._mail_sync_readable_domain()
        return super()._search(domain, offset, limit, order, **kwargs)

    def _get_forbidden_access(self, operation):
        """As in a search, for messages that are asked for by their numbers.

        Odoo lets a portal user read an internal message so, when it is an email and no comment, on
        any record that they can read: their own contact, and those of their company.
        """
        forbidden = super()._get_forbidden_access(operation)
        if operation == "create":  # what is being created has not been recorded yet
            return forbidden
        return forbidden | (self - forbidden)._mail_sync_withheld()

    @api.model
    def _get_with_access(self, message_id, mode="read", **kwargs):
        """As in a search, for the web client's routes, which take the right to a record for it."""
        message = super()._get_with_access(message_id, mode=mode, **kwargs)
        return message - message.sudo(False)._mail_sync_withheld()

    def export_data(self, fields_to_export):
        """Odoo lets administrators export what they cannot read."""
        if self._mail_sync_withheld():
            raise self._make_access_error("read")
        return super().export_data(fields_to_export)
