"""Which lead a mail belongs to, by the addresses as written in its header."""

import pytest

from engine.addresses import Rules
from engine.exclusion import covering
from engine.matching import Known, Owner, Target, correspondents, everyone, judge
from engine.mime.envelope import envelope
from engine.mime.glance import glance
from engine.values import Direction, Outcome

LEAD = Target("crm.lead", 1)
ANN = "ann@sales.example"
OWNER = Owner(frozenset({ANN}))


def recorded(head: str, lead: str) -> bool:
    """Whether a mail with this header is recorded on the lead with this key."""
    raw = f"{head}\r\nTo: {ANN}\r\nMessage-ID: <1@x>\r\n\r\n".encode()
    assert everyone(envelope(raw)) <= glance(raw)[0]
    verdict = judge(envelope(raw), OWNER, Known(by_address={lead: (LEAD,)}))
    return verdict.outcome is Outcome.RECORDED


@pytest.mark.parametrize(
    ("head", "lead"),
    [
        ("From: Info <info@müller.example>", "info@xn--mller-kva.example"),
        ("From: Info <info@xn--mller-kva.example>", "info@xn--mller-kva.example"),
        ("From: J <Jörg@c.example>", "jörg@c.example"),
        ('From: "Lena" <"lena"@c.example>', "lena@c.example"),
        ("From: Lena <<lena@c.example>>", "lena@c.example"),
        ("From: Lena <lena@c.example", "lena@c.example"),
        ("From: Lena <SMTP:lena@c.example>", "lena@c.example"),
        ("From: Lena Park lena@c.example", "lena@c.example"),
        ("From: Ben <ben@d.example>, Lena <lena@c.example>", "lena@c.example"),
        ("From: Ben <ben@d.example>\r\nFrom: lena@c.example", "lena@c.example"),
        ("From: ben@d.example\r\nReply-To: lena@c.example", "lena@c.example"),
        ("From: nobody\r\nSender: lena@c.example", "lena@c.example"),
    ],
)
def test_a_mail_matches_its_lead_in_every_form_of_the_address(head, lead):
    assert recorded(head, lead)


def test_a_mere_sender_field_is_not_a_correspondent():
    assert not recorded("From: ben@d.example\r\nSender: lena@c.example", "lena@c.example")


def test_a_name_is_kept_beside_two_brackets():
    found = envelope(b"From: Lena <<lena@c.example>>\r\n\r\n")
    assert [(one.name, one.email) for one in found.authors] == [("Lena", "lena@c.example")]


def test_the_owner_is_never_their_own_correspondent():
    owner = Owner(frozenset({"ann@xn--mller-kva.example"}))
    found = envelope("From: Ann@MÜLLER.example\r\nTo: lea@x.example\r\n\r\n".encode())
    assert correspondents(found, owner, Direction.OUT) == ("lea@x.example",)


def test_an_excluded_address_covers_its_tags_if_the_company_enables_that():
    rules = Rules(plus_tags=True)
    assert "ann@x.example" in covering("ann+shop@x.example", rules)
    assert "ann+shop@x.example" in covering("ann+shop@x.example", rules)
    assert "ann@x.example" not in covering("ann+shop@x.example")


@pytest.mark.parametrize(("owner", "sent"), [("ben", True), ("ben", False), ("ann", False)])
def test_a_colleagues_mail_to_a_lead_went_out_whosever_mailbox_is_read_first(owner, sent):
    own = f"{owner}@sales.example"
    raw = f"From: ben@sales.example\r\nTo: lena@c.example\r\nCc: {ANN}\r\nMessage-ID: <1@x>\r\n"
    known = Known(
        by_address={"lena@c.example": (LEAD,)}, colleagues=frozenset({ANN, "ben@sales.example"})
    )
    verdict = judge(envelope(raw.encode()), Owner(frozenset({own})), known, sent=sent)
    assert verdict.outcome is Outcome.RECORDED
    assert verdict.entry_direction is Direction.OUT
    assert verdict.direction is (Direction.OUT if owner == "ben" else Direction.IN)
