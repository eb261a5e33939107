"""Smart Mails in a browser: from the timeline, and from a selection in the list."""

from odoo.tests import HttpCase, tagged

from .smart_case import SmartCase


@tagged("post_install", "-at_install")
class TestSmartTour(SmartCase, HttpCase):
    def test_quick_send_personalize_and_a_selection(self):
        self.limit(send_per_day=100)
        self.smart_mail("Closing")
        self.env["crm.lead"].search([("id", "not in", self.leads.ids)]).active = False
        path = f"/odoo/crm/{self.leads[0].id}"
        self.start_tour(path, "mail_sync_smart_mail", login=self.ann.login, timeout=180)
        self.assertEqual([mail["Subject"] for mail in self.left], ["Hello Lena", "Only for you"])
        action = self.env.ref("crm.crm_lead_opportunities")
        path = f"/odoo/action-{action.id}?view_type=list"
        self.start_tour(path, "mail_sync_smart_mail_selection", login=self.ann.login, timeout=180)
        self.send_queue()
        # In the order of the list, the newest first.
        self.assertEqual(self.to()[2:], [{"kim@customer.example"}, {"jon@customer.example"}])
