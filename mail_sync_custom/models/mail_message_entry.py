"""What one can do with one recorded mail: remove it, or move it to another record.

Neither is undone by a mailbox that brings the mail again.
"""

from odoo import models
from odoo.exceptions import AccessError, UserError

from ..bridge import standing

MANAGERS = ("base.group_system", "mail_sync_custom.group_mail_sync_company_manager")


class MailMessage(models.Model):
    _inherit = "mail.message"

    # -- removing --------------------------------------------------------------------------------

    def action_mail_sync_remove(self):
        """Remove recorded mails from their records for good.

        For users who have the mail in their own mailbox, and for Company Managers and
        administrators, who may do so without reading it. It is removed for colleagues who have it,
        too, and no mailbox brings it back. Raises AccessError for anybody else.
        """
        # sudo: an owner's right to take back what their mailbox brought, and a manager's to clean
        # up; neither may delete messages
        messages_sudo = self.sudo().exists()
        for message_sudo in messages_sudo:
            message_sudo._mail_sync_check_removable(self.env)
        places = messages_sudo._mail_sync_places()
        messages_sudo._mail_sync_remove()
        self.env.user._bus_send("mail.message/delete", {"message_ids": self.ids})
        self.env.user._bus_send("mail_sync/recorded", places)

    def _mail_sync_check_removable(self, env):
        """Raise an error unless it is a recorded mail, and the user's to remove."""
        if not self.mail_sync_entry_ids:
            raise UserError(env._("This was not recorded by Mail Sync."))
        if not self._mail_sync_may_remove(env.user):
            raise AccessError(
                env._(
                    "Only someone with this mail in their own mailbox, a Company Manager or an "
                    "administrator can remove it here."
                )
            )
        env[self.model].browse(self.res_id).check_access("read")

    def _mail_sync_may_remove(self, user):
        """Return whether a user may remove a recorded mail; the message is a superuser's."""
        return self._mail_sync_is_own(user) or any(map(user.has_group, MANAGERS))

    def _mail_sync_is_own(self, user):
        """Return whether a mail is in a user's mailbox, or was written or logged by them."""
        entry = self.mail_sync_entry_ids
        logged = entry.reason == "hand" and entry.create_uid == user
        written = self.message_type != "email" and self.author_id == user.partner_id
        return logged or written or user in self._mail_sync_owners()

    def _mail_sync_remove(self):
        """Remove entries and leave a tombstone, even if other records still have the mail.

        That settles it for every mailbox: no other one brings it, and no later lead gets it. What
        other records still have of it stays linked.
        """
        links = self.mail_sync_link_ids
        self._mail_sync_settle()
        self.unlink()
        links.filtered(lambda link: not link.mail_message_ids).outcome = "removed"
        self.env["mail.sync.delivery"]._forget()

    def _mail_sync_settle(self):
        """Have no mailbox bring these mails to any record again.

        A mail that no mailbox holds, or whose owner is deleted one day, has a tombstone instead.
        """
        self.mail_sync_link_ids.everywhere = True
        unheld = self.filtered(lambda message: not message.mail_sync_link_ids)
        self.env["mail.sync.tombstone"]._bury(
            (entry.message_id, entry.variant) for entry in unheld.mail_sync_entry_ids
        )

    # -- moving ----------------------------------------------------------------------------------

    def action_mail_sync_open_move(self):
        """Ask where to move a recorded mail."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_sync_custom.mail_sync_entry_move_action"
        )
        return {**action, "context": {"default_mail_message_id": self.id}}

    def _mail_sync_move(self, target):
        """Move a recorded mail, which the user may read, to a record that they may write.

        Later answers and its reminders follow it there, and no mailbox brings it back. If the
        target has the mail already, only the old entry goes. Returns the message that the target
        has then. Raises UserError for what was not recorded, and AccessError without the rights.
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: where it is, and what is known about it; the rights to both records are checked
        own_sudo = self.sudo()
        entry_sudo = own_sudo.mail_sync_entry_ids
        if not entry_sudo or target._name not in standing.models(self.env):
            raise UserError(self.env._("This was not recorded by Mail Sync."))
        source = self.env[own_sudo.model].browse(own_sudo.res_id)
        (source if source.exists() else target).check_access("write")
        target.check_access("write")
        if source == target:
            raise UserError(self.env._("The mail is on this record already."))
        target.lock_for_update(allow_referencing=True)
        own_sudo._mail_sync_settle()
        reminders_sudo = own_sudo._mail_sync_reminders()
        if there_sudo := own_sudo._mail_sync_copies().filtered(
            lambda copy: (copy.model, copy.res_id) == (target._name, target.id)
        ):
            entry_sudo._give_way_to(there_sudo[0])
            moved_sudo = there_sudo[0]
        else:
            own_sudo._mail_sync_take_to(target)
            moved_sudo = own_sudo
        reminders_sudo._mail_sync_follow(moved_sudo)
        places = {}
        for record in (source, target):
            places.setdefault(record._name, []).append(record.id)
        self.env.user._bus_send("mail.message/delete", {"message_ids": self.ids})
        self.env.user._bus_send("mail_sync/recorded", places)
        return moved_sudo.sudo(False)

    def _mail_sync_take_to(self, target):
        """Hang a message, and the files that it brought, on another record, in its thread."""
        entry = self.mail_sync_entry_ids
        # What answers it on the old record stands under what it answered itself.
        self.child_ids.parent_id = self.parent_id
        here = [("model", "=", target._name), ("res_id", "=", target.id)]
        answered = self.search([*here, ("message_id", "=", f"<{entry.answers}>")], limit=1)
        files = self._mail_sync_own_files()
        company = target.company_id or self.record_company_id
        self.write(
            {
                "model": target._name,
                "res_id": target.id,
                "parent_id": entry.answers and answered.id,
                "record_company_id": company.id,
            }
        )
        files.write({"res_model": target._name, "res_id": target.id})
        entry.write({"model": target._name, "res_id": target.id})
        answers = self.env["mail.sync.entry"].search([("answers", "=", entry.message_id)])
        children = answers.mail_message_id.filtered(
            lambda child: (child.model, child.res_id) == (target._name, target.id)
        )
        children.parent_id = self
