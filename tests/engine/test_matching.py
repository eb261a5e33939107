"""Whose mail it is, its direction, where it is recorded and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.matching import (
    Known,
    Owner,
    Reason,
    Settled,
    Standing,
    Target,
    correspondents,
    direction,
    everyone,
    ids,
    judge,
    with_record,
)
from engine.values import Address, Direction, Envelope, Outcome

NOON = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=n) for n in (1, 60, 3600, 86400))
LEAD, OTHER, CONTACT = Target("crm.lead", 1), Target("crm.lead", 2), Target("res.partner", 1)
ANN, BOB, LEA, EVE = "ann@corp.example", "bob@corp.example", "lea@client.example", "eve@x.example"
OWNER = Owner(frozenset({ANN, "ann.alias@corp.example"}))


def people(*emails):
    return tuple(Address("", email) for email in emails)


def envelope(sender=LEA, to=(ANN,), **fields):
    fields = {"message_id": "1@mail.example", "date": NOON, "subject": "Hello"} | fields
    for name in {"cc", "bcc", "reply_to"} & fields.keys():
        fields[name] = people(*fields[name])
    return Envelope(sender=Address("", sender), to=people(*to), **fields)


def known(**more):
    return Known(**{"by_address": {LEA: (LEAD,)}} | more)


def stands(*targets, date=NOON, subject="Hello", **more):
    return tuple(Standing(target, date, subject, **more) for target in targets or (LEAD,))


# -- direction and correspondents -----------------------------------------------------------------


def test_mail_in_sent_is_outgoing_whatever_its_from_says():
    assert direction(envelope("sales@corp.example", (LEA,)), OWNER, sent=True) is Direction.OUT


def test_mail_from_an_address_of_the_owner_is_outgoing_in_any_folder():
    assert direction(envelope("ann.alias@corp.example", (LEA,)), OWNER, sent=False) is Direction.OUT


def test_everything_else_came_in():
    assert direction(envelope(), OWNER, sent=False) is Direction.IN


def test_correspondents_are_the_other_people_each_once():
    mail = envelope(LEA, (ANN, EVE), cc=(LEA, BOB), reply_to=(LEA,), bcc=("x@x.example",))
    assert correspondents(mail, OWNER, Direction.IN) == (LEA, EVE, BOB)
    assert correspondents(mail, OWNER, Direction.OUT) == (LEA, EVE, BOB, "x@x.example")


def test_a_salesperson_who_is_a_lead_too_does_not_have_all_their_mail_recorded():
    verdict = judge(envelope(EVE), OWNER, Known(by_address={ANN: (LEAD,)}))
    assert verdict.outcome is Outcome.UNRELATED


def test_every_address_that_could_matter_is_looked_up():
    mail = envelope(LEA, (ANN,), cc=(BOB,), bcc=(EVE,), reply_to=("r@x.example",), stamp="s@crm")
    assert everyone(mail) == {LEA, ANN, BOB, EVE, "r@x.example"}
    assert everyone(replace(mail, senders=people(LEA, "secretary@x.example"))) == {
        *everyone(mail),
        "secretary@x.example",
    }
    answer = replace(mail, in_reply_to=("a@x",), references=("b@x", "a@x"))
    assert ids(answer) == {"1@mail.example", "s@crm", "a@x", "b@x"}


# -- outcome --------------------------------------------------------------------------------------


def test_a_leads_mail_is_recorded_on_the_lead():
    verdict = judge(envelope(), OWNER, known())
    assert verdict.outcome is Outcome.RECORDED
    assert verdict.targets == verdict.missing == (LEAD,)
    assert (verdict.message_id, verdict.variant) == ("1@mail.example", 0)
    assert (verdict.reason, verdict.because) == (Reason.ADDRESS, LEA)


def test_a_strangers_mail_is_not():
    assert judge(envelope(EVE), OWNER, known()).outcome is Outcome.UNRELATED


def test_a_mail_among_colleagues_only_is_excluded():
    mail, inside = envelope(BOB, (ANN, LEA)), known(colleagues=frozenset({BOB, LEA}))
    assert judge(mail, OWNER, inside).outcome is Outcome.EXCLUDED
    assert judge(mail, replace(OWNER, record_internal=True), inside).outcome is Outcome.RECORDED
    assert judge(replace(mail, cc=people(EVE)), OWNER, inside).outcome is Outcome.RECORDED


def test_the_window_applies_only_to_history_and_by_internaldate():
    owner = replace(OWNER, since=NOON)

    def outcome(internaldate, **how):
        return judge(envelope(), owner, known(), internaldate=internaldate, **how).outcome

    assert outcome(NOON - HOUR, history=True) is Outcome.EXCLUDED
    assert outcome(NOON - HOUR) is Outcome.RECORDED
    assert outcome(NOON - MINUTE, history=True) is Outcome.RECORDED  # their clock is not ours
    assert outcome(NOON + MINUTE, history=True) is Outcome.RECORDED
    assert outcome(None, history=True) is Outcome.RECORDED


# -- exclusion ------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["sender", "senders", "reply_to", "to", "cc", "bcc"])
def test_one_excluded_address_in_any_field_keeps_a_leads_mail_out(field):
    mail = replace(envelope(cc=(LEA,)), **{field: people(EVE)})
    if field == "sender":
        mail = replace(mail, sender=Address("", EVE))
    assert judge(mail, OWNER, known()).outcome is Outcome.RECORDED
    verdict = judge(mail, OWNER, known(excluded=frozenset({EVE})))
    assert (verdict.outcome, verdict.targets) == (Outcome.EXCLUDED, ())


@pytest.mark.parametrize("excluded", [LEA, ANN, "ann.alias@corp.example", BOB])
def test_a_lead_a_colleague_and_the_owner_can_be_excluded_like_anybody(excluded):
    mail = envelope(to=(ANN, "ann.alias@corp.example"), cc=(BOB,))
    assert judge(mail, OWNER, known(excluded=frozenset({excluded}))).outcome is Outcome.EXCLUDED


def test_an_excluded_address_keeps_out_what_follows_a_thread_on_the_lead():
    mail = envelope(cc=(EVE,), references=("root@x",), in_reply_to=("root@x",))
    here = known(standing={"root@x": stands()}, excluded=frozenset({EVE}))
    assert judge(mail, OWNER, here).outcome is Outcome.EXCLUDED


@pytest.mark.parametrize("excluded", [EVE, BOB])
def test_an_excluded_address_keeps_out_an_answer_to_a_mail_from_the_crm(excluded):
    mail = envelope(EVE, cc=(BOB,), in_reply_to=("written@crm",))
    here = known(standing={"written@crm": stands(from_crm=True)})
    assert judge(mail, OWNER, here).outcome is Outcome.RECORDED
    here = replace(here, excluded=frozenset({excluded}))
    assert judge(mail, OWNER, here).outcome is Outcome.EXCLUDED


def test_an_excluded_address_keeps_out_a_mail_that_a_colleagues_mailbox_recorded():
    here = known(standing={"1@mail.example": stands()}, excluded=frozenset({LEA}))
    assert judge(envelope(), OWNER, here).outcome is Outcome.EXCLUDED


def test_mail_recorded_before_an_exclusion_goes_to_no_latecomer():
    here = known(
        by_address={LEA: (OTHER,)},
        settled={"1@mail.example": (Settled(0, NOON),)},
        excluded=frozenset({LEA}),
    )
    verdict = judge(envelope(), OWNER, here, history=True, late={LEA: (OTHER,)})
    assert verdict.outcome is Outcome.DUPLICATE


def test_an_excluded_address_makes_no_difference_to_mail_of_strangers():
    here = Known(excluded=frozenset({EVE}))
    assert judge(envelope(EVE), OWNER, here).outcome is Outcome.UNRELATED


# -- where it goes --------------------------------------------------------------------------------


def test_an_answer_goes_where_its_nearest_ancestor_is():
    mail = envelope(in_reply_to=("q@x",), references=("old@x", "new@x"))
    old, new, question = stands(LEAD), stands(OTHER), stands(LEAD, OTHER)
    for standing, targets, because in (
        ({"old@x": old}, (LEAD,), "old@x"),
        ({"old@x": old, "new@x": new}, (OTHER,), "new@x"),
        ({"old@x": old, "new@x": new, "q@x": question}, (LEAD, OTHER), "q@x"),
    ):
        verdict = judge(mail, OWNER, known(standing=standing))
        assert (verdict.reason, verdict.targets, verdict.because) == (
            Reason.THREAD,
            targets,
            because,
        )


def test_an_ancestor_out_of_reach_leads_nowhere():
    mail = envelope(in_reply_to=("q@x",), references=("old@x",))
    far = stands(OTHER, reachable=False)
    verdict = judge(mail, OWNER, known(standing={"q@x": far}))
    assert (verdict.reason, verdict.targets) == (Reason.ADDRESS, (LEAD,))
    verdict = judge(mail, OWNER, known(standing={"q@x": far, "old@x": stands(LEAD)}))
    assert (verdict.reason, verdict.because) == (Reason.THREAD, "old@x")


def test_a_lead_joins_a_thread_recorded_only_on_its_contact():
    mail = envelope(in_reply_to=("q@x",))
    verdict = judge(
        mail, OWNER, known(by_address={LEA: (LEAD, CONTACT)}, standing={"q@x": stands(CONTACT)})
    )
    assert set(verdict.targets) == {CONTACT, LEAD}
    assert len(verdict.targets) == 2


def test_an_answer_to_a_crm_mail_joins_it_from_any_sender():
    mail = envelope(EVE, in_reply_to=("crm@x",))
    verdict = judge(mail, OWNER, known(standing={"crm@x": stands(OTHER, from_crm=True)}))
    assert (verdict.outcome, verdict.targets) == (Outcome.RECORDED, (OTHER,))
    assert (verdict.reason, verdict.because) == (Reason.ANSWER, "crm@x")


@pytest.mark.parametrize(
    ("mail", "standing"),
    [
        (envelope(EVE, in_reply_to=("q@x",)), stands(LEAD)),  # not from the CRM
        (envelope(EVE, references=("q@x",)), stands(LEAD, from_crm=True)),  # a private forward
        (envelope(ANN, (EVE,), in_reply_to=("q@x",)), stands(LEAD, from_crm=True)),  # our own
        (envelope(EVE, in_reply_to=("q@x",)), stands(LEAD, from_crm=True, reachable=False)),
    ],
    ids=["mere mail", "references", "outgoing", "out of reach"],
)
def test_other_mail_in_a_leads_thread_is_private(mail, standing):
    assert judge(mail, OWNER, known(standing={"q@x": standing})).outcome is Outcome.UNRELATED


# -- once -----------------------------------------------------------------------------------------


def test_a_mail_that_a_colleagues_mailbox_recorded_need_not_be_fetched():
    verdict = judge(envelope(), OWNER, known(standing={"1@mail.example": stands(LEAD)}))
    assert (verdict.outcome, verdict.targets, verdict.missing) == (Outcome.RECORDED, (LEAD,), ())


def test_a_mail_on_one_of_its_records_is_added_to_the_others():
    verdict = judge(
        envelope(),
        OWNER,
        known(by_address={LEA: (LEAD, OTHER)}, standing={"1@mail.example": stands(LEAD)}),
    )
    assert verdict.missing == (OTHER,)


def test_a_mail_that_this_account_has_is_a_duplicate_even_if_its_entry_is_gone():
    settled = {"1@mail.example": (Settled(0, NOON),)}
    here = known(settled=settled, standing={"1@mail.example": stands(LEAD)})
    assert judge(envelope(), OWNER, here).outcome is Outcome.DUPLICATE
    assert judge(envelope(), OWNER, known(settled=settled)).outcome is Outcome.DUPLICATE


def test_another_mail_with_an_id_that_was_seen_is_recorded_once_as_well():
    here = known(
        settled={"1@mail.example": (Settled(0, NOON),)},
        standing={"1@mail.example": stands(LEAD)},
    )
    second = envelope(date=NOON + DAY)
    verdict = judge(second, OWNER, here)
    assert verdict.outcome is Outcome.RECORDED and verdict.variant > 0
    assert verdict.missing == (LEAD,)
    here = with_record(here, second, verdict)
    assert judge(second, OWNER, here).outcome is Outcome.DUPLICATE
    later_copy = replace(second, date=second.date + SECOND)
    assert judge(later_copy, OWNER, here).outcome is Outcome.DUPLICATE
    assert judge(envelope(), OWNER, here).outcome is Outcome.DUPLICATE
    third = judge(envelope(date=NOON + 2 * DAY), OWNER, here)
    assert third.variant not in (0, verdict.variant)


def test_another_mail_with_the_id_of_one_that_was_removed_is_recorded():
    settled = {"1@mail.example": (Settled(0, NOON),)}
    verdict = judge(envelope(date=NOON + DAY), OWNER, known(settled=settled))
    assert verdict.outcome is Outcome.RECORDED and verdict.variant > 0


def test_a_mail_from_a_wrong_clock_is_recognised_by_the_date_of_its_entry():
    here = known(standing={"1@mail.example": stands(LEAD, date=NOON)})
    wrong = envelope(date=NOON + 400 * DAY)
    assert judge(wrong, OWNER, here, internaldate=NOON + MINUTE).missing == ()
    assert judge(wrong, OWNER, here, internaldate=wrong.date).missing == (LEAD,)


def test_a_crm_mail_is_recognised_even_if_its_subject_changed():
    crm = stands(LEAD, date=NOON - 5 * HOUR, subject="", from_crm=True)
    verdict = judge(envelope(ANN, (LEA,)), OWNER, known(standing={"1@mail.example": crm}))
    assert (verdict.variant, verdict.missing) == (0, ())


def test_our_stamp_identifies_our_mail_after_the_provider_changed_its_id():
    crm = known(standing={"crm@x": stands(LEAD, subject="", from_crm=True)})
    stamped = envelope(ANN, (LEA,), stamp="crm@x")
    verdict = judge(stamped, OWNER, crm)
    assert (verdict.message_id, verdict.missing) == ("crm@x", ())
    colleagues_copy = replace(stamped, to=people(LEA, BOB))
    assert judge(colleagues_copy, Owner(frozenset({BOB})), crm).message_id == "crm@x"


@pytest.mark.parametrize("fake", [{"date": NOON + DAY}, {"subject": "Else"}], ids=str)
def test_somebody_elses_mail_with_our_stamp_is_a_separate_mail(fake):
    crm = known(standing={"crm@x": stands(LEAD, from_crm=True)})
    verdict = judge(envelope(stamp="crm@x", **fake), OWNER, crm)
    assert (verdict.message_id, verdict.missing) == ("1@mail.example", (LEAD,))


def test_an_unknown_stamp_means_nothing():
    assert judge(envelope(stamp="crm@x"), OWNER, known()).message_id == "1@mail.example"


def test_an_answer_in_the_same_batch_goes_where_its_question_goes():
    here = known(by_address={LEA: (LEAD,), EVE: (OTHER,)})
    question = envelope()
    here = with_record(here, question, judge(question, OWNER, here))
    answer = envelope(ANN, (LEA, EVE), message_id="2@x", in_reply_to=("1@mail.example",))
    assert judge(answer, OWNER, here).targets == (LEAD,)


def test_a_mail_written_on_one_of_two_leads_with_the_same_address_stays_on_that_one():
    both = known(
        by_address={LEA: (LEAD, OTHER, CONTACT)},
        standing={"1@mail.example": stands(LEAD, from_crm=True)},
    )
    verdict = judge(envelope(sender=ANN, to=(LEA,)), OWNER, both, sent=True)
    assert (verdict.targets, verdict.missing) == ((LEAD,), ())
