"""What a code means in a salesperson's words, and what to do about it.

The one place where a code of the engine becomes words. A code has a headline (what happened) and a
remedy (what to do next); some providers have a remedy of their own, which says where to click. A
code that is not here has the words of ``unknown``: the server's own sentence stands beside them.

Rules for whoever writes here: nothing that may be untrue (a refused login may as well be a wrong
user name), no step that the reader cannot take, and no number that a provider may change tomorrow.

Every sentence is a literal in ``env._()``, where Odoo's export of translations finds it. There is
no Odoo model here and nothing of Odoo is imported, so that a plain test can read every sentence.
"""

Words = dict[str, tuple[str, str]]
Remedies = dict[str, str]


def headline(env, code):
    """Return what happened, as half a line."""
    words = _words(env)
    return words.get(code, words["unknown"])[0]


def remedy(env, code, provider_code=None):
    """Return what to do about it, in one to four sentences; where to click, if that is known."""
    words = _words(env)
    if code not in words:
        code = "unknown"
    own = _PROVIDERS.get(provider(provider_code))
    return (own(env).get(code) if own else None) or words[code][1]


def explain(env, error, provider_code=None):
    """Return an engine's error in full: the step, what happened, what to do, whose words it has."""
    lines = sentences(env, error.code, error.detail, provider_code)
    return f"{step_name(env, error.step)}: {lines}"


def sentences(env, code, detail="", provider_code=None):
    """Return what happened, what to do, and what is quoted, if anything: a line each."""
    lines = [f"{headline(env, code)}.", remedy(env, code, provider_code), quoted(env, code, detail)]
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
    name = _steps(env).get(step or "", "")
    if protocol == "smtp" and name and step != "sending":
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


def _steps(env):
    return {
        "lookup": env._("Finding the server"),
        "connection": env._("Connecting"),
        "tls": env._("Encryption"),
        "login": env._("Signing in"),
        "folders": env._("Folders"),
        "reading": env._("Reading mail"),
        "recording": env._("Recording"),
        "sending": env._("Sending"),
    }


def _words(env) -> Words:
    return {
        **_switched_off(env),
        **_signing_in(env),
        **_not_now(env),
        **_folders(env),
        **_messages(env),
        **_sending(env),
        **_refused_mail(env),
        **_encryption(env),
        **_certificates(env),
        **_network(env),
        **_ourselves(env),
    }


def _switched_off(env) -> Words:
    return {
        "imap_disabled": (
            env._("IMAP is switched off for this mailbox"),
            env._(
                "Switch IMAP on in the settings of your mailbox at the provider, on its web page, "
                "then reconnect. If there is no such setting, ask whoever manages your mail."
            ),
        ),
        "imap_disabled_by_admin": (
            env._("IMAP is blocked for your organization's mailboxes"),
            env._(
                "Only an administrator of your organization's mail can allow IMAP. Ask them, "
                "then reconnect."
            ),
        ),
        "password_sign_in_off": (
            env._("The provider does not accept a password for this mailbox"),
            env._(
                "The provider has switched off signing in with a password for this kind of "
                "connection, so another password is unlikely to help. Ask whoever manages your "
                "mail whether they can allow it for this mailbox; otherwise connect another "
                "mailbox."
            ),
        ),
        "security_policy": (
            env._("A security policy does not allow this sign-in"),
            env._(
                "The password itself may be right: a rule of your organization blocks this kind of "
                "sign-in. Show the server's words to the administrator of your organization's "
                "mail."
            ),
        ),
        "smtp_auth_disabled": (
            env._("Sending by SMTP is switched off for this mailbox"),
            env._(
                "An administrator of your organization's mail has to switch on authenticated SMTP "
                "for this mailbox. Receiving may work all the same."
            ),
        ),
    }


