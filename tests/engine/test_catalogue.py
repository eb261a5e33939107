"""Every sentence that servers are known to say, and what must be made of it.

The texts were collected from providers' help pages and other projects' threads; ``…`` in the
collection marks a gap and stands here as some words.
"""

import imaplib
import smtplib
import socket
import ssl
import time

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
from engine.errors import Kind, Step

LOGIN, READING, FOLDERS, SENDING = Step.LOGIN, Step.READING, Step.FOLDERS, Step.SENDING
CRED, SETUP, TRANS, LIMIT = Kind.CRED, Kind.SETUP, Kind.TRANS, Kind.LIMIT
TLS, NET, MSG, BOUNCE = Kind.TLS, Kind.NET, Kind.MSG, Kind.BOUNCE

# (text, step, code, kind)
IMAP_LOGIN = [
    # Gmail
    ("[AUTHENTICATIONFAILED] Invalid credentials (Failure)", LOGIN, "login_refused", CRED),
    ("[ALERT] Invalid credentials (Failure)", LOGIN, "login_refused", CRED),
    (
        "[ALERT] Application-specific password required: "
        "https://support.google.com/accounts/answer/185833 (Failure)",
        LOGIN,
        "app_password_needed",
        CRED,
    ),
    (
        "[ALERT] Please log in via your web browser: "
        "https://support.google.com/mail/accounts/answer/78754 (Failure)",
        LOGIN,
        "browser_sign_in",
        CRED,
    ),
    ("[ALERT] Web login required: https://support.google.com", LOGIN, "browser_sign_in", CRED),
    ("[WEBALERT https://accounts.google.com/x] Sign in", LOGIN, "browser_sign_in", CRED),
    (
        "[ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page",
        LOGIN,
        "imap_disabled",
        SETUP,
    ),
    (
        "[ALERT] IMAP access is disabled for your domain. (Failure)",
        LOGIN,
        "imap_disabled_by_admin",
        SETUP,
    ),
    (
        "[ALERT] Too many simultaneous connections. (Failure)",
        LOGIN,
        "too_many_connections",
        LIMIT,
    ),
    (
        "[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)",
        LOGIN,
        "throttled",
        LIMIT,
    ),
    ("[OVERQUOTA] Account exceeded command or bandwidth limits.", READING, "throttled", LIMIT),
    ("[OVERQUOTA] Account exceeded command or bandwidth limits.", SENDING, "throttled", LIMIT),
    ("[ALERT] Account exceeded command or bandwidth limits.", LOGIN, "throttled", LIMIT),
    ("BYE Account exceeded command or bandwidth limits. x1", READING, "throttled", LIMIT),
    ("BYE Session expired, please login again.", READING, "session_ended", TRANS),
    ("NO [NONEXISTENT] Unknown Mailbox: [Gmail] (Failure)", FOLDERS, "mailbox_missing", SETUP),
    # Microsoft 365, Exchange
    ("LOGIN failed.", LOGIN, "login_refused", CRED),
    ("NO AUTHENTICATE failed.", LOGIN, "login_refused", CRED),
    ('AUTHENTICATE failed. Error="BasicAuthBlocked"', LOGIN, "password_sign_in_off", SETUP),
    ("LOGIN failed. LogonDenied-BasicAuthBlocked", LOGIN, "password_sign_in_off", SETUP),
    ("LOGIN failed. LogonDenied", LOGIN, "password_sign_in_off", SETUP),
    ("Basic authentication is disabled", LOGIN, "password_sign_in_off", SETUP),
    (
        "CAPABILITY IMAP4 IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2 SASL-IR UIDPLUS",
        LOGIN,
        "password_sign_in_off",
        SETUP,
    ),
    (
        "BAD User is authenticated but not connected.",
        FOLDERS,
        "authenticated_not_connected",
        CRED,
    ),
    (
        "BAD Request is throttled. Suggested Backoff Time: 61223 milliseconds",
        READING,
        "throttled",
        LIMIT,
    ),
    ("BAD Command received in Invalid state.", LOGIN, "encryption_mismatch", TLS),
    ("BYE Connection closed. 14", READING, "session_ended", TRANS),
    ("BAD Command Argument Error. 11", SENDING, "copy_refused", MSG),
    ("BAD Command Argument Error. 11", READING, "message_unreadable", MSG),
    (
        "NO Maximum size of appendable message has been exceeded",
        SENDING,
        "copy_too_large",
        MSG,
    ),
    # right after changing the app password: only the user can know
    ("AUTHENTICATE failed", LOGIN, "login_refused", CRED),
    # Yahoo
    ("[AUTHENTICATIONFAILED] Incorrect username or password.", LOGIN, "login_refused", CRED),
    ("Too many bad login attempts.", LOGIN, "too_many_logins", LIMIT),
    (
        "[UNAVAILABLE] UID FETCH Service is temporarily not available",
        READING,
        "throttled",
        LIMIT,
    ),
    (
        "BAD [CLIENTBUG] Additional arguments found after last expected argument",
        SENDING,
        "copy_refused",
        MSG,
    ),
    ("BYE IMAP4rev1 Server logging out", LOGIN, "session_ended", TRANS),
    # iCloud
    ("[AUTHENTICATIONFAILED] Authentication failed", LOGIN, "login_refused", CRED),
    # Zoho
    (
        "[ALERT] You are yet to enable IMAP for your account. "
        "Please contact your administrator (Failure)",
        LOGIN,
        "imap_disabled",
        SETUP,
    ),
    (
        "[ALERT] The server details you are using seems incorrect. For more details, check this "
        "announcement: https://help.zoho.com/portal/zoho-mail-server-details",
        LOGIN,
        "wrong_server",
        SETUP,
    ),
    # Dovecot, cPanel, Cyrus
    ("[AUTHENTICATIONFAILED] Authentication failed.", LOGIN, "login_refused", CRED),
    (
        "[UNAVAILABLE] Temporary authentication failure. [mx1:2024-02-05 10:11:12]",
        LOGIN,
        "login_unavailable",
        TRANS,
    ),
    ("Temporary authentication failure", LOGIN, "login_unavailable", TRANS),
    (
        "[UNAVAILABLE] Maximum number of connections from user+IP exceeded "
        "(mail_max_userip_connections=10)",
        LOGIN,
        "too_many_connections",
        LIMIT,
    ),
    ("BAD Invalid characters in atom", LOGIN, "password_characters", CRED),
    (
        "NO Plaintext authentication disallowed on non-secure (SSL/TLS) connections.",
        LOGIN,
        "plaintext_disallowed",
        TLS,
    ),
    ("[PRIVACYREQUIRED] Use TLS", LOGIN, "plaintext_disallowed", TLS),
    ("LOGINDISABLED", LOGIN, "plaintext_disallowed", TLS),
    (
        "CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED AUTH=XOAUTH2",
        LOGIN,
        "plaintext_disallowed",
        TLS,
    ),
    ("NO Login failed: authentication failure", LOGIN, "login_refused", CRED),
    # QQ, Tencent, NetEase
    ("Please using authorized code to login.", LOGIN, "authorization_code_needed", CRED),
    ("Authorized code is incorrect", LOGIN, "authorization_code_needed", CRED),
    ("Login fail. Please using weixin token", LOGIN, "authorization_code_needed", CRED),
    (
        "Unsafe Login. Please contact kefu@188.com for help",
        FOLDERS,
        "unsafe_login",
        SETUP,
    ),
    # Fastmail, Domino
    (
        "451 Already reached per-10 minute limit for logins by user@example.com of 500",
        LOGIN,
        "too_many_logins",
        LIMIT,
    ),
    (
        "Login failure, cannot convert Mailbox: code 02:46",
        LOGIN,
        "contact_admin",
        SETUP,
    ),
]

