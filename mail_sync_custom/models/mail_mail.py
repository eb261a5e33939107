from typing import NamedTuple

from odoo import Command, models
from odoo.tools import email_normalize
from odoo.tools.mail import email_split_and_format

from ..bridge import standing
from ..engine.addresses import keys


class Remaining(NamedTuple):
    """Who has not received a mail: ``partners``, and the other recipients in ``to`` and ``cc``."""

    partners: models.BaseModel
    to: list[str]
    cc: list[str]


class MailMail(models.Model):
    _inherit = "mail.mail"

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals or "failure_reason" in vals:
            self.env["mail.message"]._mail_sync_forget_delivery()
        return result

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Hold a synced user's mail back while their mailbox does not work.

        It is not sent through the company's server instead. It waits, says so, and goes when the
        connection is back. The open pages of its author show that it waits, or no longer does.

        A mail that another process is sending is left to it. Right after the author's commit, the
        queue may come first, and Odoo would show the author an error for a mail that leaves.
        """
        concerned = self._mail_sync_concerned()
        taken = concerned - concerned.try_lock_for_update(allow_referencing=True)
        concerned -= taken
        waited = concerned.filtered("failure_reason").mail_message_id
        own = concerned._mail_sync_own()
        waiting = own.filtered(lambda mail: not mail._mail_sync_can_go())
        waiting._mail_sync_wait()
        (own - waiting)._mail_sync_address()
        going = self - taken - waiting
        if post_send_callback and going != self:
            post_send_callback((self - going).ids)
        result = super(MailMail, going).send(
            auto_commit=auto_commit,
            raise_exception=raise_exception,
            post_send_callback=post_send_callback,
        )
        waits = concerned.exists().filtered("failure_reason").mail_message_id
        if changed := (waited | waits).exists():
            changed._notify_message_notification_update()
        return result

    def mark_outgoing(self):
        """Queue mails again; each goes only to those who have not received it.

        Whoever does this accepts that a mail of unknown outcome may arrive twice.
        """
        # sudo: whoever may send the mail again may also discard the record of the last attempt
        outgoing_sudo = self.env["mail.sync.outgoing"].sudo()
        for message_id, mails in self._mail_sync_concerned().grouped("message_id").items():
            delivered = outgoing_sudo._delivered(message_id)
            for mail in mails:
                mail._mail_sync_narrow(delivered)
            outgoing_sudo._forget_undelivered(message_id)
        return super().mark_outgoing()

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Tell the sender what their server refused; keep mails that never reached the server."""
        concerned = self._mail_sync_concerned()
        # Odoo reports this failure when the connection itself could not be made.
        waiting = concerned._mail_sync_own() if failure_type == "mail_smtp" else self.browse()
        waiting._mail_sync_wait()
        for mail in concerned - waiting:
            if problems := mail._mail_sync_problems():
                mail._mail_sync_refused(problems, success_pids, success_emails)
                waiting |= mail
        return super(MailMail, self - waiting)._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )

    # -- whose, and whether it can go ----------------------------------------------------------

    def _mail_sync_concerned(self):
        """Return the mails that may have to do with a mailbox; Odoo alone handles all others.

        Either the author has, or had, a mailbox and wrote on a lead or contact or used the
        mailbox's address, or the mail is set to leave through a mailbox's server. Telling these
        from the others takes no query.
        """
        owners = self.env["mail.sync.account"]._owners()
        if not owners:
            return self.browse()
        servers = {owner.server_id for owner in owners.values() if owner.server_id}

        def concerns(mail):
            message = mail.mail_message_id
            owner = owners.get(message.create_uid.id)
            by_owner = owner and (
                message.model in standing.models(self.env)
                or email_normalize(message.email_from) == owner.email
            )
            return by_owner or mail.mail_server_id.id in servers

        return self.filtered(concerns)

    def _mail_sync_account(self):
        """Return the account, as superuser, of the mailbox that this mail leaves through."""
        self.ensure_one()
        # sudo: Odoo sends as the superuser or as another user than the sender
        accounts_sudo = self.env["mail.sync.account"].sudo()
        owner = accounts_sudo._owner(self.mail_message_id.create_uid)
        # Any other mail from the mailbox's address leaves through it as well, as Odoo would do it.
        own = owner and (
            self._mail_sync_is_smart() or email_normalize(self.email_from) == owner.email
        )
        return accounts_sudo.browse(owner.account_id if own else ())

    def _mail_sync_is_smart(self):
        """Return whether this is a Smart Mail, which leaves through the mailbox of its author.

        The author counts, not the From header. Mails to colleagues only, automatic mails,
        mailings, mails written on somebody else's behalf, and mails on any record that is neither
        a lead nor a contact are not Smart Mails.
        """
        message = self.mail_message_id
        if message.message_type != "comment" or message.model not in standing.models(self.env):
            return False
        # A template may name a sender who is not a user, such as the company.
        authors = message.author_id.with_context(active_test=False).user_ids
        return authors <= message.create_uid and (
            bool(self.email_to)
            or any(self.recipient_ids.mapped("partner_share"))
            or self._mail_sync_is_exact()
        )

    def _mail_sync_address(self):
        """Set From and Reply-To of Smart Mails to the mailbox that is connected now.

        It may not be the one that was connected when they were written.
        """
        for mail in self.filtered(lambda mail: mail._mail_sync_is_smart()):
            address = mail._mail_sync_account()._formatted_email()
            values = {"email_from": address, "reply_to": address, "mail_server_id": False}
            if any(mail[name] != value for name, value in values.items()):
                mail.write(values)

    def _mail_sync_own(self):
        return self.filtered(lambda mail: mail._mail_sync_account())

    def _mail_sync_can_go(self):
        return self._mail_sync_account()._can_send()

    # -- what the lead shows of it -------------------------------------------------------------

    def _mail_sync_wait(self):
        """Leave mails in the queue until their mailbox works, and say why."""
        for mail in self:
            words = mail._mail_sync_for_writer()._mail_sync_waiting_words()
            mail.write({"state": "outgoing", "failure_type": False, "failure_reason": words})
            mail._mail_sync_notifications()._mail_sync_ready()

    def _mail_sync_for_writer(self):
        """Return a mail in the language of its author, who reads what is stored with it."""
        self.ensure_one()
        return self.with_context(lang=self.mail_message_id.create_uid.lang)

    def _mail_sync_waiting_words(self):
        account_sudo = self._mail_sync_account()
        if "connection" in (account_sudo.state, account_sudo.sending_state):
            return self.env._(
                "the mailbox %s has failed for two days, and is no longer tried. Reconnect it on "
                "the Mail Sync page; the mail then goes by itself.",
                account_sudo.email,
            )
        if account_sudo.state == "pending":
            return self.env._(
                "the mailbox %s is Pending: your company has reached its mailbox limit. The mail "
                "goes by itself as soon as a place is free.",
                account_sudo.email,
            )
        return self.env._(
            "the mailbox %s cannot send at the moment. The mail goes by itself as soon as it can.",
            account_sudo.email,
        )

    def _mail_sync_reason(self):
        """Return why a mail is still in the queue, in the language of the reader."""
        refused = self.env["mail.sync.outgoing"]._of_mail(self)
        if refused:
            own = self._mail_sync_addresses()
            words = (one._problem(self.env)._words_among(own) for one in refused)
            return "\n".join(dict.fromkeys(words))
        if self.state == "outgoing" and self._mail_sync_own() and not self._mail_sync_can_go():
            return self._mail_sync_waiting_words()
        return self.failure_reason

    def _mail_sync_problems(self):
        """Return why this mail did not reach some of its own recipients.

        A message has a mail for customers and one for colleagues, of the same Message-ID.
        """
        outgoing = self._mail_sync_for_writer().env["mail.sync.outgoing"]
        problems = outgoing._problems(self.message_id)
        own = self._mail_sync_addresses()
        return [problem for problem in problems if problem.addresses & own]

    def _mail_sync_addresses(self):
        """Return the addresses of all recipients, normalised."""
        texts = [mail[name] for mail in self for name in ("email_to", "email_cc")]
        texts += self.recipient_ids.mapped("email")
        return frozenset(address for text in texts for address in keys(text or ""))

    def _mail_sync_refused(self, problems, success_pids, success_emails=()):
        """Show what the server said, on the mail and on each recipient that it did not reach.

        What was refused for now stays in the queue; those who have got it do not get it again.
        """
        later = [problem.retry_at for problem in problems if problem.retry_at]
        words = "\n".join(dict.fromkeys(problem.words for problem in problems))
        self.write(
            {
                "state": "outgoing" if later else "exception",
                "scheduled_date": min(later) if later else False,
                "failure_type": "unknown",
                "failure_reason": words,
            }
        )
        for notification in self._mail_sync_for_writer()._mail_sync_notifications():
            addresses = notification._mail_sync_addresses()
            own = (problem for problem in problems if problem.addresses & addresses)
            handed_over = (
                notification.res_partner_id in success_pids
                or notification.mail_email_address in success_emails
            )
            notification._mail_sync_note(next(own, None), handed_over)
        self.mail_message_id._notify_message_notification_update()
        if later:
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger(min(later))

    # -- what its author decides ---------------------------------------------------------------

    def _mail_sync_send_again(self):
        """Queue mails again, to be sent at once to those who have not received them."""
        mails = self - self._mail_sync_lost()
        mails.mark_outgoing()
        mails.write({"scheduled_date": False, "failure_type": False, "failure_reason": False})
        mails._mail_sync_notifications()._mail_sync_ready()
        nobody = mails.filtered(
            lambda mail: not (mail.recipient_ids or mail.email_to or mail.email_cc)
        )
        nobody._mail_sync_done()
        if mails - nobody:
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _mail_sync_lost(self):
        """Return the mails that were refused and have nobody left to go to: they were not sent.

        Who was refused is deleted, say, or has no address any more.
        """
        outgoing = self.env["mail.sync.outgoing"]
        lost = self.browse()
        for message_id, mails in self.grouped("message_id").items():
            if outgoing._of(message_id, "refused") and not mails._mail_sync_repeated():
                lost |= mails
        return lost

    def _mail_sync_narrow(self, delivered):
        """Remove the recipients who have received the mail."""
        remaining = self._mail_sync_remaining(delivered)
        self.write(
            {
                "recipient_ids": [Command.set(remaining.partners.ids)],
                "email_to": ", ".join(remaining.to) or False,
                "email_cc": ", ".join(remaining.cc) or False,
            }
        )

    def _mail_sync_remaining(self, delivered):
        """Return a :class:`Remaining`: who has not received the mail, by address or by status."""
        pending = self._mail_sync_notifications()
        partners = self.recipient_ids
        if pending:
            partners &= pending.res_partner_id
        # One of several addresses of a contact may have been refused.
        parts = partners.filtered(lambda one: delivered & {*keys(one.email or "")})
        texts = filter(None, (self.email_to, *parts.mapped("email")))
        to = _without(delivered, ", ".join(texts))
        return Remaining(partners - parts, to, _without(delivered, self.email_cc or ""))

    def _mail_sync_repeated(self):
        """Return the addresses that these mails would be sent to again, normalised."""
        outgoing = self.env["mail.sync.outgoing"]
        found = set()
        for mail in self:
            partners, to, cc = mail._mail_sync_remaining(outgoing._delivered(mail.message_id))
            for text in (*partners.mapped("email"), *to, *cc):
                found.update(keys(text or ""))
        return found

    def _mail_sync_confirm(self):
        """Take the author's word that mails of unknown outcome were sent.

        What was refused stays refused.
        """
        for message_id, mails in self.grouped("message_id").items():
            in_doubt = self.env["mail.sync.outgoing"]._of(message_id, "unknown")
            in_doubt._confirm()
            for mail in mails:
                mail._mail_sync_confirmed(in_doubt._addresses())

    def _mail_sync_confirmed(self, reached):
        """Show that the mail has reached these addresses, and what is still to be sent."""
        if not reached & self._mail_sync_addresses():
            return
        notifications = self._mail_sync_notifications()
        notifications.filtered(lambda one: one._mail_sync_addresses() & reached)._mail_sync_sent()
        refused = self.env["mail.sync.outgoing"]._of(self.message_id, "refused", "deferred")
        if left := self._mail_sync_notifications():
            words = filter(None, left.mapped("failure_reason"))
            self.failure_reason = "\n".join(dict.fromkeys(words))
        elif not refused._addresses() & self._mail_sync_addresses():
            self._mail_sync_done()

    def _mail_sync_done(self):
        """Mark mails as sent, and delete those that Odoo does not keep after sending."""
        self._mail_sync_notifications()._mail_sync_sent()
        self.write({"state": "sent", "failure_type": False, "failure_reason": False})
        self.filtered("auto_delete").unlink()

    def _mail_sync_route(self):
        """Return a sentence that says through which mailbox or server these mails leave."""
        account_sudo = self[0]._mail_sync_account()
        if account_sudo and account_sudo._can_send():
            return self.env._("It is sent from the mailbox %s.", account_sudo.email)
        if account_sudo:
            return self.env._(
                "The mailbox %s cannot send at the moment. The mail goes by itself as soon as it "
                "can.",
                account_sudo.email,
            )
        server_id, _domain, sender, _ids = next(iter(self._split_by_mail_configuration()))
        server = self.env["ir.mail_server"].browse(server_id or ())
        return self.env._(
            "It is not sent from a mailbox of your own, because none is connected, but by the "
            "company's mail server. Server: %(server)s. Sender: %(address)s.",
            server=server.name or self.env._("the default one"),
            address=sender,
        )

    def _mail_sync_notifications(self):
        """Return, as superuser, the notifications of recipients who have not received the mail."""
        # sudo: as Odoo does when it records what became of a mail
        return (
            self.env["mail.notification"]
            .sudo()
            .search(
                [
                    ("notification_type", "=", "email"),
                    ("mail_mail_id", "in", self.ids),
                    ("notification_status", "not in", ("sent", "canceled")),
                ]
            )
        )


def _without(delivered, text):
    """Return the recipients named in a header, except those who have received the mail."""
    return [one for one in email_split_and_format(text) if not delivered & {*keys(one)}]
