"""A lead whose mails have ages, and the dates that follow from them."""

from datetime import UTC, datetime, timedelta

from .common import MailSyncCase, mail

LENA, ANN = "Lena <lena@customer.example>", "Ann <ann@company.example>"


def days_ago(days):
    return datetime.now(UTC).replace(microsecond=0) - timedelta(days=days)


class WaitingCase(MailSyncCase):
    def setUp(self):
        super().setUp()
        self.bob = self.salesperson("bob")

    def receive(self, days, subject=None, **headers):
        """Have a mail of Lena's recorded that is so many days old; return its entry."""
        subject = subject or f"In {days}"
        self.deliver(mail(LENA, ANN, subject, date=days_ago(days), **headers))
        self.sync()
        return self.entries().filtered(lambda entry: entry.subject == subject)

    def answer(self, days, subject=None, **headers):
        """Have a mail to Lena recorded from Sent."""
        subject = subject or f"Out {days}"
        self.deliver(mail(ANN, LENA, subject, date=days_ago(days), **headers), "Sent")
        self.sync()
        return self.entries().filtered(lambda entry: entry.subject == subject)

    def settle(self):
        """End the transaction as far as a test can."""
        self.env.cr.precommit.run()
        self.env.flush_all()
        self.env.invalidate_all()

    def assertDates(self, last_in, last_out, lead=None):
        """The lead last wrote, and was last written to, so many days ago; None for never."""
        self.settle()
        lead = lead or self.lead
        found = (lead.mail_sync_last_in_at, lead.mail_sync_last_out_at)
        now = datetime.now(UTC).replace(tzinfo=None)
        self.assertEqual(
            tuple(day and round((now - day).total_seconds() / 86400) for day in found),
            (last_in or False, last_out or False),
        )