IMAP_REST = [
    (
        "Could not select: NO [NOPERM] Permission denied",
        FOLDERS,
        "mailbox_forbidden",
        SETUP,
    ),
    ("NO Mailbox doesn't exist", FOLDERS, "mailbox_missing", SETUP),
    ("NO Mailbox doesn\u2019t exist: Sent", FOLDERS, "mailbox_missing", SETUP),
    ("NO [SERVERBUG] Internal error occurred.", FOLDERS, "server_fault", TRANS),
    ("[CANNOT] Mailbox isn't a valid mbox file", FOLDERS, "mailbox_missing", SETUP),
    ("[NONEXISTENT]", READING, "mailbox_missing", SETUP),
    ("[OVERQUOTA] Not enough disk quota", SENDING, "mailbox_full", SETUP),
    (
        "[OVERQUOTA] Mailbox is full / Blocks limit exceeded / Quota limit will be exceeded",
        SENDING,
        "mailbox_full",
        SETUP,
    ),
    ("[OVERQUOTA] Mailbox is full", SENDING, "mailbox_full", SETUP),
    ("Blocks limit exceeded", SENDING, "mailbox_full", SETUP),
    ("Quota limit will be exceeded", SENDING, "mailbox_full", SETUP),
    ("[OVERQUOTA]", SENDING, "mailbox_full", SETUP),
    ("[OVERQUOTA]", LOGIN, "throttled", LIMIT),
    ("[OVERQUOTA]", READING, "throttled", LIMIT),
    ("[INUSE]", READING, "mailbox_busy", LIMIT),
    ("[LIMIT]", READING, "throttled", LIMIT),
    ("UID validity problem for folder", READING, "mailbox_rebuilt", SETUP),
    ("Stopped due to too many UIDVALIDITY resyncs", READING, "mailbox_rebuilt", SETUP),
    ("NO Message refused because it contains a virus", SENDING, "copy_refused", MSG),
    ("Error in IMAP command received by server.", READING, "command_refused", TRANS),
    ("BAD Command unrecognized", READING, "command_refused", TRANS),
    ("certificate verify failed", Step.TLS, "certificate_untrusted", TLS),
    ("self signed certificate", Step.TLS, "certificate_untrusted", TLS),
    ("self signed certificate in certificate chain", Step.TLS, "certificate_untrusted", TLS),
    ("self-signed certificate", Step.TLS, "certificate_untrusted", TLS),
    (
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, "
        "certificate is not valid for 'imap.example.com'.",
        Step.TLS,
        "certificate_name",
        TLS,
    ),
    ("CERTIFICATE_VERIFY_FAILED: Hostname mismatch", Step.TLS, "certificate_name", TLS),
    (
        "certificate verify failed: certificate has expired (_ssl.c:1006)",
        Step.TLS,
        "certificate_expired",
        TLS,
    ),
    ("[SSL: WRONG_VERSION_NUMBER] (_ssl.c:1006)", Step.TLS, "tls_on_plain_port", TLS),
    ("wrong version number", Step.TLS, "tls_on_plain_port", TLS),
    ("sslv3 alert handshake failure", Step.TLS, "tls_too_old", TLS),
    ("unsupported protocol", Step.TLS, "tls_too_old", TLS),
    ("STARTTLS extension not supported by server.", Step.TLS, "starttls_missing", TLS),
    ("getaddrinfo failed", Step.LOOKUP, "host_not_found", NET),
    ("getaddrinfo ENOTFOUND imap.exmaple.com", Step.LOOKUP, "host_not_found", NET),
    ("[Errno -2] Name or service not known", Step.LOOKUP, "host_not_found", NET),
    (
        "nodename nor servname provided, or not known",
        Step.LOOKUP,
        "host_not_found",
        NET,
    ),
    ("[Errno 111] Connection refused", Step.CONNECTION, "connection_refused", NET),
    ("timed out", Step.CONNECTION, "timeout", NET),
    ("connect ETIMEDOUT 192.0.2.1:993", Step.CONNECTION, "timeout", NET),
    ("Greeting never received", Step.CONNECTION, "timeout", NET),
    ("Network is unreachable", Step.CONNECTION, "network_unreachable", NET),
    ("got more than 1000000 bytes", READING, "message_unreadable", MSG),
]

