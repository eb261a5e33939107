from odoo import api, fields, models

from ...engine import status
from ...words import remedies


class MailSyncAccount(models.Model):
    """The text that users read about an error."""

    _inherit = "mail.sync.account"

    headline = fields.Char("What Is Wrong", compute="_compute_headline")
    remedy = fields.Char("How to Fix It", compute="_compute_headline")
    sending_headline = fields.Char("What Is Wrong with Sending", compute="_compute_headline")
    sending_remedy = fields.Char("How to Fix Sending", compute="_compute_headline")

    @api.depends(
        "state",
        "error_code",
        "sending_state",
        "sending_error_code",
        "reading_failed",
        "provider_id",
    )
    @api.depends_context("lang")
    def _compute_headline(self):
        """Say what is wrong; with sending, if that is what makes the account fail."""
        for account in self:
            rests = account.state == "connection"
            headline, remedy = account._words_of(account.error_code, resting=rests)
            rests = rests or account.sending_state == "connection"
            sending, mending = account._words_of(account.sending_error_code, resting=rests)
            if sending:
                sending = self.env._("Sending: %s", sending)
            reads = account.state == "error" and account._health().state is status.State.ENABLED
            account.headline, account.remedy = (sending, mending) if reads else (headline, remedy)
            account.sending_headline, account.sending_remedy = sending, mending

    def _words_of(self, code, *, resting=False):
        """Return the description of an error, and what to do about it; both empty without one.

        ``resting``: Mail Sync does not try again by itself.
        """
        if not code:
            return "", ""
        provider = self.provider_id.code
        mending = remedies.remedy(self.env, code, provider, resting=resting)
        return remedies.headline(self.env, code), mending

    def _explain(self, error, provider=None, *, resting=False):
        """Return an engine's error as text for its user: the step, what happened, what to do.

        With the remedies of ``provider``, by default the account's own. ``resting``: it was tried
        by hand, and is not tried again by itself.
        """
        code = (provider or self.provider_id).code
        return remedies.explain(self.env, error, code, resting=resting)
