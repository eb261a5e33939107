from odoo.tests import TransactionCase, tagged

from ..models.account.hosts import ALLOWED_HOSTS


@tagged("post_install", "-at_install")
class TestParameters(TransactionCase):
    def test_a_server_that_is_no_longer_allowed_is_refused_whatever_is_cached(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param(ALLOWED_HOSTS, "10.1.2.3:993")
        accounts = self.env["mail.sync.account"]
        self.assertFalse(accounts._host_policy().refuses("10.1.2.3", 993))
        # What a turn finds that had read the list just before it was saved elsewhere.
        parameters.get_param(ALLOWED_HOSTS)
        parameters.flush_model()
        self.env.cr.execute("DELETE FROM ir_config_parameter WHERE key = %s", [ALLOWED_HOSTS])
        parameters.invalidate_model()
        self.assertTrue(accounts._host_policy().refuses("10.1.2.3", 993))
