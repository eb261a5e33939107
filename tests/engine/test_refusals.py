"""Refusals by their meaning: families of words, on texts that no list has.

``python -m pytest tests/engine/test_refusals.py -v`` prints them by family.
"""

import pytest

from engine.catalogue import BOUNCE, KINDS, SENTENCES, classify
from engine.errors import Kind, Step

from .more_refusals import MORE_FAMILIES
from .pace import within
from .refusals import FAMILIES

ALL = FAMILIES | MORE_FAMILIES

ROWS = [
    pytest.param(words, step, protocol, codes, id=f"{family}-{server}: {words}")
    for family, (step, protocol, codes, rows) in ALL.items()
    for server, words in rows
]
#: What the recipient, or this very message, is to blame for.
ITS_OWN_FAULT = {Kind.BOUNCE, Kind.MSG}


@pytest.mark.parametrize(("words", "step", "protocol", "codes"), ROWS)
def test_a_refusal_is_understood(words, step, protocol, codes):
    assert classify(words, step=step, protocol=protocol).code in codes


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_at_least_twenty_texts_or_is_another_ones_twin(family):
    assert len(FAMILIES[family][3]) >= 20 or family.endswith("by SMTP")


@pytest.mark.parametrize(
    "words",
    [
        words
        for step, protocol, codes, rows in ALL.values()
        for _, words in rows
        if step is Step.SENDING
        and protocol == "smtp"
        and not any(KINDS[code] in ITS_OWN_FAULT for code in codes)
    ],
)
def test_what_is_the_senders_affair_is_not_the_recipients_fault(words):
    assert classify(words, step=Step.SENDING, protocol="smtp").kind not in ITS_OWN_FAULT
    assert classify(words, step=Step.SENDING, protocol=BOUNCE).kind is Kind.BOUNCE


def test_most_of_these_texts_are_in_no_list():
    rows = [
        (words, step, protocol, codes)
        for step, protocol, codes, rows in FAMILIES.values()
        for _, words in rows
    ]
    listed = [
        words
        for words, step, protocol, _ in rows
        if any(rule.matches(words.lower(), step, protocol) for rule in SENTENCES)
    ]
    assert len(listed) < len(rows) / 8


@pytest.mark.parametrize(
    "code",
    ["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "OVERQUOTA", "PRIVACYREQUIRED", "CORRUPTION"],
)
def test_a_response_code_that_says_otherwise_is_believed_at_the_login(code):
    assert classify(f"[{code}] nope", step=Step.LOGIN).kind is not Kind.CRED


@pytest.mark.parametrize("words", ["BAD what", "A1 BAD what", "* BYE so long", "BYE so long"])
def test_a_command_or_a_connection_that_is_refused_is_no_refused_login(words):
    assert classify(words, step=Step.LOGIN).kind is not Kind.CRED


@pytest.mark.parametrize("step", [step for step in Step if step is not Step.LOGIN])
def test_words_that_nobody_knows_accuse_nobody_elsewhere(step):
    assert classify("nope", step=step).code == "unknown"


@pytest.mark.parametrize("number", ["500", "501", "502", "503", "504"])
def test_an_auth_command_that_is_refused_is_no_refused_login(number):
    cause = classify(f"{number} 5.5.1 what", step=Step.LOGIN, protocol="smtp")
    assert cause.kind is not Kind.CRED


@pytest.mark.parametrize("stem", ["account ", "limit ", "relay ", "no ", "too many ", "账号"])
@pytest.mark.parametrize("protocol", ["imap", "smtp"])
@pytest.mark.parametrize("step", [Step.LOGIN, Step.SENDING])
def test_words_that_were_made_to_take_long_do_not(stem, protocol, step):
    with within(0.5):
        classify("550 " + stem * 5000, step=step, protocol=protocol)
