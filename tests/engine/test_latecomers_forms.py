"""A later lead finds the same mails as an earlier one, in every form of the address."""

from random import Random

import pytest

from tests.engine.world import EVE, World

FORMS = [
    {"sender": "eve@elsewhere.example"},
    {"sender": "EVE@Elsewhere.EXAMPLE"},
    {"sender": '"eve"@elsewhere.example'},
    {"sender": "Eve <eve@elsewhere.example>, bob@corp.example"},
    {"sender": "bob@corp.example", "to": "friends: ann@corp.example, eve@elsewhere.example;"},
    {"sender": "bob@corp.example", "reply_to": "<eve@elsewhere.example>"},
    {"sender": "bob@corp.example", "cc": "Eve (of old) <eve@elsewhere.example>"},
    {"sender": "bob@corp.example", "to": "ann@corp.example,\r\n <eve@elsewhere.example>"},
    {"sender": "bob@corp.example", "subject": "eve@elsewhere.example"},
    {"sender": "eve@elsewhere.example.org"},
    {"sender": "steve@elsewhere.example"},
    {"sender": '"eve@elsewhere.example" <bob@corp.example>'},
]


@pytest.mark.parametrize(
    "searches", [True, False], ids=["a server that searches", "one that cannot"]
)
@pytest.mark.parametrize("seed", range(6))
def test_a_lead_gets_the_same_mails_whether_it_comes_before_them_or_after(searches, seed):
    mails = Random(seed).choices(FORMS, k=20)
    found = []
    for comes_first in (True, False):
        world = World()
        world.server.searches = searches
        eve = world.database.add_lead(EVE) if comes_first else None
        for number, fields in enumerate(mails):
            world.deliver(message_id=f"{number}@mail.example", **fields)
        world.sync()
        if not eve:
            eve = world.database.add_lead(EVE)
            world.sync()
        found.append(sorted(world.timeline(eve)))
    assert found[0] == found[1]
