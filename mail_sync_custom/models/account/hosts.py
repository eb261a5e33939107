import logging

from odoo import api, models
from odoo.exceptions import ValidationError

from ...engine.net import policy

_logger = logging.getLogger(__name__)

#: The system parameter with the administrator's list.
ALLOWED_HOSTS = "mail_sync_custom.allowed_hosts"


class MailSyncAccount(models.Model):
    _inherit = "mail.sync.account"

    @api.model
    def _host_policy(self):
        """Return the ``Policy`` of what an account may connect to.

        A list that was corrupted outside the settings allows no internal address.
        """
        # sudo: the list is the administrator's, and holds for every user
        listed = self.env["ir.config_parameter"].sudo()._mail_sync_saved(ALLOWED_HOSTS)
        try:
            return policy.parse(listed)
        except policy.NotAnEntry as error:
            _logger.warning(
                "Mail Sync: %s has neither a network nor a host: %s", ALLOWED_HOSTS, error
            )
            return policy.Policy()

    @api.constrains("imap_host", "imap_port", "smtp_host", "smtp_port")
    def _check_hosts(self):
        """Refuse at once what no look-up could allow; the rest is refused when it connects."""
        allowed = self._host_policy()
        for account in self:
            for protocol in ("imap", "smtp"):
                host, port = account[f"{protocol}_host"], account[f"{protocol}_port"]
                if host and port and allowed.refuses(host, port):
                    raise ValidationError(
                        self.env._("This server or port is not allowed: %s", host)
                    )
