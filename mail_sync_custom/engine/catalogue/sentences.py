"""What is known word by word, as providers write it: a table."""

from __future__ import annotations

from .rules import IMAP, LOGIN, READING, SENDING, SMTP, Rule, rule

_IMAP_OFF = (
    rule("imap_disabled_by_admin", r"imap access is disabled for your domain"),
    rule(
        "imap_disabled",
        r"not enabled for imap",  # Gmail
        r"please enable imap access",  # Interia: the login is accepted, and all else is refused
        r"yet to enable imap",  # Zoho: off per mailbox, whatever the organisation's policy permits
        # Yandex says *invalid credentials or IMAP is disabled* of both.
        r"(?<!or )imap (access )?(is )?(disabled|not enabled|switched off|turned off)",
        protocol=IMAP,
    ),
)

_APP_PASSWORD = (
    rule(
        "app_password_needed",
        r"application-specific password",
        r"app(lication)?[- ]?(specific )?password (is )?(required|needed)",
        r"^\W*534 5\.7\.9\b",
    ),
    rule(
        "authorization_code_needed",  # QQ, Tencent Exmail
        r"using authorized code",
        r"authorized code is incorrect",
        r"please using weixin token",
        r"account is abnormal, service is not open",
    ),
)

_BROWSER = (
    rule(
        "browser_sign_in",
        r"log ?in via your web browser",
        r"web login required",
        r"\[webalert",
        r"^\W*534 5\.7\.14\b",
    ),
)

_PASSWORDS_OFF = (
    rule("smtp_auth_disabled", r"smtpclientauthentication is disabled"),
    rule(
        "password_sign_in_off",
        r"basicauthblocked",
        r"logondenied",
        r"basic authentication is disabled",
        # A capability list that leaves OAuth alone: Microsoft 365 and Outlook.com, also after TLS.
        # With STARTTLS in the list LOGINDISABLED means only that encryption comes first.
        r"^(?!.*(?:starttls|auth=(?:plain|login|cram|digest|scram|ntlm))).*logindisabled.*"
        r"auth=(?:xoauth2|oauthbearer)",
        r"^(?!.*(?:starttls|auth=(?:plain|login|cram|digest|scram|ntlm))).*"
        r"auth=(?:xoauth2|oauthbearer).*logindisabled",
    ),
    # "the user credentials were incorrect" is the one text under 5.7.139 that is about a password.
    rule("login_refused", r"the user credentials were incorrect"),
    rule(
        "security_policy",
        r"locked by your organization's security defaults",
        r"did not meet the criteria to be authenticated",
        r"\b5\.7\.139\b",
    ),
    rule("smtp_not_authenticated", r"\b5\.7\.57\b", r"client not authenticated to send mail"),
)