def _signing_in(env) -> Words:
    return {
        "login_refused": (
            env._("The server refused the user name or the password"),
            env._(
                "Check the user name first: it is mostly the full mail address. Then enter the "
                "password again; if it was changed at the provider, enter the new one here too. "
                "With two-step verification most providers want an app password, which you create "
                "in the security settings of your mailbox."
            ),
        ),
        "app_password_needed": (
            env._("The provider wants an app password"),
            env._(
                "Your usual password is not accepted here because two-step verification is on. "
                "Create an app password in the security settings of your account at the provider "
                "and enter it here instead."
            ),
        ),
        "authorization_code_needed": (
            env._("The provider wants an authorization code instead of the password"),
            env._(
                "Open your mailbox on the provider's web page, switch IMAP and SMTP on in its "
                "settings, create an authorization code there, and enter it here as the password."
            ),
        ),
        "browser_sign_in": (
            env._("The provider wants you to sign in with a browser first"),
            env._(
                "Sign in to your mailbox on the provider's web page and confirm that the new "
                "sign-in was you. Then create an app password there, enter it here, and reconnect."
            ),
        ),
        "authenticated_not_connected": (
            env._("The sign-in was accepted, but the mailbox cannot be opened"),
            env._(
                "The password may be wrong after all, or this user may not have the right to open "
                "this mailbox. Enter the password again; for a shared mailbox, ask an "
                "administrator for full access to it."
            ),
        ),
        "password_expired": (
            env._("The password has expired"),
            env._("Set a new password at the provider, then enter the new one here."),
        ),
        "password_characters": (
            env._("The server cannot read a character of the user name or the password"),
            env._(
                "Change the password at the provider to one of letters and digits without accents, "
                "or use an app password, then enter it here."
            ),
        ),
        "unsafe_login": (
            env._("The provider does not trust this sign-in yet"),
            env._(
                "Open your mailbox on the provider's web page, check that IMAP is switched on in "
                "its settings, create an authorization code or app password there, and enter it "
                "here."
            ),
        ),
        "wrong_server": (
            env._("This mailbox is on another server of the provider"),
            env._(
                "Your user belongs to another region or plan. Look up the IMAP and SMTP hostnames "
                "in the settings of your mailbox at the provider, and enter those."
            ),
        ),
        "contact_admin": (
            env._("The provider says that an administrator has to help"),
            env._(
                "Something about this mailbox has to be mended on the server. Show the server's "
                "words to whoever manages your mail."
            ),
        ),
        "smtp_not_authenticated": (
            env._("The server sends mail only for those who sign in"),
            env._(
                "Check the user name and the password of the SMTP account, and that host and port "
                "are the provider's for sending (mostly 465 with SSL, or 587 without). If they "
                "are right, ask the provider whether sending by SMTP is allowed for this mailbox."
            ),
        ),
        "refused": (
            env._("The server refused, and did not say why"),
            env._(
                "The server's own words are beside this. If it goes on, show them to your "
                "provider or to your administrator."
            ),
        ),
        "invalid_settings": (
            env._("The connection details cannot work as they are"),
            env._(
                "Check the hostname, the port, the user name and the password: one of them "
                "is missing, or holds a line break or another character that cannot be there. "
                "Nothing was sent to the server."
            ),
        ),
    }


def _not_now(env) -> Words:
    return {
        "too_many_connections": (
            env._("Too many connections to the mail server"),
            env._(
                "Nothing to do at first: Mail Sync tries again later. If it goes on, close other "
                "mail programs that are open on this mailbox. Where many users of one company "
                "share a mail server, its administrator can raise the limit of connections from "
                "one address."
            ),
        ),
        "too_many_logins": (
            env._("The provider takes no more sign-ins for now"),
            env._(
                "There were too many sign-ins in a short time, perhaps with an old password in "
                "another program. Mail Sync waits and tries again by itself. Wait too before you "
                "try by hand, and check that the password here is the present one."
            ),
        ),
        "throttled": (
            env._("The provider limits how much is read or sent"),
            env._(
                "Nothing to do: Mail Sync waits and goes on by itself where it stopped. This is "
                "mostly over within some hours, and seldom takes longer than a day."
            ),
        ),
        "mailbox_busy": (
            env._("The mailbox is in use elsewhere"),
            env._(
                "Nothing to do: Mail Sync tries again by itself. If it goes on, close other mail "
                "programs that are open on this mailbox."
            ),
        ),
        "login_unavailable": (
            env._("The server cannot check sign-ins at the moment"),
            env._(
                "This is not about your password. Mail Sync tries again by itself. If it lasts "
                "for hours, ask your provider."
            ),
        ),
        "server_unavailable": (
            env._("The mail server is not ready at the moment"),
            env._(
                "Nothing to do: Mail Sync tries again by itself. If it lasts for hours, ask your "
                "provider."
            ),
        ),
        "server_fault": (
            env._("The mail server reports a fault of its own"),
            env._(
                "Mail Sync tries again by itself. If it goes on, show the server's words to your "
                "provider: only they can mend it."
            ),
        ),
        "session_ended": (
            env._("The server ended the session"),
            env._(
                "Nothing to do: Mail Sync connects again by itself. If it goes on, the provider "
                "may be limiting this mailbox: close other mail programs that are open on it."
            ),
        ),
        "command_refused": (
            env._("The server does not know what it was asked"),
            env._(
                "Mail Sync tries again by itself. If it goes on, this server may be too old or "
                "unusual: show its words to your administrator."
            ),
        ),
    }


