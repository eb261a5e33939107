from odoo import api, fields, models
from odoo.addons.mail.tools.discuss import Store
from odoo.tools import SQL

from ..bridge import standing


class MailMessage(models.Model):
    _inherit = "mail.message"

    mail_sync_entry_ids = fields.One2many("mail.sync.entry", "mail_message_id")
    mail_sync_link_ids = fields.Many2many(
        "mail.sync.message",
        "mail_sync_message_mail_message_rel",
        "mail_message_id",
        "mail_sync_message_id",
    )
    mail_sync_direction = fields.Selection(
        [("in", "Received"), ("out", "Sent")],
        "Direction",
        # sudo: whoever can read a mail may know which way it went
        compute="_compute_mail_sync_direction",
        compute_sudo=True,
    )

    @api.depends("mail_sync_entry_ids.direction")
    def _compute_mail_sync_direction(self):
        """Set the direction of a mail; empty unless it belongs to a synchronised mailbox."""
        links = self.env["mail.sync.message"].search([("mail_message_ids", "in", self.ids)])
        linked = {message: link.direction for link in links for message in link.mail_message_ids}
        for message in self:
            entry = message.mail_sync_entry_ids
            message.mail_sync_direction = entry.direction or linked.get(message)

    def _to_store_defaults(self, target: Store.Target):
        """Tell colleagues which way a recorded mail went, and why it was recorded here."""
        defaults = super()._to_store_defaults(target)
        if target.is_internal(self.env):
            defaults.append(
                Store.Attr(
                    "mail_sync",
                    lambda message: message._mail_sync_to_store(),
                    # Model and type first: no query for what cannot have been recorded.
                    predicate=lambda message: (
                        message.model in standing.models(self.env)
                        and message.message_type == "email"
                        and message.sudo().mail_sync_entry_ids
                    ),
                )
            )
        return defaults

    def _mail_sync_owners(self):
        """Return whose mailboxes hold this mail."""
        links = self.mail_sync_link_ids.filtered(lambda link: link.outcome == "recorded")
        return links.account_id.user_id

    def unlink(self):
        """Delete the files of a recorded mail with it, however it is deleted.

        Odoo leaves attachments of a record behind when the message is deleted, and whoever can
        open the record could read them.
        """
        # sudo: whoever may delete a mail deletes what came with it
        files_sudo = self.sudo()._mail_sync_own_files()
        result = super().unlink()
        files_sudo.unlink()
        return result

    def _mail_sync_own_files(self):
        """Return the files that recorded mails brought and that no other message shows."""
        # Odoo reads these files anyway before it deletes, so looking at them costs no query.
        if not any(file.res_model in standing.models(self.env) for file in self.attachment_ids):
            return self.attachment_ids.browse()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT used.attachment_id FROM message_attachment_rel used
                JOIN mail_sync_entry entry ON entry.mail_message_id = used.message_id
                WHERE used.message_id = ANY(%(ids)s) AND NOT EXISTS (
                    SELECT FROM message_attachment_rel other
                    WHERE other.attachment_id = used.attachment_id
                      AND other.message_id != ALL(%(ids)s)
                )
                """,
                ids=self.ids,
                to_flush=[
                    self._fields["attachment_ids"],
                    self.env["mail.sync.entry"]._fields["mail_message_id"],
                ],
            )
        )
        return self.env["ir.attachment"].browse(id_ for [id_] in rows)

    def _mail_sync_to_store(self):
        # sudo: whoever can read a mail may know why it is here and who brought it
        message_sudo = self.sudo()
        # At most one; a slice of it would be read by itself, a query a mail.
        entry_sudo = message_sudo.mail_sync_entry_ids
        owners = message_sudo._mail_sync_owners()
        return {
            "direction": entry_sudo.direction,
            "automatic": entry_sudo.automatic,
            "because": entry_sudo._words(),
            "mailboxes": owners.mapped("name"),
            "omitted": entry_sudo._omitted_words(),
            "removable": message_sudo._mail_sync_may_remove(self.env.user),
        }