SMTP_TEXTS = [
    (
        "535 5.7.8 Username and Password not accepted. For more information, go to\n"
        "5.7.8  https://support.google.com/mail/?p=BadCredentials",
        LOGIN,
        "login_refused",
        CRED,
    ),
    ("534 5.7.9 Application-specific password required.", LOGIN, "app_password_needed", CRED),
    (
        "534-5.7.9 Application-specific\r\n534 5.7.9 password required.",
        LOGIN,
        "app_password_needed",
        CRED,
    ),
    (
        "534 5.7.14 <https://accounts.google.com/signin/continue?plt=x> Please log in via your "
        "web browser and then try again.",
        LOGIN,
        "browser_sign_in",
        CRED,
    ),
    (
        "534-5.7.14 <https://accounts.google.com/x> Please log in via\n534-5.7.14 your web browser"
        "\n534-5.7.14 and then try again.",
        LOGIN,
        "browser_sign_in",
        CRED,
    ),
    (  # the same on one line, as our own sessions hand it on
        "534-5.7.14 <https://accounts.google.com/x> Please log in via 534-5.7.14 your web browser"
        " 534 5.7.14 and then try again.",
        LOGIN,
        "browser_sign_in",
        CRED,
    ),
    (
        "535-Please log in via 535-your web browser 535 now",
        LOGIN,
        "browser_sign_in",
        CRED,
    ),
    ("454 4.7.0 Too many login attempts, please try again later.", LOGIN, "too_many_logins", LIMIT),
    (
        "454 4.7.0 Cannot authenticate due to temporary system problem. Try again later",
        LOGIN,
        "throttled",
        LIMIT,
    ),
    ("550 5.4.5 Daily user sending quota exceeded.", SENDING, "sending_limit", LIMIT),
    ("550 5.4.5 Daily sending quota exceeded.", SENDING, "sending_limit", LIMIT),
    (
        "You have reached a limit for sending mail. Your message was not sent.",
        SENDING,
        "sending_limit",
        LIMIT,
    ),
    (
        "421 4.7.0 Our system has detected an unusual rate of unsolicited mail",
        SENDING,
        "throttled",
        LIMIT,
    ),
    (
        "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents",
        SENDING,
        "recipient_busy",
        LIMIT,
    ),
    ("452 4.5.3 Your message has too many recipients.", SENDING, "too_many_recipients", LIMIT),
    ("421 4.4.5 Server busy, try again later.", SENDING, "server_unavailable", TRANS),
    ("552 5.2.3 Your message exceeded Google's size limits", SENDING, "message_too_large", BOUNCE),
    ("552 5.3.4 message too large", SENDING, "message_too_large", BOUNCE),
    (
        "552 5.7.0 This message was blocked because its content presents a potential issue",
        SENDING,
        "content_refused",
        BOUNCE,
    ),
    ("554 5.6.0 Mail message is malformed. Not accepted.", SENDING, "message_malformed", BOUNCE),
    (
        "553 5.1.2 We weren't able to find the recipient domain.",
        SENDING,
        "recipient_domain_unknown",
        BOUNCE,
    ),
    (
        "550 5.1.1 The email account that you tried to reach does not exist.",
        SENDING,
        "recipient_unknown",
        BOUNCE,
    ),
    (
        "550 5.2.1 The email account that you tried to reach is disabled.",
        SENDING,
        "recipient_disabled",
        BOUNCE,
    ),
    (
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the "
        "Tenant. Visit https://aka.ms/smtp_auth_disabled",
        LOGIN,
        "smtp_auth_disabled",
        SETUP,
    ),
    (
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the "
        "Mailbox.",
        LOGIN,
        "smtp_auth_disabled",
        SETUP,
    ),
    (
        "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security "
        "defaults policy. Contact your administrator.",
        LOGIN,
        "security_policy",
        SETUP,
    ),
    (
        "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be "
        "authenticated successfully. Contact your administrator.",
        LOGIN,
        "security_policy",
        SETUP,
    ),
    (
        "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
        LOGIN,
        "password_sign_in_off",
        SETUP,
    ),
    (
        "530 5.7.57 Client not authenticated to send mail.",
        SENDING,
        "smtp_not_authenticated",
        SETUP,
    ),
    (
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
        SENDING,
        "sender_not_allowed",
        SETUP,
    ),
    (
        "554 5.2.252 SendAsDenied; a@example.com not allowed to send as b@example.com",
        SENDING,
        "sender_not_allowed",
        SETUP,
    ),
    (
        "550 5.2.252 Sender throttled due to continuous send as denied errors",
        SENDING,
        "sender_not_allowed",
        SETUP,
    ),
    (
        "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending",
        SENDING,
        "too_many_connections",
        LIMIT,
    ),
    (
        "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
        SENDING,
        "too_many_connections",
        LIMIT,
    ),
    (
        "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException",
        SENDING,
        "sending_limit",
        LIMIT,
    ),
    (
        "554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException",
        SENDING,
        "mailbox_full",
        SETUP,
    ),
    ("550 5.2.251 Sender throttled", SENDING, "mailbox_full", SETUP),
    ("550 5.2.253 Sender throttled due to continuous licence", SENDING, "licence_missing", SETUP),
    ("550 5.2.254 Sender throttled due to continuous", SENDING, "sending_blocked", SETUP),
    ("550 5.2.255 Sender throttled due to continuous", SENDING, "sending_blocked", SETUP),
    (
        "421 4.4.2 Message submission rate for this client has exceeded the configured limit",
        SENDING,
        "throttled",
        LIMIT,
    ),
    ("535 Authentication Failed", LOGIN, "login_refused", CRED),
    ("553 Relaying disallowed as a@example.com", SENDING, "sender_not_allowed", SETUP),
    ("552 Relaying disallowed as a@example.com", SENDING, "sender_not_allowed", SETUP),
    ("535 Incorrect authentication data", LOGIN, "login_refused", CRED),
    (
        "550 Please turn on SMTP Authentication in your mail client, or login to the IMAP/POP3 "
        "server before sending your message. host [192.0.2.1]:25 is not permitted to relay "
        "through this server without authentication.",
        SENDING,
        "smtp_not_authenticated",
        SETUP,
    ),
    (
        "Domain example.com has exceeded the max defers and failures per hour (5/5 (100%)) "
        "allowed. Message discarded.",
        SENDING,
        "too_many_bounces",
        LIMIT,
    ),
    ("552 Message rejected for spam or virus content", SENDING, "content_refused", BOUNCE),
    ("550 Recipient not found", SENDING, "recipient_unknown", BOUNCE),
    ("5.4.6 looping", SENDING, "mail_loop", BOUNCE),
    (
        "451 Our server wasn't able to establish an SMTP connection",
        SENDING,
        "recipient_unreachable",
        BOUNCE,
    ),
    ("Required SMTP STARTTLS not supported", Step.TLS, "starttls_missing", TLS),
    ("SMTP AUTH extension not supported by server.", LOGIN, "smtp_auth_missing", TLS),
    ("554 This message was classified as SPAM", SENDING, "content_refused", BOUNCE),
    ("550 5.7.1 This message was classified as SPAM", SENDING, "content_refused", BOUNCE),
]