def _folders(env) -> Words:
    return {
        "mailbox_missing": (
            env._("A folder cannot be opened"),
            env._(
                "It was renamed or deleted, or the server does not let it be opened. Choose the "
                "inbox and the Sent folder again in your Mail Sync settings. What was recorded "
                "stays."
            ),
        ),
        "mailbox_forbidden": (
            env._("This user may not read a folder"),
            env._(
                "Choose another folder in your Mail Sync settings, or ask whoever manages your "
                "mail for the right to read this one."
            ),
        ),
        "mailbox_full": (
            env._("Your mailbox is full"),
            env._(
                "Delete mail that you no longer need, in Sent and in the bin too, or ask for more "
                "space. Until then no copies can be filed in Sent, and sending may fail."
            ),
        ),
        "mailbox_rebuilt": (
            env._("The server keeps renumbering a folder"),
            env._(
                "Nothing recorded is lost. If it goes on, show the server's words to your "
                "provider: the folder is damaged or was moved."
            ),
        ),
        "mailbox_empty": (
            env._("The inbox is empty"),
            env._(
                "The sign-in works, but there is no mail to record. If there should be, a filter, "
                "a forwarding rule or another program may move it away: let it leave a copy."
            ),
        ),
    }


def _messages(env) -> Words:
    return {
        "message_unreadable": (
            env._("A message could not be read"),
            env._(
                "It was set aside and the others went on. Retry it in your Mail Sync page; if it "
                "fails again, read it in your mailbox."
            ),
        ),
        "message_bomb": (
            env._("A message is built so that reading it is not safe"),
            env._(
                "It was set aside and the others went on. Such messages are mostly broken or "
                "ill-meant: open it in your mailbox only if you know the sender."
            ),
        ),
        "copy_too_large": (
            env._("The copy for the Sent folder is too large for the server"),
            env._("The copy is not in Sent. The mail stands in the CRM all the same."),
        ),
        "copy_refused": (
            env._("The server refused the copy for the Sent folder"),
            env._(
                "The copy is not in Sent. The mail stands in the CRM all the same; the "
                "server's words say what it minded."
            ),
        ),
    }


def _sending(env) -> Words:
    return {
        "sending_limit": (
            env._("The provider's sending limit is reached"),
            env._(
                "Providers let a mailbox send only so many mails a day. Wait, about a day at "
                "most, before you send more from this mailbox."
            ),
        ),
        "too_many_recipients": (
            env._("Too many recipients at once"),
            env._("Send this mail to fewer recipients, or wait before you send more."),
        ),
        "too_many_bounces": (
            env._("The mail host has paused sending after too many bounces"),
            env._(
                "Too many mails of this domain went to addresses that do not work. Wait at "
                "least an hour, correct the addresses, and ask the mail host to lift the pause if "
                "it stays."
            ),
        ),
        "recipient_busy": (
            env._("The recipient gets too much mail at the moment"),
            env._("Nothing is wrong on your side. Send it again later."),
        ),
        "greylisted": (
            env._("The recipient's server asks to come back later"),
            env._(
                "Nothing is wrong: such servers let a new sender wait for some minutes. It is "
                "tried again."
            ),
        ),
        "sender_not_allowed": (
            env._("The server does not let you send as this address"),
            env._(
                "The sender has to be the mailbox that signs in, or an address which the "
                "provider knows as its own. Use the same address for your mailbox and your SMTP "
                "account, or ask whoever manages your mail for the right to send as the other one."
            ),
        ),
        "sending_blocked": (
            env._("The provider has paused sending after repeated errors"),
            env._(
                "There were too many recipients, or recipients that do not work, again and again. "
                "Stop sending from this mailbox for now, correct the addresses, and ask your "
                "administrator if it stays."
            ),
        ),
        "licence_missing": (
            env._("This mailbox has no licence to send"),
            env._("Ask the administrator of your organization's mail to assign a licence to it."),
        ),
    }


