"""What a code means in a salesperson's words, and what to do about it.

The one place where a code of the engine becomes words. A code has a headline (what happened) and a
remedy (what to do next), in the table of its theme; some providers have remedies of their own, in
``houses``, which say where to click. A code without words gets those of ``unknown``, beside which
the server's own reply is shown.

Rules for whoever writes a sentence: nothing that may be untrue (a refused login may just as well
be a wrong user name), no step that the reader cannot take, and no number that a provider may
change tomorrow.
"""

from . import at_rest, connection, mailbox, oauth, ourselves, sending, signing_in
from ._marker import _lt
from .houses import HOUSES

#: Code → headline and remedy.
WORDS = (
    signing_in.WORDS
    | oauth.WORDS
    | mailbox.WORDS
    | sending.WORDS
    | connection.WORDS
    | ourselves.WORDS
)


def _of(code):
    return WORDS.get(code) or WORDS["unknown"]


def headline(env, code):
    """Return what happened, as half a line."""
    return env._(_of(code)[0])


def remedy(env, code, provider_code=None, *, resting=False):
    """Return what to do about it, in one to four sentences; where to click, if that is known.

    ``resting``: Mail Sync does not try again by itself, and no sentence may say that it does.
    """
    known = code if code in WORDS else "unknown"
    if resting and known in at_rest.WORDS:
        return env._(at_rest.WORDS[known])
    own = HOUSES.get(provider(provider_code), {})
    return env._(own.get(code) or _of(code)[1])


def explain(env, error, provider_code=None, *, resting=False):
    """Return an engine's error in full: the step, what happened, what to do, whose words it has."""
    lines = sentences(env, error.code, error.detail, provider_code, resting=resting)
    return f"{step_name(env, error.step)}: {lines}"


def sentences(env, code, detail="", provider_code=None, *, resting=False):
    """Return what happened, what to do, and what is quoted, if anything: a line each."""
    mending = remedy(env, code, provider_code, resting=resting)
    lines = [f"{headline(env, code)}.", mending, quoted(env, code, detail)]
    return "\n".join(filter(None, lines))


def quoted(env, code, detail):
    """Return an error's detail with whose words it is; empty where it helps nobody.

    A name that was not found, or a port that nobody listens on, has said nothing: what the system
    says of it is not the server's, and is in the headline already.
    """
    if not detail:
        return ""
    if code in _CERTIFICATE_SHOWN:
        shown = len(detail) == _SHA256_DIGITS and set(detail) <= set("0123456789abcdef")
        return env._("SHA-256 fingerprint of its certificate: %s", detail) if shown else ""
    if code in _TECHNICAL:
        return env._("In technical words: %s", detail)
    return "" if code in _UNSAID else env._("The server said: %s", detail)


#: The detail is the fingerprint that was met.
_CERTIFICATE_SHOWN = ("certificate_untrusted", "certificate_changed")
_SHA256_DIGITS = 64

#: The detail is the TLS library's, and says what its headline does not.
_TECHNICAL = ("tls_failed", "tls_too_old")

#: No server has spoken yet, or what it said is not what failed.
_UNSAID = (
    "host_not_found",
    "lookup_failed",
    "host_not_allowed",
    "connection_refused",
    "connection_lost",
    "network_unreachable",
    "timeout",
    "tls_on_plain_port",
    "plain_on_tls_port",
    "starttls_missing",
    "starttls_gone",
    "certificate_name",
    "certificate_expired",
    "invalid_settings",
    "smtp_auth_missing",
    "preauth",
)


def step_name(env, step, protocol=None):
    """Return the name of what was being done; empty for what has no name.

    To sign in, say, is part of reading and of sending: with ``smtp`` it says that it was sending.
    """
    if step not in _STEPS:
        return ""
    name = env._(_STEPS[step])
    if protocol == "smtp" and step != "sending":
        return env._("Sending: %s", name)
    return name


def provider(code):
    """Return the house behind a provider's code: *outlook* and *microsoft365* are both Microsoft.

    Empty for a provider without remedies of its own.
    """
    code = (code or "").lower()
    return next((house for word, house in _HOUSES if word in code), "")


#: A part of a provider's code → whose rules hold there.
_HOUSES = (
    ("gmail", "google"),
    ("google", "google"),
    ("microsoft", "microsoft"),
    ("outlook", "microsoft"),
    ("office", "microsoft"),
    ("hotmail", "microsoft"),
    ("m365", "microsoft"),
    ("o365", "microsoft"),
    ("yahoo", "yahoo"),
    ("aol", "yahoo"),
    ("icloud", "icloud"),
    ("apple", "icloud"),
    ("zoho", "zoho"),
    ("fastmail", "fastmail"),
    ("gmx", "gmx"),
    ("yandex", "yandex"),
    ("godaddy", "godaddy"),
    ("secureserver", "godaddy"),
    ("cpanel", "cpanel"),
    ("bluehost", "cpanel"),
    ("namecheap", "cpanel"),
)


_STEPS = {
    "lookup": _lt("Finding the server"),
    "connection": _lt("Connecting"),
    "tls": _lt("Encryption"),
    "login": _lt("Signing in"),
    "folders": _lt("Folders"),
    "reading": _lt("Reading mail"),
    "recording": _lt("Recording"),
    "sending": _lt("Sending"),
}