# A bounce is a bounce, whatever it says; of these the collection says so in so many words.
BOUNCED = [
    ("421 4.7.1 Messages deferred due to excessive volume", "throttled"),
    ("550 5.1.1 unknown or inactive", "recipient_unknown"),
    ("You have reached a limit for sending mail. Your message was not sent.", "sending_limit"),
    ("550 Please turn on SMTP Authentication in your mail client", "smtp_not_authenticated"),
]

# RFC 5530 §3, each code alone, of a login and of a mailbox.
RFC_5530 = [
    ("UNAVAILABLE", "login_unavailable", "server_unavailable"),
    ("AUTHENTICATIONFAILED", "login_refused", "login_refused"),
    ("AUTHORIZATIONFAILED", "login_refused", "login_refused"),
    ("EXPIRED", "password_expired", "password_expired"),
    ("PRIVACYREQUIRED", "plaintext_disallowed", "plaintext_disallowed"),
    ("CONTACTADMIN", "contact_admin", "contact_admin"),
    ("NOPERM", "contact_admin", "mailbox_forbidden"),
    ("INUSE", "mailbox_busy", "mailbox_busy"),
    ("EXPUNGEISSUED", "server_unavailable", "server_unavailable"),
    ("CORRUPTION", "server_fault", "server_fault"),
    ("SERVERBUG", "server_fault", "server_fault"),
    ("CLIENTBUG", "command_refused", "command_refused"),
    ("CANNOT", "refused", "mailbox_missing"),
    ("LIMIT", "throttled", "throttled"),
    ("OVERQUOTA", "throttled", "throttled"),
    ("ALREADYEXISTS", "command_refused", "command_refused"),
    ("NONEXISTENT", "refused", "mailbox_missing"),
]