def _refused_mail(env) -> Words:
    return {
        "recipient_unknown": (
            env._("There is no such recipient"),
            env._(
                "Check the address with the recipient, correct it on the record, and send again."
            ),
        ),
        "recipient_domain_unknown": (
            env._("The part of the address after the @ does not receive mail"),
            env._("Check the spelling of the address, correct it on the record, and send again."),
        ),
        "recipient_disabled": (
            env._("The recipient's mailbox is disabled"),
            env._("Reach the recipient another way and ask for an address that works."),
        ),
        "recipient_full": (
            env._("The recipient's mailbox is full"),
            env._("Send it again in some days, or reach the recipient another way."),
        ),
        "recipient_unreachable": (
            env._("The recipient's mail server cannot be reached"),
            env._(
                "Check the part of the address after the @. If it is right, send the mail again "
                "later."
            ),
        ),
        "message_too_large": (
            env._("The mail is too large"),
            env._("Send it without the largest attachments, or send links to the files instead."),
        ),
        "message_malformed": (
            env._("The server could not read the mail"),
            env._(
                "Send it again as a new mail. If that fails too, show the server's words to your "
                "administrator."
            ),
        ),
        "content_refused": (
            env._("The mail was refused for its content"),
            env._(
                "A filter took it for spam, or an attachment for dangerous. Change the text, "
                "leave out attachments of unusual types (programs, scripts, archives), and send "
                "it again."
            ),
        ),
        "message_refused": (
            env._("The mail was refused"),
            env._(
                "The server's own words say why. If they are not clear, show them to your "
                "administrator; the recipient may have to allow mail from you."
            ),
        ),
        "mail_loop": (
            env._("The mail went round in a circle"),
            env._(
                "The recipient's address is forwarded back to itself. Only the recipient can mend "
                "that: reach them another way."
            ),
        ),
    }


