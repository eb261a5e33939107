import smtplib
from functools import partial

from odoo import api, fields, models
from odoo.addons.base.models.ir_mail_server import MailDeliveryException
from odoo.exceptions import UserError

from ..engine.addresses import routable
from ..engine.catalogue import classify_chain
from ..engine.errors import MailError, Step, chain, safe_text
from ..engine.smtp import handover
from ..turns.filing import STAMP
from .mail_sync_outgoing import bare_id

#: Seconds that connecting may take: lookup, TLS and login together.
CONNECT_SECONDS = 30


class IrMailServer(models.Model):
    _inherit = "ir.mail_server"

    mail_sync_account_ids = fields.One2many("mail.sync.account", "mail_server_id")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_mail_sync(self):
        if accounts := self.sudo().mail_sync_account_ids:
            raise UserError(
                self.env._(
                    "%s sends from their own mailbox. Disable Mail Sync to change that.",
                    accounts.user_id[:1].name,
                )
            )

    def _connect__(self, *args, mail_server_id=None, **kwargs):
        """Connect to a synced user's server as the engine does, with its TLS and its secret."""
        account_sudo = self.env["mail.sync.account"]._of_server(mail_server_id)
        if not account_sudo or self._disable_send():
            return super()._connect__(*args, mail_server_id=mail_server_id, **kwargs)
        # sudo: as in the method extended, the sender need not be able to read the server
        server_sudo = self.sudo().browse(mail_server_id)
        smtp_from = kwargs.get("smtp_from")
        self._check_forced_mail_server(server_sudo, kwargs.get("allow_archived"), smtp_from)
        try:
            policy = account_sudo._host_policy()
            connection = account_sudo._logged_in(
                "smtp", partial(handover.connect, budget=CONNECT_SECONDS, policy=policy)
            )
        except MailError as error:
            account_sudo._note_sending(error)
            raise UserError(account_sudo._explain(error)) from error
        account_sudo._note_sending(None)
        connection.from_filter = server_sudo.from_filter
        connection.smtp_from = smtp_from
        connection.mail_sync_account_id = account_sudo.id
        return connection

    def send_email(self, message, *args, smtp_session=None, **kwargs):
        """Hand a synced user's mail over exactly once, even if the process dies on the way."""
        account_id = getattr(smtp_session, "mail_sync_account_id", None)
        if not account_id:
            return super().send_email(message, *args, smtp_session=smtp_session, **kwargs)
        # From here on the mail is locked, so that no second worker can send it.
        self.env.flush_all()
        # sudo: the sender's own account, whose settings they cannot read
        account_sudo = self.env["mail.sync.account"].sudo().browse(account_id)
        message = self._mail_sync_composed(account_sudo, message)
        del message["Return-Path"]  # the envelope says where bounces go (RFC 5321 §4.4)
        message[STAMP] = message["Message-Id"]
        Outgoing = self.env["mail.sync.outgoing"]
        recipients = self._prepare_smtp_to_list(message, smtp_session)
        outgoing_id, before = Outgoing._begin(account_id, message, recipients)
        if before == "unknown" and self._mail_sync_was_sent(account_id, message):
            Outgoing._settle(outgoing_id, "sent")
            before = "sent"
        if before in ("sent", "unknown", "later"):
            # An unknown outcome stays with the outgoing record, as a refusal does below, and so
            # does the time when the provider takes it.
            return message["Message-Id"]
        state, blind = None, message["Bcc"]
        try:
            result = super().send_email(message, *args, smtp_session=smtp_session, **kwargs)
            state = "sent"
        except MailDeliveryException as error:
            cause, words = _refusal(error)
            if not cause:
                raise
            # Stored with the outgoing record: the other recipients still get theirs, and
            # mail.mail tells the sender about this one.
            state, result = "refused", message["Message-Id"]
            if refused := _refused_each(error):
                Outgoing._refuse_each(outgoing_id, refused)
            else:
                Outgoing._refuse(outgoing_id, cause, words)
        except smtplib.SMTPServerDisconnected as error:
            # Odoo would show this to the author, who then writes the mail again; but it is in the
            # queue, or has been handed over.
            result = message["Message-Id"]
            if not smtp_session.handed_over:
                state = "refused"
                Outgoing._refuse(outgoing_id, _cause(error), safe_text(str(error)))
        finally:
            if state is None and smtp_session.handed_over:
                state = "unknown"
            if state != "refused":
                del message["Bcc"]
                if blind:  # Odoo has removed it from what left; the sender's own copy has it.
                    message["Bcc"] = str(blind)
                Outgoing._settle(outgoing_id, state, message)
                del message["Bcc"]
        if smtp_session.refused:
            Outgoing._refuse_each(outgoing_id, _each(smtp_session.refused))
        self.env.cr.postcommit.add(lambda: Outgoing._wake(account_id))
        return result

    def _prepare_smtp_to_list(self, message, smtp_session):
        """A recipient in another alphabet's domain is the one that was meant.

        Odoo takes the recipients from the message, where their domains are in A-labels, and keeps
        those whose address it has approved of, where they are as people write them: no mail to
        such an address would ever leave.
        """
        approved = self.env.context.get("send_validated_to")
        if approved and getattr(smtp_session, "mail_sync_account_id", None):
            both = [*approved, *map(routable, approved)]
            self = self.with_context(send_validated_to=both)
        return super()._prepare_smtp_to_list(message, smtp_session)

    def _mail_sync_was_sent(self, account_id, message):
        """Return whether the mail is in the owner's Sent mailbox: some providers file it there."""
        # sudo: the sender's own account, whose secret they cannot read
        account_sudo = self.env["mail.sync.account"].sudo().browse(account_id)
        return account_sudo._is_in_sent(bare_id(message["Message-Id"]))


def _refusal(error):
    """Return the cause and words of a server's refusal; ``(None, "")`` for any other error."""
    answers = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)
    answer = next((found for found in chain(error) if isinstance(found, answers)), None)
    if answer is None:
        return None, ""
    return _cause(answer), _spoken(answer)


def _refused_each(error):
    """Return cause and words by recipient if a server refused several, each for its own reason."""
    found = (one for one in chain(error) if isinstance(one, smtplib.SMTPRecipientsRefused))
    refused = next(found, None)
    return _each(refused.recipients) if refused and len(refused.recipients) > 1 else {}


def _each(refused):
    """Return cause and words by recipient from the server's replies."""
    answers = {to: smtplib.SMTPResponseException(*reply) for to, reply in refused.items()}
    return {to: (_cause(answer), _spoken(answer)) for to, answer in answers.items()}


def _cause(answer):
    return classify_chain(answer, step=Step.SENDING, protocol="smtp")


def _spoken(answer):
    """Return the server's own words."""
    if isinstance(answer, smtplib.SMTPRecipientsRefused):
        said = [f"{code} {_text(words)}" for code, words in answer.recipients.values()]
        return safe_text("; ".join(dict.fromkeys(said)))
    return safe_text(f"{answer.smtp_code} {_text(answer.smtp_error)}")


def _text(words):
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