# Words that many servers share, from servers nobody has met.
FAMILIAR = [
    ("NO Connection limit exceeded", LOGIN, "too_many_connections"),
    ("NO Too many things", READING, "throttled"),
    ("NO Rate limit hit", READING, "throttled"),
    ("NO Sign-in failed: try again later", LOGIN, "login_unavailable"),
    ("NO The store is temporarily offline", READING, "server_unavailable"),
    ("NO Wrong username or password", LOGIN, "login_refused"),
    ("NO Password is incorrect", LOGIN, "login_refused"),
    ("NO Authentication unsuccessful", LOGIN, "login_refused"),
    ("Temporary failure in name resolution", Step.LOOKUP, "lookup_failed"),
    ("[SSL: TLSV1_ALERT_INTERNAL_ERROR] (_ssl.c:1006)", Step.TLS, "tls_failed"),
    ("Connection reset by peer", READING, "connection_lost"),
    ("* BYE see you", READING, "session_ended"),
    ("NO Permission denied", FOLDERS, "mailbox_forbidden"),
]

# A refusal that is no proof of a wrong password.
NOT_A_WRONG_PASSWORD = [
    "NO",
    "",
    "NO nope",
    "NO Login denied while your mailbox is being moved",
    "[UNAVAILABLE] LOGIN failed.",
    "[INUSE] LOGIN failed.",
    "[LIMIT] LOGIN failed.",
    "[SERVERBUG] LOGIN failed.",
    "[OVERQUOTA] LOGIN failed.",
    "LOGIN failed. Too many attempts",
    "Login failed, try again later",
    "Authentication failed: service temporarily unavailable",
    "Too many failed logins",
    "command: LOGIN => socket error: EOF",
    "LOGIN => Connection reset by peer",
    "* BYE",
]


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
        ("550 nobody knows why", LOGIN, "refused"),
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