def _encryption(env) -> Words:
    return {
        "tls_failed": (
            env._("No encrypted connection could be made"),
            env._(
                "Check host, port and 'Use SSL?': with SSL it is mostly port 993 (IMAP) and 465 "
                "(SMTP), without it 143 and 587. If they are right, show the technical words "
                "beside this to your provider."
            ),
        ),
        "tls_on_plain_port": (
            env._("'Use SSL?' and the port do not go together"),
            env._(
                "This port does not begin with SSL. Use port 993 (IMAP) or 465 (SMTP) with 'Use "
                "SSL?', or leave it unchecked for port 143 or 587."
            ),
        ),
        "plain_on_tls_port": (
            env._("This port wants 'Use SSL?'"),
            env._("Check 'Use SSL?', or use port 143 (IMAP) or 587 (SMTP) without it."),
        ),
        "plaintext_disallowed": (
            env._("The server accepts a password only on an encrypted connection"),
            env._(
                "Check 'Use SSL?' and use port 993 for IMAP and 465 for SMTP. Your password "
                "is safest so, in any case."
            ),
        ),
        "encryption_mismatch": (
            env._("The server expected another kind of encryption"),
            env._(
                "Either check 'Use SSL?' with port 993 for IMAP and 465 for SMTP, or leave it "
                "unchecked with port 143 and 587."
            ),
        ),
        "starttls_missing": (
            env._("Without SSL this server offers no encryption"),
            env._(
                "Check 'Use SSL?' and use port 993 for IMAP and 465 for SMTP. Without encryption "
                "others on the way could read your password and your mail. Only if your provider "
                "has none at all, check 'Allow without encryption'."
            ),
        ),
        "starttls_gone": (
            env._("The server no longer offers encryption, though it did before"),
            env._(
                "Your password was not sent. Someone may be listening on the way, or the server "
                "was changed: try from another network, ask your provider, or use 'Use SSL?' with "
                "port 993 for IMAP and 465 for SMTP."
            ),
        ),
        "starttls_injection": (
            env._("Something was slipped in before the encryption began"),
            env._(
                "Your password was not sent. Someone may be listening on the way: use 'Use SSL?' "
                "with port 993 for IMAP and 465 for SMTP, and tell your administrator."
            ),
        ),
        "preauth": (
            env._("The server signs everybody in without a password"),
            env._(
                "Mail Sync did not go on: on such a connection encryption cannot begin. Use 'Use "
                "SSL?' with port 993, and tell your administrator."
            ),
        ),
        "smtp_auth_missing": (
            env._("This server offers no sign-in for sending"),
            env._(
                "It is mostly the wrong port: use 465 with 'Use SSL?', or 587 without. Port 25 is "
                "for mail between servers."
            ),
        ),
        "tls_too_old": (
            env._("The server's encryption does not fit with ours"),
            env._(
                "It is most likely too old to be safe. Ask your mail host to offer TLS 1.2 or "
                "newer, or use another server of the provider."
            ),
        ),
    }


def _certificates(env) -> Words:
    return {
        "certificate_untrusted": (
            env._("The server's certificate is not from a known authority"),
            env._(
                "If it is your company's own server, check 'Self-Signed Certificate?' and compare "
                "the fingerprint that is shown with your administrator. For a public provider do "
                "not: check the spelling of the hostname, and ask the provider."
            ),
        ),
        "certificate_name": (
            env._("The server's certificate is for another hostname"),
            env._(
                "Check the spelling of the hostname. With shared hosting enter the server's own "
                "name, which your host tells you, instead of your domain."
            ),
        ),
        "certificate_expired": (
            env._("The server's certificate is not valid today"),
            env._(
                "It has expired, or its time has not begun. Whoever manages the mail server has to "
                "renew it; tell them. Your password was not sent."
            ),
        ),
        "certificate_changed": (
            env._("The server's certificate is not the one that you accepted"),
            env._(
                "Your password was not sent. If your administrator confirms that the certificate "
                "was replaced, open Change settings, press Next, compare the new fingerprint, and "
                "accept it. If nobody knows of it, someone may be listening on the way."
            ),
        ),
    }


def _network(env) -> Words:
    return {
        "host_not_found": (
            env._("There is no server of this name"),
            env._(
                "Check the spelling of the hostname: it mostly looks like imap.example.com, "
                "without http:// and without an @."
            ),
        ),
        "lookup_failed": (
            env._("The server's name could not be looked up at the moment"),
            env._(
                "Nothing to do: Mail Sync tries again by itself. If it goes on, the name service "
                "of your Odoo server does not answer: tell your administrator."
            ),
        ),
        "host_not_allowed": (
            env._("This hostname is not allowed"),
            env._(
                "It leads into a private network. Use the public name of your mail server; if it "
                "is inside your company's network, an administrator can allow it."
            ),
        ),
        "connection_refused": (
            env._("The server does not answer on this port"),
            env._(
                "Check host and port: 993 (IMAP) and 465 (SMTP) with 'Use SSL?', 143 and 587 "
                "without. If they are right, the mail service is down, or a firewall keeps your "
                "Odoo server out."
            ),
        ),
        "connection_lost": (
            env._("The connection broke off"),
            env._(
                "Nothing to do: Mail Sync tries again by itself, and nothing is lost. If it goes "
                "on, check host, port and 'Use SSL?', or ask your administrator."
            ),
        ),
        "network_unreachable": (
            env._("There is no way from Odoo to the mail server"),
            env._(
                "Mail Sync tries again by itself. If it goes on, your administrator should check "
                "the network of the Odoo server."
            ),
        ),
        "timeout": (
            env._("The server did not answer in time"),
            env._(
                "Mail Sync tries again by itself. If it goes on, check host and port: 993 (IMAP) "
                "and 465 (SMTP) with 'Use SSL?', 143 and 587 without. A firewall, or the host of "
                "your Odoo server, may also block the port."
            ),
        ),
        "not_imap": (
            env._("What answers there is not a mail server for reading"),
            env._(
                "Check that hostname and port are the provider's for IMAP: 993 with 'Use SSL?', "
                "143 without."
            ),
        ),
        "not_smtp": (
            env._("What answers there is not a mail server for sending"),
            env._(
                "Check that hostname and port are the provider's for SMTP: 465 with 'Use SSL?', "
                "587 without."
            ),
        ),
        "protocol": (
            env._("The server's answer could not be understood"),
            env._(
                "Mail Sync tries again by itself. If it goes on, check that host and port are "
                "those of a mail server, and show the server's words to your administrator."
            ),
        ),
    }


