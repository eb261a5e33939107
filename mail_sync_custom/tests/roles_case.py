"""A company with one person of each role, and a mail recorded there."""

from odoo import Command
from odoo.tests import TransactionCase, new_test_user

#: The people of the test, in the order of the tables' columns.
WHO = (
    "portal",
    "public",
    "employee",  # an internal user without a role, and without Odoo's sales groups
    "jr_salesperson",
    "salesperson",
    "marketing_manager",
    "sales_manager",
    "company_manager",
    "administrator",
)
#: Whose a record is, from the point of view of the person asking, nearest first.
OWN = {"own"}
TEAM = OWN | {"led"}  # of the teams that they lead
COMPANY = TEAM | {"mate", "other"}  # of the same team, led by somebody else; of another team
SHARED = COMPANY | {"foreign"}  # of another company: nobody's in particular
NOBODY = set()


class Roles(TransactionCase):
    """One user of each role, each with a record of their own, and their colleagues' records."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.elsewhere = cls.env["res.company"].create({"name": "Another company"})
        cls.people = {who: cls.person(who, cls.group_of(who)) for who in WHO[:2] + WHO[2:]}
        salesperson = "sales_team.group_sale_salesman"
        cls.mate = cls.person("mate", salesperson)
        cls.other = cls.person("other", salesperson)
        cls.foreign = cls.person(
            "foreign",
            salesperson,
            company_id=cls.elsewhere.id,
            company_ids=[Command.set(cls.elsewhere.ids)],
        )
        internal = [user for user in cls.people.values() if not user.share]
        # All are in a team that none of them leads.
        cls.env["crm.team"].create(
            {
                "name": "Everybody",
                "user_id": cls.other.id,
                "member_ids": [Command.set([cls.mate.id, *(user.id for user in internal)])],
            }
        )
        cls.led = {user: cls.leads_a_team(user) for user in internal}

    @classmethod
    def person(cls, login, groups, **values):
        return new_test_user(cls.env, f"{login}@roles.example", groups=groups, name=login, **values)

    @staticmethod
    def group_of(who):
        plain = {"employee": "user", "portal": "portal", "public": "public"}
        if who in plain:
            return f"base.group_{plain[who]}"
        return f"mail_sync_custom.group_mail_sync_{who}"

    @classmethod
    def leads_a_team(cls, user):
        """Return the one member of a team that a user leads."""
        member = cls.person(f"led-by-{user.name}", "sales_team.group_sale_salesman")
        cls.env["crm.team"].create(
            {"name": user.name, "user_id": user.id, "member_ids": [Command.set(member.ids)]}
        )
        return member

    def whose(self, user):
        """Return the owners of the records that a user asks for, by their relation to the user."""
        return {
            "own": user,
            "led": self.led.get(user, self.mate),
            "mate": self.mate,
            "other": self.other,
            "foreign": self.foreign,
        }
