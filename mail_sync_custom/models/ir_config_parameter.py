from odoo import api, models


class IrConfigParameter(models.Model):
    _inherit = "ir.config_parameter"

    @api.model
    def _mail_sync_saved(self, key):
        """Return a parameter's value as this transaction finds it in the database, "" without one.

        ``get_param`` answers from a cache that is cleared before a change is committed. A turn that
        begins in between puts the old value back, and the process keeps it: a server that is no
        longer allowed would still be connected to.
        """
        return self.search([("key", "=", key)], limit=1).value or ""