# -- exceptions -------------------------------------------------------------------------------


def raised(*errors_):
    """Return the last of these exceptions, each raised while the one before was handled."""
    context = None
    for error in errors_:
        error.__context__ = context
        context = error
    return context


def test_a_lost_connection_behind_a_login_error():
    """IMAPClient wraps a dropped connection as LoginError; only the context tells."""
    error = raised(ConnectionResetError(104, "reset"), imaplib.IMAP4.error("login failed"))
    assert classify_chain(error, step=LOGIN) == Cause("connection_lost", NET)


def test_what_the_server_said_before_it_hung_up():
    error = raised(
        imaplib.IMAP4.error("[AUTHENTICATIONFAILED] no"), ConnectionResetError(104, "reset")
    )
    assert classify_chain(error, step=LOGIN).code == "login_refused"


def test_throttling_in_a_bye_behind_our_own_connection_lost():
    error = raised(
        imaplib.IMAP4.abort("[OVERQUOTA] Account exceeded command or bandwidth limits"),
        errors.ConnectionLost("while reading"),
    )
    assert classify_chain(error, step=READING) == Cause("throttled", LIMIT)


def test_our_own_errors_keep_what_they_know():
    error = errors.ServerRefused("x", code="throttled", kind=LIMIT, retry_after=7)
    assert classify_chain(raised(error, ValueError("y")), step=LOGIN) == Cause(
        "throttled", LIMIT, 7
    )
    assert classify_chain(errors.ProtocolViolation("x"), step=LOGIN).code == "protocol"
    assert classify_chain(errors.ConnectionLost(), step=LOGIN) == Cause("connection_lost", NET)
    assert classify_chain(errors.MailError("[INUSE]"), step=LOGIN).code == "mailbox_busy"