def _ourselves(env) -> Words:
    return {
        "lease_lost": (
            env._("Another sync took over, or the settings were changed"),
            env._("Nothing to do: Mail Sync goes on by itself, and nothing is lost."),
        ),
        "busy": (
            env._("The records were being changed at the same time"),
            env._("Nothing to do: Mail Sync tries again by itself, and nothing is lost."),
        ),
        "secret_unreadable": (
            env._("The saved password cannot be read on this server"),
            env._(
                "Enter the password again under Change settings. This happens when Odoo was moved "
                "without its key: an administrator can bring back mail_sync.key, or mail_sync_key "
                "in odoo.conf, and nothing needs to be entered."
            ),
        ),
        "sending_unknown": (
            env._("Nobody knows whether this mail was sent"),
            env._(
                "The connection ended after the mail had been handed over and before your server "
                "answered. Your Sent folder does not show it, or could not be asked. Ask the "
                "recipient, or send it again if a second copy does no harm."
            ),
        ),
        "message_not_delivered": (
            env._("The server has this mail and does not hand it out"),
            env._("Mail Sync asks again later. Open the mail in your mail program to be sure."),
        ),
        "not_recordable": (
            env._("This mail could not be recorded"),
            env._("Mail Sync tries again later. If it stays, show it to your administrator."),
        ),
        "internal": (
            env._("Mail Sync itself has failed"),
            env._(
                "It tries again by itself, and no mail is lost. If it goes on, show this to your "
                "administrator: the server's log says more."
            ),
        ),
        "neutralized": (
            env._("This database is a copy for testing"),
            env._("It reads no mail and sends none. Connect a mailbox again to try it here."),
        ),
        "unknown": (
            env._("Something failed that Mail Sync does not know"),
            env._(
                "The server's own words are beside this, where it said any. Mail Sync tries again "
                "by itself. If it goes on, show them to your provider or to your administrator."
            ),
        ),
    }


# -- providers ---------------------------------------------------------------------------------


def _google(env) -> Remedies:
    app_password = env._(
        "Google accepts no ordinary password here, only an app password. Open your Google Account "
        "> Security, switch on 2-Step Verification, create one under App passwords, and enter it "
        "here without spaces. Create it while signed in as this very mailbox. If there are no App "
        "passwords, your organization's Google administrator has switched them off."
    )
    return {
        "login_refused": app_password,
        "app_password_needed": app_password,
        "browser_sign_in": env._(
            "Google either blocked this sign-in or wants an app password, and answers both alike. "
            "Open Gmail in a browser as this user, and confirm that the sign-in was you. Then "
            "create an app password at your Google Account > Security > 2-Step Verification > App "
            "passwords, and enter it here."
        ),
        "imap_disabled": env._(
            "Open Gmail > Settings > See all settings > Forwarding and POP/IMAP, and enable IMAP. "
            "If it is not there, a Google Workspace administrator allows it under Gmail > End User "
            "Access."
        ),
        "imap_disabled_by_admin": env._(
            "A Google Workspace administrator has to allow it in the Admin console: Apps > Google "
            "Workspace > Gmail > End User Access > POP and IMAP access. Ask them, then reconnect."
        ),
        "too_many_connections": env._(
            "Gmail lets only about 15 programs read a mailbox at once. Close other mail programs "
            "that are open on it. Mail Sync tries again by itself."
        ),
        "throttled": env._(
            "Gmail limits how much is read in a day. Your mailbox is not full. Nothing to do: Mail "
            "Sync waits and goes on where it stopped, mostly after about an hour and at most after "
            "about a day."
        ),
        "sending_limit": env._(
            "Gmail lets a mailbox send only so many mails in 24 hours: about 500, or about 2,000 "
            "with Google Workspace. Wait, about a day at most, before you send more."
        ),
    }


