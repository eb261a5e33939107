"""Every sentence that servers are known to say, and what must be made of it: a table.

The texts were collected from providers' help pages and other projects' threads; ``…`` in the
collection marks a gap and stands here as some words.
"""

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
    "",
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
