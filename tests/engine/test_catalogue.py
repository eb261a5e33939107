"""What each sentence means that servers are known to say, and the tables behind it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import errors
from engine.catalogue import (
    ENHANCED,
    FAMILIES,
    KINDS,
    MAX_RETRY_AFTER,
    REPLIES,
    RESPONSE_CODES,
    RESPONSE_CODES_AT_LOGIN,
    SENTENCES,
    Cause,
    classify,
    classify_chain,
)
from engine.errors import Step

from .pace import within
from .sentences import (
    BOUNCE,
    BOUNCED,
    CRED,
    FAMILIAR,
    FOLDERS,
    IMAP_LOGIN,
    IMAP_REST,
    LOGIN,
    NOT_A_WRONG_PASSWORD,
    RFC_5530,
    SENDING,
    SMTP_TEXTS,
)


@pytest.mark.parametrize(("text", "step", "code", "kind"), IMAP_LOGIN + IMAP_REST)
def test_what_an_imap_server_says(text, step, code, kind):
    cause = classify(text, step=step)
    assert (cause.code, cause.kind) == (code, kind)


@pytest.mark.parametrize(("text", "step", "code", "kind"), SMTP_TEXTS)
def test_what_an_smtp_server_says(text, step, code, kind):
    cause = classify(text, step=step, protocol="smtp")
    assert (cause.code, cause.kind) == (code, kind)


@pytest.mark.parametrize(("text", "code"), BOUNCED)
def test_what_a_bounce_says(text, code):
    assert classify(text, step=SENDING, protocol="dsn") == Cause(code, BOUNCE)


@pytest.mark.parametrize(("name", "at_login", "later"), RFC_5530)
@pytest.mark.parametrize("form", ["NO [{}]", "[{}] Words nobody has seen.", "no [{}] x"])
def test_a_response_code_of_rfc_5530_is_enough(form, name, at_login, later):
    assert classify(form.format(name), step=LOGIN).code == at_login
    assert classify(form.format(name.lower()), step=FOLDERS).code == later


@pytest.mark.parametrize(("text", "step", "code"), FAMILIAR)
def test_words_that_many_servers_share(text, step, code):
    assert classify(text, step=step).code == code


@pytest.mark.parametrize("text", NOT_A_WRONG_PASSWORD)
@pytest.mark.parametrize("step", list(Step))
def test_not_taken_for_a_wrong_password(text, step):
    assert classify(text, step=step).kind is not CRED


@pytest.mark.parametrize("text", [row[0] for row in IMAP_LOGIN if row[2] == "login_refused"])
def test_words_of_a_refused_login_mean_it_only_of_a_login(text):
    """A folder may be called *Login failed*."""
    if "FAILED]" not in text:
        assert classify(text, step=FOLDERS).kind is not CRED


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title, lambda s: f"b1 NO {s} [x]"])
def test_case_and_surroundings_do_not_matter(change):
    text = change("[AUTHENTICATIONFAILED] Invalid credentials (Failure)")
    assert classify(text, step=LOGIN).code == "login_refused"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Request is throttled. Suggested Backoff Time: 61223 milliseconds", 61.223),
        ("Request is throttled. Suggested Backoff Time: 0 milliseconds", 0.0),
        ("Too many logins, try again in 5 minutes", 300.0),
        ("Too many logins, retry after 30 seconds", 30.0),
        ("Too many logins, try again later", None),
        ("Request is throttled. Suggested Backoff Time: 999999999999 milliseconds", 86400.0),
        ("Request is throttled. Suggested Backoff Time: " + "9" * 400 + " milliseconds", None),
    ],
)
def test_the_pause_that_the_server_asks_for(text, seconds):
    assert classify(text, step=LOGIN).retry_after == seconds


def test_no_pause_is_read_from_a_refusal():
    text = "[AUTHENTICATIONFAILED] wrong, try again in 5 minutes"
    assert classify(text, step=LOGIN) == Cause("login_refused", CRED, None)


def test_microsoft_says_incorrect_credentials_under_the_number_of_a_policy():
    text = "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect."
    assert classify(text, step=LOGIN, protocol="smtp").code == "login_refused"


def test_the_recipients_full_mailbox_is_not_the_senders():
    text = "552 5.2.2 The email account that you tried to reach is over quota"
    assert classify(text, step=SENDING, protocol="smtp").code == "recipient_full"


@pytest.mark.parametrize(
    ("text", "step", "code"),
    [
        ("550 nobody knows why", SENDING, "message_refused"),
        ("550 nobody knows why", LOGIN, "login_refused"),
        ("504 nobody knows why", LOGIN, "refused"),
        ("451 nobody knows why", SENDING, "server_unavailable"),
        ("554 5.9.9 Exim 4.97.1 says no", SENDING, "message_refused"),
        ("454 4.7.0 Temporary authentication failure", LOGIN, "login_unavailable"),
        ("450 4.2.0 Greylisted, see postgrey", SENDING, "greylisted"),
        ("530 5.7.0 Must issue a STARTTLS command first", SENDING, "plaintext_disallowed"),
        ("220 mx.example.com ESMTP Exim 4.97.1", Step.CONNECTION, "unknown"),
    ],
)
def test_an_smtp_reply_by_its_numbers(text, step, code):
    assert classify(text, step=step, protocol="smtp").code == code


# -- the tables -------------------------------------------------------------------------------


def all_error_classes(of=errors.MailError):
    return [of, *(c for sub in of.__subclasses__() for c in all_error_classes(sub))]


def test_every_code_of_the_tables_has_a_kind():
    told = {rule.code for rule in SENTENCES + FAMILIES}
    for table in (RESPONSE_CODES, RESPONSE_CODES_AT_LOGIN, ENHANCED, REPLIES):
        told |= set(table.values())
    assert told <= set(KINDS)


def test_a_code_means_one_kind_here_and_in_the_error_classes():
    for each in all_error_classes():
        assert KINDS.get(each.code, each.kind) is each.kind, each


text_of_servers = st.text() | st.lists(
    st.sampled_from(
        [row[0] for row in IMAP_LOGIN + IMAP_REST + SMTP_TEXTS]
        + ["\r\n", "[", "]", "550", "5.7.1", "again in 5 minutes", "\udcff", "\0", "İ"]
    )
    | st.text(),
    max_size=5,
).map(" ".join)


@given(text_of_servers, st.sampled_from(list(Step)), st.sampled_from(["imap", "smtp", "dsn", "?"]))
def test_anything_at_all_has_a_cause(text, step, protocol):
    for cause in (
        classify(text, step=step, protocol=protocol),
        classify_chain(Exception(text), step=step, protocol=protocol),
    ):
        assert cause.kind is (BOUNCE if protocol == "dsn" else KINDS[cause.code])
        assert cause.retry_after is None or 0 <= cause.retry_after <= MAX_RETRY_AFTER


@given(st.text(alphabet="abcdefghij []0123456789.\n"), st.sampled_from(sorted(set(Step) - {LOGIN})))
def test_unknown_text_accuses_nobody(text, step):
    assert classify(text, step=step).kind is not CRED


def test_a_hostile_text_is_read_in_no_time():
    with within(1):
        for text in ("a" * 10**6, "starttls " * 10**5, "logindisabled auth=" * 10**5, "\n" * 10**6):
            classify(text, step=LOGIN)
            classify(text, step=LOGIN, protocol="smtp")