def _microsoft(env) -> Remedies:
    no_password = env._(
        "Microsoft 365 and Outlook.com no longer accept a password for IMAP, whichever it is: they "
        "want Microsoft's own sign-in (OAuth), which a Custom connection does not have. Connect a "
        "mailbox at another provider. Only an Exchange server that your company runs itself may "
        "still accept a password: ask its administrator."
    )
    return {
        "password_sign_in_off": no_password,
        "login_refused": env._(
            "Microsoft 365 and Outlook.com no longer accept a password for IMAP, and say no in the "
            "same words as to a wrong one. So another password is unlikely to help: connect a "
            "mailbox at another provider. With an Exchange server of your company check the user "
            "name (often the full address) and the password, and ask whether IMAP is on for your "
            "mailbox. A new app password may take some hours to work. For a shared mailbox the "
            "user name is you@example.com\\shared@example.com."
        ),
        "app_password_needed": no_password,
        "authenticated_not_connected": env._(
            "Microsoft says this of a wrong password, of a mailbox that this user may not open, "
            "and where passwords are no longer accepted for IMAP. For a shared mailbox ask for "
            "Full Access, and use you@example.com\\shared@example.com as the user name."
        ),
        "security_policy": env._(
            "Your organization's security defaults or a conditional access policy block this kind "
            "of sign-in. The password may be right. Only a Microsoft 365 administrator can allow "
            "it: show them the server's words."
        ),
        "smtp_auth_disabled": env._(
            "A Microsoft 365 administrator has to allow it, in three places: security defaults, "
            "the organization's setting for SMTP AUTH, and this mailbox: Microsoft 365 admin "
            "center > Users > Active users > Mail > Manage email apps > Authenticated SMTP. "
            "Microsoft is ending passwords for SMTP too, so this may not last."
        ),
        "smtp_not_authenticated": env._(
            "Microsoft did not accept the sign-in for sending. Check the user name and the "
            "password of the SMTP account; then a Microsoft 365 administrator should check "
            "Authenticated SMTP for this mailbox, for the organization, and the security defaults."
        ),
        "sender_not_allowed": env._(
            "Microsoft sends only as the mailbox that signs in. Use the same address for both, or "
            "ask a Microsoft 365 administrator for the right Send As on the other mailbox. Do not "
            "repeat it before: repeated errors block sending."
        ),
        "too_many_connections": env._(
            "Microsoft allows only a few connections to a mailbox at once. Close other programs "
            "that read or send with it. Mail Sync tries again by itself."
        ),
        "mailbox_full": env._(
            "Your mailbox is full. Empty Sent Items and Deleted Items, or ask for more space. "
            "Until then Microsoft may not let you send."
        ),
    }


def _yahoo(env) -> Remedies:
    app_password = env._(
        "Yahoo and AOL accept no ordinary password here, only an app password. Sign in on their "
        "web page, open Account info > Security, create one under app passwords, and enter it "
        "here. The user name is the full mail address."
    )
    return {
        "login_refused": app_password,
        "app_password_needed": app_password,
        "too_many_logins": env._(
            "Yahoo has locked sign-ins for a while after too many wrong ones. Wait some hours. "
            "Then create an app password under Account info > Security on its web page, and enter "
            "it here."
        ),
        "throttled": env._(
            "Yahoo limits how much is read at once. Nothing to do: Mail Sync waits and goes on "
            "where it stopped."
        ),
    }


