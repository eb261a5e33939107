import logging
from datetime import timedelta

from odoo import api, fields, models

from ..engine.errors import MailError
from ..sign_in import flow, tokens
from ..transactions import as_superuser

_logger = logging.getLogger(__name__)

#: How long a permission may be unused by any account: a set-up that is under way.
UNUSED = timedelta(hours=1)
#: How long a provider that is down is asked to withdraw a permission.
PERSISTENCE = timedelta(days=2)


class MailSyncOauthGrant(models.Model):
    """A permission that a user gave at a provider, and its tokens, encrypted. Nobody's to read."""

    _name = "mail.sync.oauth.grant"
    _description = "Permission Given at a Mail Provider"

    client_id = fields.Many2one("mail.sync.oauth.client", required=True, ondelete="restrict")
    user_id = fields.Many2one("res.users", required=True, ondelete="cascade")
    subject = fields.Char(required=True)  # the `sub` of the ID token: who signed in
    refresh_secret = fields.Char(groups=fields.NO_ACCESS, copy=False)
    access_secret = fields.Char(groups=fields.NO_ACCESS, copy=False)
    access_until = fields.Datetime()
    # The provider no longer honours it: it is not asked again.
    ended = fields.Boolean()
    # It is to be withdrawn at the provider, since then.
    withdrawn_at = fields.Datetime()
    account_ids = fields.One2many("mail.sync.account", "oauth_grant_id")

    @api.model
    def _keep(self, setup, subject, given):
        """Save the permission of a set-up in a transaction of its own, for every worker to see.

        Raises vault.KeyUnusable.
        """
        with as_superuser(self.env.cr.dbname) as env:
            setup = setup.with_env(env)
            values = {
                "client_id": setup.oauth_client_id.id,
                "user_id": setup.create_uid.id,
                "subject": subject,
                **tokens.saved(given),
            }
            setup.oauth_grant_id = env["mail.sync.oauth.grant"].create(values)
        setup.invalidate_recordset()

    def _withdraw(self):
        """Use these permissions no more, and have them withdrawn at the provider."""
        if not self:
            return
        self.write({"withdrawn_at": fields.Datetime.now(), "access_secret": False})
        self.env.ref("mail_sync_custom.ir_cron_mail_sync_oauth")._trigger()

    @api.model
    def _cron_withdraw(self):
        """Withdraw at the providers what is not used any more, and forget it."""
        now = fields.Datetime.now()
        unused = [("account_ids", "=", False), ("create_date", "<", now - UNUSED)]
        self.search([*unused, ("withdrawn_at", "=", False)]).write({"withdrawn_at": now})
        for grant in self.search([("withdrawn_at", "!=", False)]):
            if grant._is_withdrawn(now):
                grant.unlink()
            self.env["ir.cron"]._commit_progress(1)

    def _is_withdrawn(self, now):
        """Withdraw a permission; return whether it can be forgotten."""
        if self.ended or self.account_ids or self._has_successor():
            return not self.account_ids
        try:
            kept = tokens.kept(self)
            # No transaction stays open while the provider is asked.
            self.env["ir.cron"]._commit_progress()
            flow.revoke(kept.client, kept.refresh, kept.policy)
        except MailError as error:
            _logger.info("Mail Sync: grant %s is not withdrawn: %s", self.id, error)
            return not error.transient or now - self.withdrawn_at > PERSISTENCE
        return True

    def _has_successor(self):
        """Whether its user has signed in again since.

        Some providers know one permission a user, and withdrawing the old would end the new.
        """
        return bool(
            self.search_count(
                [
                    ("id", "!=", self.id),
                    ("client_id", "=", self.client_id.id),
                    ("subject", "=", self.subject),
                    ("withdrawn_at", "=", False),
                ],
                limit=1,
            )
        )
