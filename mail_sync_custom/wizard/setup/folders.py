from odoo import fields, models

from .values import same_name


class MailSyncAccountSetup(models.TransientModel):
    """Which of the server's folders are read."""

    _inherit = "mail.sync.account.setup"

    def _chosen_folders(self):
        """Return the folders to read, each with what it is used as."""
        chosen = self.folder_ids.filtered("use") | self.sent_folder_id
        inboxes = self.folder_ids.filtered(lambda folder: folder.special_use == "inbox")
        uses = dict.fromkeys(chosen, False) | dict.fromkeys(inboxes, "inbox")
        return [*(uses | dict.fromkeys(self.sent_folder_id, "sent")).items()]

    def _read_so_far(self):
        """Return the folders of this mailbox that are chosen or read now, each with its use.

        Empty for a mailbox that has not been read yet: then the server says which ones to begin
        with.
        """
        if self.folder_ids:
            return {folder.name: special_use for folder, special_use in self._chosen_folders()}
        account_sudo = self._account_sudo()
        same = self._is_saved("imap_username") and same_name(account_sudo.imap_host, self.imap_host)
        return {box.name: box.special_use for box in account_sudo.mailbox_ids} if same else {}

    def _set_folders(self, found):
        """Show the server's folders; those that are already read are switched on."""
        before = self._read_so_far()
        on = before or {folder["name"]: folder["special_use"] for folder in found if folder["use"]}
        names = [folder["name"] for folder in found]
        of_server = [folder["name"] for folder in found if folder["special_use"] == "sent"]
        sent = [name for name, use in on.items() if use == "sent" and name in names] or of_server
        self.folder_ids.unlink()
        self.folder_ids = [
            fields.Command.create({**folder, "use": folder["name"] in (*on, *sent[:1])})
            for folder in found
        ]
        self.sent_folder_id = self.folder_ids.filtered(lambda folder: folder.name in sent[:1])
        self.missing_folders = ", ".join(name for name in before if name not in names)