def test_an_smtp_reply_that_a_failed_reset_hides():
    error = raised(
        smtplib.SMTPDataError(554, b"5.7.1 This message was classified as SPAM"),
        smtplib.SMTPServerDisconnected("Connection unexpectedly closed"),
    )
    assert classify_chain(error, step=SENDING, protocol="smtp").code == "content_refused"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 bad"), "login_refused"),
        (smtplib.SMTPRecipientsRefused({"a@b.c": (550, b"5.1.1 no")}), "recipient_unknown"),
        (smtplib.SMTPServerDisconnected("Connection unexpectedly closed"), "connection_lost"),
        (smtplib.SMTPNotSupportedError("SMTP AUTH extension not supported"), "smtp_auth_missing"),
        (socket.gaierror(socket.EAI_NONAME, "inconnu"), "host_not_found"),
        (socket.gaierror(socket.EAI_AGAIN, "later"), "lookup_failed"),
        (ConnectionRefusedError(111, "verweigert"), "connection_refused"),
        (ConnectionRefusedError(), "connection_refused"),
        (TimeoutError(), "timeout"),
        (OSError(101, "?"), "network_unreachable"),
        (BrokenPipeError(32, "?"), "connection_lost"),
        (EOFError(), "connection_lost"),
        (ssl.SSLEOFError(8, "EOF occurred"), "connection_lost"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong"), "tls_on_plain_port"),
        (ssl.SSLError(1, "[SSL: NEVER_SEEN] odd"), "tls_failed"),
        (ValueError("odd"), "unknown"),
        (OSError("odd"), "unknown"),
    ],
)
def test_an_exception_by_its_class(error, code):
    assert classify_chain(error, step=Step.SENDING, protocol="smtp").code == code


@pytest.mark.parametrize(
    ("verify_code", "code"),
    [(10, "certificate_expired"), (62, "certificate_name"), (18, "certificate_untrusted")],
)
def test_a_certificate_by_openssls_own_number(verify_code, code):
    error = ssl.SSLCertVerificationError(1, "odd")
    error.verify_code = verify_code
    assert classify_chain(error, step=Step.TLS).code == code


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


@given(st.text(alphabet="abcdefghij []0123456789.\n"), st.sampled_from(list(Step)))
def test_unknown_text_accuses_nobody(text, step):
    assert classify(text, step=step).kind is not CRED


def test_a_hostile_text_is_read_in_no_time():
    began = time.perf_counter()
    for text in ("a" * 10**6, "starttls " * 10**5, "logindisabled auth=" * 10**5, "\n" * 10**6):
        classify(text, step=LOGIN)
        classify(text, step=LOGIN, protocol="smtp")
    assert time.perf_counter() - began < 1