def _icloud(env) -> Remedies:
    app_password = env._(
        "iCloud does not accept the password of your Apple Account here, only an app-specific "
        "password. Sign in at account.apple.com, open Sign-In and Security > App-Specific "
        "Passwords, create one, and enter it here. Two-factor authentication has to be on. If the "
        "user name is refused for IMAP, try it without @icloud.com; for SMTP use the full address."
    )
    return {"login_refused": app_password, "app_password_needed": app_password}


def _zoho(env) -> Remedies:
    return {
        "imap_disabled": env._(
            "IMAP is off for this very mailbox, even if your organization permits it. Open Zoho "
            "Mail > Settings > Mail Accounts > IMAP Access, switch it on, then reconnect. If the "
            "setting is not there, your plan may not include IMAP: ask your Zoho administrator."
        ),
        "login_refused": env._(
            "Check that the hostname is the one of your region and plan, as in Zoho Mail > "
            "Settings > Mail Accounts: .com, .eu or .in, imap or imappro, smtp or smtppro. Then "
            "check the full address and the password. With two-factor authentication create an "
            "app password at Zoho Accounts > Security, and enter it here."
        ),
        "app_password_needed": env._(
            "Create an app password at Zoho Accounts > Security > App Passwords, and enter it here."
        ),
        "wrong_server": env._(
            "Zoho has a hostname for each region and plan: imap.zoho.com, imap.zoho.eu, "
            "imap.zoho.in, and with imappro and smtppro for organizations with a domain of their "
            "own. Yours is in Zoho Mail > Settings > Mail Accounts."
        ),
        "sender_not_allowed": env._(
            "Zoho sends only as the account that signs in, or as one of its aliases. Use the same "
            "address for both, or add the other one as an alias in Zoho."
        ),
    }


def _fastmail(env) -> Remedies:
    app_password = env._(
        "Fastmail accepts no ordinary password here, only an app password. Create one in Fastmail "
        "> Settings > Privacy & Security > App passwords, with access to mail, and enter it here. "
        "The user name is your full Fastmail address. Some plans have no IMAP."
    )
    return {"login_refused": app_password, "app_password_needed": app_password}


def _gmx(env) -> Remedies:
    return {
        "login_refused": env._(
            "GMX refuses every sign-in until it is allowed: open GMX on its web page, then E-mail "
            "> Settings > POP3 & IMAP, and allow access by other programs. Then check the full "
            "address and the password. With two-factor authentication create an app password in "
            "the security settings."
        ),
    }


def _yandex(env) -> Remedies:
    app_password = env._(
        "Open Yandex Mail > Settings > Email clients and allow access by IMAP with app passwords. "
        "Then create an app password for mail in your Yandex ID > Security, and enter it here."
    )
    return {
        "login_refused": app_password,
        "app_password_needed": app_password,
        "imap_disabled": app_password,
    }


def _godaddy(env) -> Remedies:
    return {
        "login_refused": env._(
            "Check the full mail address and the password. GoDaddy sells Workspace Email, on "
            "secureserver.net, and Microsoft 365, which no longer accepts a password for IMAP: "
            "your GoDaddy account shows under Email & Office which one it is."
        ),
    }


def _cpanel(env) -> Remedies:
    return {
        "login_refused": env._(
            "The user name is the full mail address, not the part before the @ and not the name of "
            "the hosting account. Then check the password: it is the mailbox's own, set under "
            "Email Accounts at your host."
        ),
        "certificate_name": env._(
            "With shared hosting the certificate is mostly for the host's own server. Enter the "
            "name that your host shows for mail with SSL (under Email Accounts > Connect Devices "
            "in cPanel) instead of your domain."
        ),
    }


#: House → its own remedies, by code. What is not there has the general one.
_PROVIDERS = {
    "google": _google,
    "microsoft": _microsoft,
    "yahoo": _yahoo,
    "icloud": _icloud,
    "zoho": _zoho,
    "fastmail": _fastmail,
    "gmx": _gmx,
    "yandex": _yandex,
    "godaddy": _godaddy,
    "cpanel": _cpanel,
}
