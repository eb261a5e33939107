"""Another addon has mails recorded on a model of its own, and is told of them.

The example is in `tests/addons/mail_sync_example`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from dev import database
from dev.demo import Person, mail
from dev.paths import ROOT

from .office import Office, Salesperson, somebody

pytestmark = pytest.mark.shared

EXAMPLE = "mail_sync_example"


@dataclass
class Workshop:
    """A company with the example installed, and a salesperson whose mailbox is connected."""

    company: Office
    ann: Salesperson

    def job(self, customer: Person, **values: object) -> int:
        return self.company.admin.create(
            "workshop.job", name="Roof", **{"site_email": customer.email, **values}
        )

    def mails(self, job: int) -> list[str]:
        """Return the subjects on a job's timeline, oldest first, as Ann sees it."""
        page = self.ann.client.call(
            "workshop.job", "mail_sync_timeline", [job], filters={"oldest_first": True}
        )
        return [entry["subject"] for entry in page["entries"]]

    def counted(self, job: int) -> int:
        """Return what the example counted when it was told of mails."""
        return self.ann.client.read("workshop.job", job, "received_count")["received_count"]


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    path = f"--addons-path={ROOT},{ROOT / 'tests/addons'}"
    with database.copy("system_other_addons") as db:
        database.run_odoo(db, path, f"--init={EXAMPLE}")
        with database.OdooServer(db, path, "--max-cron-threads=0") as server:
            company = Office(server)
            ann = company.salesperson()
            ann.connect()
            yield Workshop(company, ann)


def test_a_mail_is_recorded_on_the_record_with_its_address(workshop):
    lena, otto = somebody("lena"), somebody("otto")
    ann = workshop.ann
    partner = workshop.company.admin.create("res.partner", name=otto.name, email=otto.email)
    by_address, by_contact = (
        workshop.job(lena),
        workshop.job(otto, site_email=False, partner_id=partner),
    )
    done = workshop.job(lena, is_done=True)
    ann.has(mail(ann.person, lena, "Re: Roof", "Tomorrow.", days_ago=2), mailbox="Sent")
    ann.receives(
        mail(lena, ann.person, "Roof", "When do you come?", days_ago=3),
        mail(otto, ann.person, "Door", "It is open.", days_ago=1),
    )
    assert workshop.mails(by_address) == ["Roof", "Re: Roof"]
    assert workshop.mails(by_contact) == ["Door"]
    assert workshop.mails(done) == []
    assert (workshop.counted(by_address), workshop.counted(by_contact)) == (1, 1)


def test_an_answer_to_what_was_written_there_comes_back_there(workshop):
    lena = somebody("lena")
    ann = workshop.ann
    partner = workshop.company.admin.create("res.partner", name=lena.name, email=lena.email)
    job = workshop.job(lena, partner_id=partner)
    ann.client.call(
        "workshop.job",
        "message_post",
        [job],
        body="We come tomorrow.",
        message_type="comment",
        subtype_xmlid="mail.mt_comment",
        partner_ids=[partner],
        subject="Tomorrow",
    )
    workshop.company.send_queue()
    ann.sync()
    [sent] = ann.sent("Tomorrow")
    ann.receives(mail(lena, ann.person, "Re: Tomorrow", "Good.", answers=sent["Message-ID"]))
    assert workshop.mails(job) == ["Tomorrow", "Re: Tomorrow"]


def test_an_error_of_the_addon_loses_no_mail(workshop):
    lena, otto = somebody("lena"), somebody("otto")
    job, lead = workshop.job(lena), workshop.company.lead(otto, workshop.ann)
    workshop.ann.receives(
        mail(lena, workshop.ann.person, "Crash", "Once", days_ago=2),
        mail(lena, workshop.ann.person, "After it", "Twice", days_ago=1),
        mail(otto, workshop.ann.person, "Beside it", "Hello", days_ago=1),
    )
    assert workshop.mails(job) == ["Crash", "After it"]
    assert lead.subjects() == ["Beside it"]
    # What the addon wrote in the same call is undone with it.
    assert workshop.counted(job) == 0
    assert workshop.ann.account("state")["state"] == "enabled"
