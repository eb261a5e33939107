import logging
from dataclasses import asdict

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine import status
from .sending import SENDING_WELL

_logger = logging.getLogger(__name__)

#: How long the user waits while entries are removed. A cron removes the rest.
PATIENCE_SECONDS = 8

#: What is reset in a disabled account: names stay for the next set-up, secrets do not.
_GONE = {
    **dict.fromkeys(asdict(status.Health()), False),
    **SENDING_WELL,
    "failure_count": 0,
    "reading_failed": False,
    "active": False,
    "imap_secret": False,
    "smtp_secret": False,
    "oauth_grant_id": False,
    "lease_token": False,
    "lease_until": False,
    "next_sync_at": False,
}


class MailSyncAccount(models.Model):
    """Disabling: what happens to recorded mail, and what is left of the account.

    The account and its links are kept. A link that stays ``recorded`` says that its account still
    holds the entry, so that it survives when a colleague removes theirs; a ``removed`` link is a
    tombstone. An entry is deleted when it has a tombstone and nobody holds it.
    """

    _inherit = "mail.sync.account"

    disabled_at = fields.Datetime(readonly=True, copy=False)
    disabled_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="set null")
    disabled_policy = fields.Selection(
        [("keep", "Kept"), ("remove", "Removed")], readonly=True, copy=False
    )
    disabled_mail_count = fields.Integer(readonly=True, copy=False)
    disabled_words = fields.Char("Disabled", compute="_compute_disabled_words")

    # -- the description of a disabled account --------------------------------------------------

    @api.depends(
        "active", "disabled_at", "disabled_by_id", "disabled_policy", "disabled_mail_count"
    )
    @api.depends_context("lang", "uid", "tz")
    def _compute_disabled_words(self):
        """Say when and by whom a mailbox was disabled, and what happened to what it recorded."""
        for account in self:
            sentences = (account._words_of_who(), account._words_of_what_is_left())
            account.disabled_words = not account.active and " ".join(filter(None, sentences))

    def _words_of_who(self):
        if not self.disabled_at:
            return self.env._("This mailbox is disabled.")
        when = self._local_time(self.disabled_at)
        if self.disabled_by_id == self.env.user:
            return self.env._("You disabled this mailbox: %s.", when)
        # sudo: a colleague's name is no secret
        name = self.disabled_by_id.sudo().name
        if not name:
            return self.env._("This mailbox is disabled: %s.", when)
        return self.env._("%(name)s disabled this mailbox: %(when)s.", name=name, when=when)

    def _words_of_what_is_left(self):
        words = {
            "keep": self.env._("What it had recorded stays where it is."),
            "remove": self.env._("What it alone had recorded was removed."),
        }.get(self.disabled_policy, "")
        count = self.disabled_mail_count
        return f"{words} {self.env._('Mails: %s.', count)}" if words and count else words

    def action_open_disable(self):
        """Ask what to do with recorded mail, and show how much there is."""
        self._managed_sudo()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_sync_custom.mail_sync_account_disable_action"
        )
        return {**action, "context": {"default_account_id": self.id}}

    def _tell_disabled(self, by):
        """Tell the owner who has disabled their mailbox: nothing else would."""

        def words(account):
            return (
                account.env._("Mail Sync was disabled: %s", account.email),
                account.env._(
                    "%s has disabled it. Nothing is read or sent through this mailbox any more "
                    "until you connect it again.",
                    by.name,
                ),
            )

        self._notify(self.user_id.partner_id, words)

    # -- disabling ---------------------------------------------------------------------------

    def _disable(self, policy):
        """Stop synchronising for good; ``keep`` or ``remove`` what was recorded.

        Nothing is read or sent for these accounts any more, not even by a current run: its lease is
        gone. To start again, an account is set up with new details.
        """
        accounts = self.filtered("active")
        for account in accounts:
            mails, _records, alone, _of_those = account._mail_counts()
            account.disabled_mail_count = alone if policy == "remove" else mails
            status.after(status.State(account.state), status.Event.DISABLED)
            _logger.info("Mail Sync: account %s disabled, %s", account.id, policy)
        accounts._give_up_waiting_mails()
        servers, grants = accounts.mail_server_id, accounts.oauth_grant_id
        how = {
            "disabled_at": fields.Datetime.now(),
            "disabled_by_id": self.env.uid,
            "disabled_policy": policy,
        }
        accounts.write({**_GONE, **how, "mail_server_id": False})
        servers.unlink()
        grants._withdraw()
        accounts._forget_check()
        accounts.mailbox_ids.unlink()
        accounts._forget_copies()
        links = self.env["mail.sync.message"].search([("account_id", "in", accounts.ids)])
        # What was never recorded is read again if the mailbox is reconnected.
        links.filtered(lambda link: link.outcome == "failed").unlink()
        if policy == "remove":
            accounts._let_go()
        self.env.flush_all()
        self._free_places(accounts.company_id)

    def _give_up_waiting_mails(self):
        """Tell the sender of each waiting mail that it will not leave through this mailbox.

        It is not silently sent through the company's server instead: *Retry* on the mail does that.
        """
        waiting = self.env["mail.mail"].search(
            [("state", "=", "outgoing"), ("mail_message_id.create_uid", "in", self.user_id.ids)]
        )
        # Only mails of a mailbox that is being disabled; checking costs a query per mail.
        stranded = waiting.filtered(lambda mail: mail._mail_sync_account() in self)
        for mail in stranded:
            env = mail._mail_sync_for_writer().env
            reason = env._("Mail Sync was disabled before this mail could be sent.")
            mail.write({"state": "exception", "failure_reason": reason})
            mail._postprocess_sent_message([], [], failure_reason=reason, failure_type="unknown")

    def _forget_copies(self):
        """Delete the copies of sent mail that wait to be filed: they can no longer be filed."""
        outgoing = self.env["mail.sync.outgoing"].search(
            [("account_id", "in", self.ids), ("raw", "!=", False)]
        )
        outgoing.write({"raw": False})

    # -- recorded mail -----------------------------------------------------------------------

    def _mail_counts(self):
        """Return how many mails the account holds on how many records, and how many it holds alone.

        A tuple of four: mails, records, mails that nobody else holds, records of those. As on the
        page, a mail counts once even if it is on both a lead and its contact.
        """
        self.ensure_one()
        self.env.flush_all()
        [counts] = self.env.execute_query(
            SQL(
                """
                WITH held AS (
                    SELECT (e.message_id, e.variant) AS mail, m.model, m.res_id,
                           e.kept IS NOT TRUE AND NOT EXISTS (
                        SELECT FROM mail_sync_message_mail_message_rel r
                        JOIN mail_sync_message l ON l.id = r.mail_sync_message_id
                        WHERE r.mail_message_id = m.id AND l.outcome = 'recorded'
                          AND l.account_id != %(account)s
                    ) AS alone
                    FROM mail_message m
                    JOIN mail_sync_entry e ON e.mail_message_id = m.id
                    WHERE EXISTS (
                        SELECT FROM mail_sync_message_mail_message_rel r
                        JOIN mail_sync_message l ON l.id = r.mail_sync_message_id
                        WHERE r.mail_message_id = m.id AND l.outcome = 'recorded'
                          AND l.account_id = %(account)s
                    )
                )
                SELECT COUNT(DISTINCT mail), COUNT(DISTINCT (model, res_id)),
                       COUNT(DISTINCT mail) FILTER (WHERE alone),
                       COUNT(DISTINCT (model, res_id)) FILTER (WHERE alone)
                FROM held
                """,
                account=self.id,
            )
        )
        return counts

    def _let_go(self):
        """Turn the links of synced mails into tombstones; remove what nobody holds any more.

        Mail written in the CRM or received by the gateway has no entry and is not touched.
        """
        Link = self.env["mail.sync.message"]
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                UPDATE mail_sync_message l SET outcome = 'removed'
                WHERE l.account_id = ANY(%s) AND l.outcome = 'recorded'
                  AND (l.origin = 'synced' OR EXISTS (
                    SELECT FROM mail_sync_message_mail_message_rel r
                    JOIN mail_sync_entry e ON e.mail_message_id = r.mail_message_id
                    WHERE r.mail_sync_message_id = l.id
                  ))
                RETURNING l.id
                """,
                self.ids,
            )
        )
        Link.invalidate_model(["outcome"])
        self.env["mail.sync.delivery"]._forget()
        if Link._remove_unheld(PATIENCE_SECONDS):
            self.env.ref("mail_sync_custom.ir_cron_mail_sync_remove")._trigger()

    def _leave_for_good(self):
        """Keep the entries held by users who are about to be deleted.

        Their links go with them; a colleague who removes theirs later must still not remove what
        others held too, and what they removed for everyone must not come back.
        """
        links = self.env["mail.sync.message"].search(
            [("account_id", "in", self.ids), ("outcome", "=", "recorded")]
        )
        links.mail_message_ids.mail_sync_entry_ids.kept = True
        settled = self.env["mail.sync.message"].search(
            [("account_id", "in", self.ids), ("everywhere", "=", True)]
        )
        self.env["mail.sync.tombstone"]._bury((one.message_id, one.variant) for one in settled)
