"""The Life of the Lead and the bar of a first sync, in a browser."""

import json

from odoo.tests import HttpCase, tagged

from .common import mail
from .test_timeline import LENA, TimelineCase, days_ago


@tagged("post_install", "-at_install")
class TestTimelineTour(TimelineCase, HttpCase):
    def tour(self, path, name, **given):
        self.start_tour(
            path,
            name,
            login=self.ann.login,
            ready=f"window.mailSyncTour = {json.dumps(given)}; odoo.isTourReady({name!r})",
        )

    def test_order_filters_text_attachments_and_what_waits(self):
        ben = self.salesperson("ben", name="Ben")
        account, server = self.connect(ben)
        own = self.ann.email
        question = mail(
            f"Lena Park <{LENA}>",
            own,
            "Question",
            text="We have a roof.\n" * 40 + "This is the very end.",
            date=days_ago(5),
            message_id="q@example.com",
        )
        question.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="plan.pdf")
        answer = mail(own, LENA, "Re: Question", date=days_ago(4), answers="q@example.com")
        # The answer is read before the question: the order is not the order of arrival.
        self.deliver(answer, "Sent")
        self.sync()
        self.deliver(question)
        self.deliver(question, server=server)
        self.sync()
        self.sync(account)
        self.lead.with_user(self.ann).message_post(body="Called her.", message_type="comment")
        offer = self.smart_mail()
        self.account.state = "error"
        self.queued(offer).send()
        self.tour(f"/odoo/crm/{self.lead.id}", "mail_sync_timeline")

    def test_reply_all_and_forward_from_an_entry_and_from_the_chatter(self):
        question = mail(
            f"Lena Park <{LENA}>",
            self.ann.email,
            "Question",
            text="We have a roof.",
            cc="joe@b.example",
            date=days_ago(5),
        )
        question.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="plan.pdf")
        self.deliver(question)
        self.sync()
        self.tour(f"/odoo/crm/{self.lead.id}", "mail_sync_answer")

    def test_a_lead_without_mail_says_what_to_do(self):
        self.account.unlink()
        lead = self.env["crm.lead"].create(
            {"name": "Heat pump", "type": "opportunity", "email_from": "nobody@customer.example"}
        )
        self.tour(f"/odoo/crm/{lead.id}", "mail_sync_timeline_empty")

    def test_the_bar_shows_progress_and_survives_leaving_the_page(self):
        inbox = self.account.mailbox_ids.filtered(lambda box: box.special_use == "inbox")
        inbox.write({"seen_count": 1000, "remaining_count": 3000})
        self.tour("/odoo", "mail_sync_progress", account=self.account.id)
