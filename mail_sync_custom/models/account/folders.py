import logging
from ast import literal_eval
from functools import partial

from odoo import api, fields, models

from ...engine.errors import MailError
from ...engine.imap import session
from ...turns import filing
from ...turns import turn as turns

_logger = logging.getLogger(__name__)


class MailSyncAccount(models.Model):
    """The folders that are read, and the totals of their counts."""

    _inherit = "mail.sync.account"

    mailbox_ids = fields.One2many("mail.sync.mailbox", "account_id", "Folders", readonly=True)
    failed_ids = fields.One2many(
        "mail.sync.message",
        "account_id",
        "Set Aside",
        domain=[("outcome", "=", "failed")],
        readonly=True,
    )
    # Also for those who may see an account's health, but not its folders' names.
    seen_count = fields.Integer("Mails Looked At", compute="_compute_counts", compute_sudo=True)
    recorded_count = fields.Integer("Mails Recorded", compute="_compute_counts", compute_sudo=True)
    excluded_count = fields.Integer("Mails Excluded", compute="_compute_counts", compute_sudo=True)
    failed_count = fields.Integer("Mails Set Aside", compute="_compute_counts", compute_sudo=True)
    remaining_count = fields.Integer(
        "Still to Look At", compute="_compute_counts", compute_sudo=True
    )
    other_count = fields.Integer("Other Mails", compute="_compute_counts", compute_sudo=True)
    moved_count = fields.Integer(
        "No Longer in These Folders", compute="_compute_counts", compute_sudo=True
    )
    partial_count = fields.Integer(
        "Mails Recorded in Part", compute="_compute_partial_count", compute_sudo=True
    )
    deleted_count = fields.Integer(
        "Recorded Mails Deleted Since", compute="_compute_deleted_count", compute_sudo=True
    )
    last_mail_at = fields.Datetime(
        "Last Mail Seen",
        compute="_compute_counts",
        compute_sudo=True,
        help="When the latest mail that was looked at came into its folder.",
    )

    @api.depends("mailbox_ids.seen_count", "mailbox_ids.recorded_count")
    def _compute_counts(self):
        """Sum up the folders, and add the mails that have left them: they stay on their leads."""
        # By a search: mailbox_ids would stay cached for a reader who must not see the folders.
        mailboxes = self.env["mail.sync.mailbox"].search([("account_id", "in", self.ids)])
        by_account = mailboxes.grouped("account_id")
        links = self._link_counts()
        for account in self:
            own = by_account.get(account, mailboxes.browse())
            for name in ("excluded", "remaining", "other"):
                account[f"{name}_count"] = sum(own.mapped(f"{name}_count"))
            account.recorded_count = links.get((account, "recorded"), 0)
            account.failed_count = links.get((account, "failed"), 0)
            placed = sum(own.mapped("recorded_count")) + sum(own.mapped("failed_count"))
            account.moved_count = max(account.recorded_count + account.failed_count - placed, 0)
            account.seen_count = sum(own.mapped("seen_count")) + account.moved_count
            account.last_mail_at = max(filter(None, own.mapped("last_mail_at")), default=False)

    def _link_counts(self):
        """Return how many mails each account has recorded, and how many it has set aside."""
        return {
            (account, outcome): count
            for account, outcome, count in self.env["mail.sync.message"]._read_group(
                [("account_id", "in", self.ids), ("outcome", "in", ("recorded", "failed"))],
                ["account_id", "outcome"],
                ["__count"],
            )
        }

    def _compute_partial_count(self):
        for account in self:
            account.partial_count = account._count_recorded(
                ("mail_message_ids.mail_sync_entry_ids.omitted", "!=", False)
            )

    def _compute_deleted_count(self):
        """Count what was recorded and has been deleted since, by hand or with its record."""
        for account in self:
            account.deleted_count = account._count_recorded(
                ("entry_id", "=", False), ("mail_message_ids", "=", False)
            )

    def _count_recorded(self, *conditions):
        """Return how many of the mails that the account has recorded meet all conditions."""
        own = [("account_id", "=", self.id), ("outcome", "=", "recorded")]
        return self.env["mail.sync.message"].search_count([*own, *conditions])

    def _forget_mailboxes(self):
        """Discard how far another mailbox was read, and what was set aside there.

        A UID of one mailbox means nothing in another. Recorded mail stays.
        """
        self.failed_ids.unlink()
        self._forget_check()
        self.mailbox_ids.unlink()

    def _set_folders(self, folders, anew):
        """Read these folders from now on. ``anew`` discards how far they were read."""
        names = {folder["name"]: folder for folder in folders}
        self.mailbox_ids.filtered(lambda box: box.name not in names).unlink()
        for box in self.mailbox_ids:
            special_use = names.pop(box.name)["special_use"]
            box.write({"special_use": special_use, **({"uidvalidity": -1} if anew else {})})
        self.env["mail.sync.mailbox"].create(
            [
                {
                    "account_id": self.id,
                    "name": name,
                    "special_use": folder["special_use"],
                    **(self._from_now_on(folder) if self.history == "now" else {}),
                }
                for name, folder in names.items()
            ]
        )

    def _from_now_on(self, folder):
        """Begin at the folder's position at login, so that no mail is missed."""
        if not folder["uidnext"]:
            return {}
        cursor = dict.fromkeys(("uid_low", "uid_high", "uid_floor"), folder["uidnext"])
        return {"uidvalidity": folder["uidvalidity"], **cursor}

    def action_retry_failed(self):
        """Retry every mail that was set aside, and say what came of it."""
        self._owned_sudo()
        return self.failed_ids.action_retry()

    def action_open_recorded(self):
        """Show the mails that this mailbox has recorded."""
        return self._open_list("mail_sync_custom.mail_sync_message_action_recorded")

    def action_open_failed(self):
        """Show the mails that are set aside."""
        return self._open_list("mail_sync_custom.mail_sync_message_action_failed")

    def _open_list(self, action):
        self._owned_sudo()
        found = self.env["ir.actions.act_window"]._for_xml_id(action)
        return {**found, "domain": [*literal_eval(found["domain"]), ("account_id", "=", self.id)]}

    def _sent_mailbox(self):
        return self.mailbox_ids.filtered(lambda m: m.special_use == "sent")[:1]

    def _is_in_sent(self, message_id):
        """Whether the Sent mailbox has this mail; also False if it cannot be checked now."""
        sent = self._sent_mailbox().name
        try:
            policy = self._host_policy()
            with self._logged_in(
                "imap", partial(session.connect, budget=turns.CONNECT_SECONDS, policy=policy)
            ) as connection:
                return bool(sent) and filing.is_in(connection, sent, message_id)
        except MailError as error:
            _logger.info("Mail Sync: Sent cannot be asked: %s", error)
            return False
