"""Private mails: colleagues see that there was a mail, not from whom, nor its subject or text.

Whoever has a mail in their own mailbox can make it private, and it stays so until all who did have
shown it again. What answers or forwards a private mail quotes it, so that is private as well,
whether it is recorded or written here.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..bridge import standing
from .timeline_conditions import is_mail


class MailMessage(models.Model):
    _inherit = "mail.message"

    # Not counted from the links: it outlives the mailbox of whoever made the mail private.
    mail_sync_private = fields.Boolean("Private", readonly=True, copy=False)

    _mail_sync_private_idx = models.Index("(message_id) WHERE mail_sync_private")

    @api.model_create_multi
    def create(self, vals_list):
        """Keep private what is written here in answer to a private mail."""
        messages = super().create(vals_list)
        # Any other message may have a parent that it does not answer: Odoo has chosen one.
        if any(values.get("mail_sync_exact") for values in vals_list):
            messages.filtered("mail_sync_exact")._mail_sync_follow_parent()
        return messages

    def action_mail_sync_make_private(self):
        """Hide mails, with the answers to them, from everyone who does not have them.

        Returns the ids of the messages that are private now. Raises AccessError unless the mails
        are the user's own.
        """
        self.check_access("read")
        own_sudo = self._mail_sync_own_mails()
        if missing := self - own_sudo.sudo(False):
            raise missing._mail_sync_not_own()
        found_sudo = own_sudo._mail_sync_with_answers()
        found_sudo._mail_sync_set_private()
        return found_sudo.ids

    def action_mail_sync_show(self):
        """Show private mails to colleagues again.

        Returns the ids of the messages that they can read now: none while somebody else, who has
        the mail too, keeps it private. Raises AccessError unless the mails are the user's own.
        """
        self.check_access("read")
        own_sudo = self._mail_sync_own_mails()
        if missing := self - own_sudo.sudo(False):
            raise missing._mail_sync_not_own()
        copies_sudo = own_sudo._mail_sync_copies()
        links_sudo = copies_sudo._mail_sync_holding()
        mine_sudo = links_sudo.filtered(lambda link: link.account_id.user_id == self.env.user)
        mine_sudo.private = False
        kept = {(link.message_id, link.variant) for link in links_sudo if link.private}
        shown_sudo = copies_sudo.filtered(lambda copy: copy._mail_sync_key() not in kept)
        shown_sudo._mail_sync_mark(False)
        if copies_sudo and not shown_sudo:
            raise UserError(
                self.env._("A colleague who has this mail too keeps it private. It stays private.")
            )
        shown_sudo._mail_sync_tell_readers()
        return shown_sudo.ids

    # -- whose it is ---------------------------------------------------------------------------

    def _mail_sync_own_mails(self):
        """Return, as superuser, those that the user has in their own mailbox or wrote here."""
        table = SQL.identifier("message")
        condition = SQL(
            """
            SELECT id FROM mail_message message
            WHERE id = ANY(%s) AND model = ANY(%s) AND %s AND %s
            """,
            self.ids,
            list(standing.models(self.env)),
            is_mail(table),
            self._mail_sync_own(table),
            to_flush=self._mail_sync_asked(),
        )
        self.env.flush_query(condition)
        rows = self.env.execute_query(condition)
        # sudo: an owner's right to decide about the mails of their own mailbox
        return self.sudo().browse(id_ for [id_] in rows)

    def _mail_sync_not_own(self):
        return AccessError(
            self.env._("Only someone with this mail in their own mailbox can decide who reads it.")
        )

    def _mail_sync_key(self):
        """Return the Message-ID, without brackets, and the variant."""
        return (self.message_id or "").strip("<>"), self.mail_sync_entry_ids.variant

    def _mail_sync_copies(self):
        """Return the same mails on all of their records, these included."""
        keys = {message._mail_sync_key() for message in self}
        same = self.search(
            [
                ("message_id", "in", [f"<{message_id}>" for message_id, _ in keys]),
                ("model", "in", list(standing.models(self.env))),
            ]
        )
        return self | same.filtered(lambda message: message._mail_sync_key() in keys)

    def _mail_sync_holding(self):
        """Return the links of all mailboxes that have these mails."""
        keys = {message._mail_sync_key() for message in self}
        links = self.env["mail.sync.message"].search(
            [
                ("message_id", "in", [message_id for message_id, _ in keys]),
                ("outcome", "=", "recorded"),
            ]
        )
        return links.filtered(lambda link: (link.message_id, link.variant) in keys)

    def _mail_sync_with_answers(self):
        """Return these mails and those that answer or forward them, on all of their records."""
        found = new = self._mail_sync_copies()
        while new:
            answers = self.search([("parent_id", "in", new.ids)])
            # Odoo files what is written under another message, whatever it answers; not so what
            # left through a mailbox.
            answers = answers.filtered(
                lambda one: one.mail_sync_entry_ids or one.mail_sync_exact or one.mail_sync_link_ids
            )
            new = answers._mail_sync_copies() - found
            found |= new
        return found

    # -- making it private -----------------------------------------------------------------------

    def _mail_sync_set_private(self):
        """Make these messages private, and note who of the holders wanted it: the user."""
        links = self._mail_sync_holding()
        links.filtered(lambda link: link.account_id.user_id == self.env.user).private = True
        self._mail_sync_mark(True)
        # What was translated for a reader is kept with Odoo's own access.
        self.env["mail.message.translation"].search([("message_id", "in", self.ids)]).unlink()
        self._mail_sync_take_back()

    def _mail_sync_follow_parent(self):
        """Make these messages private if what they answer or forward is."""
        # sudo: whoever writes an answer has it kept private, too
        quoting_sudo = self.sudo().filtered("parent_id.mail_sync_private")
        quoting_sudo._mail_sync_mark(True)

    def _mail_sync_mark(self, private):
        """Note on messages, and on the files that they brought, whether they are private."""
        self.mail_sync_private = private
        files = self.attachment_ids
        if not private:
            domain = [("attachment_ids", "in", files.ids), ("mail_sync_private", "=", True)]
            files -= self.search(domain).attachment_ids
        files.mail_sync_private = private
        self.env["mail.scheduled.message"]._mail_sync_mark(self, private)

    def _mail_sync_take_back(self):
        """Have the mails vanish from the open pages of colleagues who can no longer read them."""
        records = [self.env[model].browse(ids) for model, ids in self._mail_sync_places().items()]
        readers = self.env["res.users"]
        for record in (one for each in records for one in each.exists()):
            readers |= record.message_partner_ids.user_ids
            readers |= record._mail_sync_salesperson()
        for reader in readers.filtered(lambda user: user._is_internal()):
            gone = self.with_user(reader)._mail_sync_withheld()
            if gone:
                reader._bus_send("mail.message/delete", {"message_ids": gone.ids})
        self._mail_sync_tell_readers()

    def _mail_sync_tell_readers(self):
        """Have the timelines load what the readers of the records may see now."""
        places = self._mail_sync_places()
        leads = self.env["crm.lead"].browse(places.get("crm.lead", ())).exists()
        (self.env.user | leads.user_id)._bus_send("mail_sync/recorded", places)

    def _mail_sync_places(self):
        """Return the ids of the records that these messages are on, by model."""
        places = {}
        for message in self:
            places.setdefault(message.model, set()).add(message.res_id)
        return {model: sorted(ids) for model, ids in places.items()}
