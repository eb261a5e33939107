"""What a server refuses: for all recipients of a mail or for some, for now or for good."""

from odoo import fields, models

from ..engine import status
from ..engine.addresses import keys
from ..engine.errors import Kind, ServerRefused, Step
from ..transactions import as_superuser
from .mail_sync_outgoing import recipients_hash

#: How many temporary refusals a server may give; with the pauses between, about a day.
MAX_ATTEMPTS = 12


class MailSyncOutgoing(models.Model):
    _inherit = "mail.sync.outgoing"

    def _refuse(self, outgoing_id, cause, words):
        """Save a refusal: permanent, or temporary (RFC 5321 §4.2.1, 4yz and 5yz)."""
        with as_superuser(self.env.cr.dbname) as env:
            outgoing = env[self._name].browse(outgoing_id)
            outgoing.write({**outgoing._refusal(cause, words), "raw": False})
            outgoing._log_refusal(cause, words)

    def _refuse_each(self, outgoing_id, refused):
        """Save that recipients of a mail were refused, each for its own reason.

        ``refused`` has cause and words by address. Whoever else the mail was for has got it. What
        was refused for now is tried again for that recipient alone.
        """
        with as_superuser(self.env.cr.dbname) as env:
            outgoing = env[self._name].browse(outgoing_id)
            for address, (cause, words) in refused.items():
                values = {
                    **outgoing._refusal(cause, words),
                    "recipients": address,
                    # That of a later handover to this address alone.
                    "recipients_hash": recipients_hash(address),
                    "raw": False,
                    "filed": False,
                }
                outgoing._to_these_alone(address, "refused", "deferred").unlink()
                outgoing.copy(values)
                outgoing._log_refusal(cause, words)
            keys_refused = {one for address in refused for one in keys(address)}
            left = [one for one in (outgoing.recipients or "").split(", ") if one]
            left = [one for one in left if keys_refused.isdisjoint(keys(one))]
            if left:
                outgoing.recipients = ", ".join(left)
            else:
                outgoing.unlink()

    def _to_these_alone(self, recipients, *states):
        """Return the handovers of the same mail, in these states, to no other recipients."""
        these = {*keys(recipients)}
        return self._of(self.message_id, *states).filtered(lambda one: one._addresses() <= these)

    def _refusal(self, cause, words):
        """Return what is saved of a refusal, and when the handover is repeated, if it is."""
        attempts = self.attempts + 1
        later = cause.kind in (Kind.LIMIT, Kind.TRANS, Kind.NET) and attempts < MAX_ATTEMPTS
        wait = status.pause(cause.kind, attempts, cause.retry_after, 0.0)
        return {
            "state": "deferred" if later else "refused",
            "code": cause.code,
            "detail": words,
            "attempts": attempts,
            "retry_at": fields.Datetime.now() + wait if later else False,
        }

    def _log_refusal(self, cause, words):
        """Log a refusal that is not the fault of this mail or its recipient, but the mailbox's."""
        if cause.kind in (Kind.LIMIT, Kind.SETUP, Kind.CRED):
            error = ServerRefused(words, code=cause.code, kind=cause.kind, step=Step.SENDING)
            self.account_id._log(error, "smtp")

    def _settled(self, message_id):
        """Return the addresses to which a mail that waits for others is not handed over again."""
        waiting = self._of(message_id, "deferred")._addresses()
        done = self._of(message_id, "sent", "refused")._addresses()
        return done - waiting if waiting else frozenset()
