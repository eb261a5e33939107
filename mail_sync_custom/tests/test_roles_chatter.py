"""Who reads which recorded mails: on leads, on opportunities and on contacts."""

from odoo.tests import tagged

from .recorded_case import Recorded
from .roles_case import NOBODY, WHO

#: Which entries a user can read: those on the records that they can open.
NOBODYS = {"own lead", "own opportunity", "nobody's lead", "nobody's opportunity"}
LEADS = NOBODYS | {"a colleague's lead"}
DOCUMENTS = LEADS | {"a colleague's opportunity"}
CHATTER = dict(
    zip(
        WHO,
        (NOBODY, NOBODY, NOBODY, NOBODYS, LEADS, LEADS, DOCUMENTS, DOCUMENTS, DOCUMENTS),
        strict=True,
    )
)


@tagged("post_install", "-at_install")
class TestChatter(Recorded):
    def test_who_can_read_the_mails_on_a_record(self):
        for who in WHO:
            user = self.people[who]
            for name, record in self.records(user).items():
                entry = self.entry(record)
                with self.subTest(who=who, record=name):
                    self.assertEqual(self.reads(entry, user), name in CHATTER[who])

    def test_who_can_read_the_mails_on_a_contact(self):
        for who in WHO:
            user = self.people[who]
            for number, (name, lead) in enumerate(self.records(user).items()):
                self.entry(lead, f"{who}-{number}@example.com")
                entry = self.entry(self.contact([lead]), f"{who}-{number}@example.com")
                with self.subTest(who=who, contact_of=name):
                    self.assertEqual(self.reads(entry, user), name in CHATTER[who])

    def test_odoos_own_groups_read_the_same_as_before(self):
        plain = self.person("plain", "sales_team.group_sale_salesman")
        every = self.person("every", "sales_team.group_sale_salesman_all_leads")
        for user, expected in ((plain, NOBODYS), (every, DOCUMENTS)):
            readable = {
                name
                for name, record in self.records(user).items()
                if self.reads(self.entry(record), user)
            }
            self.assertEqual(readable, expected)
