from odoo import api, fields, models
from odoo.addons.mail.tools.discuss import Store


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
        """Which way a mail went; empty for what is no mail of a synchronised mailbox."""
        links = self.env["mail.sync.message"].search([("mail_message_ids", "in", self.ids)])
        linked = {message: link.direction for link in links for message in link.mail_message_ids}
        for message in self:
            entry = message.mail_sync_entry_ids[:1]
            message.mail_sync_direction = entry.direction or linked.get(message)

    def _get_forbidden_access(self, operation):
        """Keep a recorded mail from a customer in the portal, whichever way they ask for it.

        Odoo keeps internal messages out of a portal user's searches, but lets them read one by
        its number when it is an email and no comment, on any record that they can read: their
        own contact, and those of their company.
        """
        forbidden = super()._get_forbidden_access(operation)
        if self.env.user._is_internal():
            return forbidden
        # sudo: to know that a message is a recorded mail, not to show it
        allowed_sudo = (self - forbidden).sudo()
        return forbidden | self & allowed_sudo.filtered("mail_sync_entry_ids").sudo(False)

    def _to_store_defaults(self, target: Store.Target):
        """Tell colleagues which way a recorded mail went, and why it stands where it stands."""
        defaults = super()._to_store_defaults(target)
        if target.is_internal(self.env):
            defaults.append(
                Store.Attr(
                    "mail_sync",
                    lambda message: message._mail_sync_to_store(),
                    # The type first: no query for what cannot have been recorded.
                    predicate=lambda message: (
                        message.message_type == "email" and message.sudo().mail_sync_entry_ids
                    ),
                )
            )
        return defaults

    def _mail_sync_to_store(self):
        # sudo: whoever can read a mail may know why it is here and who brought it
        message_sudo = self.sudo()
        entry_sudo = message_sudo.mail_sync_entry_ids[:1]
        return {
            "direction": entry_sudo.direction,
            "because": entry_sudo._words(),
            "mailboxes": message_sudo.mail_sync_link_ids.account_id.user_id.mapped("name"),
            "omitted": entry_sudo.omitted or "",
        }
