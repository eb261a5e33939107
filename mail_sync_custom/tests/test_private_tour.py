"""What the owner of a mail does with one entry, and what a colleague sees then."""

from odoo.tests import HttpCase, tagged

from .common import mail
from .test_timeline import LENA, TimelineCase, days_ago


@tagged("post_install", "-at_install")
class TestPrivateTour(TimelineCase, HttpCase):
    def test_private_remove_move_and_what_a_colleague_sees(self):
        ben = self.salesperson("ben", name="Ben")
        subjects = ("Advertising", "Another matter", "Offer")
        for number, subject in enumerate(subjects, 1):
            self.deliver(
                mail(LENA, self.ann.email, subject, text="Secret price.", date=days_ago(9 - number))
            )
        self.sync()
        other = self.env["crm.lead"].create(
            {"name": "Carport", "type": "opportunity", "user_id": self.ann.id}
        )
        path = f"/odoo/crm/{self.lead.id}"
        self.start_tour(path, "mail_sync_entry_owner", login=self.ann.login)
        self.assertTimeline("Offer")
        self.assertTimeline("Another matter", record=other)
        self.start_tour(path, "mail_sync_entry_colleague", login=ben.login)