# What can only be meant of one thing, although some speak of limits while meaning something else.
_EXACT = (
    rule("authenticated_not_connected", r"authenticated but not connected"),
    rule("wrong_server", r"server details you are using seems? incorrect"),
    rule("contact_admin", r"cannot convert mailbox"),
    rule("unsafe_login", r"unsafe login"),
    rule("encryption_mismatch", r"command received in invalid state"),
    rule("sender_not_allowed", r"sendasdenied", r"send as denied", r"relaying disallowed as"),
    rule(
        "sender_not_allowed",
        r"\b5\.7\.60\b",
        r"\b5\.2\.252\b",
        r"sender address rejected: not (owned|logged)",  # Postfix, reject_sender_login_mismatch
        protocol=SMTP,
    ),
    rule("licence_missing", r"\b5\.2\.253\b", protocol=SMTP),
    rule("sending_blocked", r"\b5\.2\.25[45]\b", protocol=SMTP),
    # The sender's own mailbox is full; 5.2.2 without Microsoft's word is the recipient's.
    rule("mailbox_full", r"5\.2\.2\b.*quotaexceeded", r"\b5\.2\.251\b", protocol=SMTP),
    rule(
        "smtp_not_authenticated",
        r"turn on smtp authentication",
        r"not permitted to relay through this server without auth",
    ),
    rule("plaintext_disallowed", r"must issue a starttls command", protocol=SMTP),
    rule(
        "too_many_connections",
        r"concurrent connections? limit",
        r"sender thread limit",
        r"too many simultaneous",
        r"(too many|maximum number of) (open |concurrent |imap )?connections",
        r"mail_max_userip_connections",
    ),
    rule(
        "sending_limit",
        r"sending quota exceeded",
        r"reached a limit for sending mail",
        r"\b5\.4\.5\b",
        r"554 5\.2\.0 .*storedrv",
        r"unusual sending activity",  # Zoho, under the number of a loop
    ),
    rule("too_many_bounces", r"max defers and failures per hour"),
    rule("recipient_busy", r"receiving mail at a rate"),
    rule("too_many_recipients", r"too many recipients", protocol=SMTP),
    rule("recipient_unreachable", r"able to establish an smtp connection"),
    rule("mail_loop", r"\b5\.4\.6\b", r"\blooping\b", protocol=SMTP),
    rule(
        "content_refused",
        r"\bspam or virus\b",
        r"(classified|identified|detected|rejected) as spam",
        r"552 5\.7\.0\b",
        protocol=SMTP,
    ),
    rule(
        "recipient_unknown",
        r"recipient not found",
        r"\b(user|recipient|mailbox) unknown\b",
        r"\b(no such|unknown) (user|recipient)\b",
        steps=SENDING,
        protocol=SMTP,
    ),
    rule(
        "greylisted",
        r"gr[ea]y[- ]?list|graulist|listes? grises?|lista grigia|сер\w+ спис|szar\w+ list|그레이리스트|灰名单|グレイ?リスト",
        protocol=SMTP,
    ),
    rule("starttls_missing", r"starttls .{0,80}not supported", r"starttls not (offered|available)"),
    rule(
        "smtp_auth_missing",  # Python's words for a server that offers no AUTH, or none of ours
        r"auth extension not supported",
        r"no suitable authentication method",
        protocol=SMTP,
    ),
    rule("copy_too_large", r"size of appendable message", protocol=IMAP),
    rule(
        "copy_refused",  # a body without its last CRLF, a line too long
        r"additional arguments found after last expected",
        r"command argument error",
        r"contains a virus",
        steps=SENDING,
        protocol=IMAP,
    ),
    rule("message_unreadable", r"got more than \d+ bytes", protocol=IMAP),
    rule("message_unreadable", r"command argument error", steps=READING, protocol=IMAP),
    rule("password_characters", r"invalid characters in atom", steps=LOGIN, protocol=IMAP),
    # Bandwidth before quota: Gmail's daily upload limit is met at APPEND too, and nothing is full.
    rule("throttled", r"(?:bandwidth|upload|download|command) (?:\w+ )?(?:limit|quota)"),
    rule(
        "mailbox_full",
        r"not enough disk quota",
        r"mailbox is full",
        r"blocks limit exceeded",
        r"quota limit will be exceeded",
        protocol=IMAP,
    ),
    rule("mailbox_full", r"\[overquota\b", steps=SENDING, protocol=IMAP),
    rule("mailbox_rebuilt", r"uid ?validity problem", r"too many uidvalidity resyncs"),
)

_TEMPORARY = (
    rule("lookup_failed", r"temporary failure in name resolution", r"\beai_again\b"),
    rule(
        "too_many_logins",
        r"too many (bad |failed |incorrect )?(log ?ins?|authentications?|auth)\b",
        r"already reached per-.{1,20} limit for logins",
    ),
    rule(
        "throttled",
        r"request is throttled",
        r"suggested backoff time",
        r"service is temporarily not available",  # Yahoo, under load that we caused
        r"due to temporary system problem",
        r"unusual rate of unsolicited",
        r"message submission rate",
    ),
    rule("login_unavailable", r"temporary authentication failure", steps=LOGIN),
    rule("server_unavailable", r"\bserver (is )?busy\b"),
    rule(
        "session_ended",
        r"session expired",
        r"connection closed\. \d+",
        r"server logging out",
        protocol=IMAP,
    ),
)

#: What is known word by word, in the order of the tests. The first match decides.
SENTENCES: tuple[Rule, ...] = (
    *_IMAP_OFF,
    *_APP_PASSWORD,
    *_BROWSER,
    *_PASSWORDS_OFF,
    *_EXACT,
    *_TEMPORARY,
)
