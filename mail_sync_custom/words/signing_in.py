"""Words for a sign-in that is switched off, refused or put off."""

from ._marker import _lt

SWITCHED_OFF = {
    "imap_disabled": (
        _lt("IMAP is switched off for this mailbox"),
        _lt(
            "Switch IMAP on in the settings of your mailbox at the provider, on its web page, "
            "then reconnect. If there is no such setting, ask whoever manages your mail."
        ),
    ),
    "imap_disabled_by_admin": (
        _lt("IMAP is blocked for your organization's mailboxes"),
        _lt(
            "Only an administrator of your organization's mail can allow IMAP. Ask them, "
            "then reconnect."
        ),
    ),
    "account_restricted": (
        _lt("The provider has restricted this mailbox"),
        _lt(
            "Sign in to the mailbox on the provider's web page: it says there what happened, and "
            "how to lift the restriction: by a confirmation or a new password. If you cannot sign "
            "in there either, ask the provider or whoever manages your mail. Then reconnect."
        ),
    ),
    "password_sign_in_off": (
        _lt("The provider does not accept a password for this mailbox"),
        _lt(
            "The provider has switched off signing in with a password for this kind of "
            "connection, so another password is unlikely to help. If the set-up offers Sign in "
            "with your provider, use that. Otherwise ask your administrator to register Odoo "
            "there, or whoever manages your mail whether they can allow passwords."
        ),
    ),
    "security_policy": (
        _lt("A security policy does not allow this sign-in"),
        _lt(
            "The password itself may be right: a rule of your organization blocks this kind of "
            "sign-in. Show the server's reply to the administrator of your organization's mail."
        ),
    ),
    "smtp_auth_disabled": (
        _lt("Sending by SMTP is switched off for this mailbox"),
        _lt(
            "An administrator of your organization's mail has to switch on authenticated SMTP "
            "for this mailbox. Receiving may work all the same."
        ),
    ),
}

SIGNING_IN = {
    "login_refused": (
        _lt("The server refused the user name or the password"),
        _lt(
            "Check the user name first: it is usually the full mail address. Then enter the "
            "password again; if it was changed at the provider, enter the new one here too. With "
            "two-step verification most providers want an app password, which you create in the "
            "security settings of your mailbox."
        ),
    ),
    "app_password_needed": (
        _lt("The provider wants an app password"),
        _lt(
            "Your usual password is not accepted here because two-step verification is on. "
            "Create an app password in the security settings of your account at the provider "
            "and enter it here instead."
        ),
    ),
    "authorization_code_needed": (
        _lt("The provider wants an authorization code instead of the password"),
        _lt(
            "Open your mailbox on the provider's web page, switch IMAP and SMTP on in its "
            "settings, create an authorization code there, and enter it here as the password."
        ),
    ),
    "browser_sign_in": (
        _lt("The provider wants you to sign in with a browser first"),
        _lt(
            "Sign in to your mailbox on the provider's web page and confirm that the new "
            "sign-in was you. Then create an app password there, enter it here, and reconnect."
        ),
    ),
    "authenticated_not_connected": (
        _lt("The sign-in was accepted, but the mailbox cannot be opened"),
        _lt(
            "The password may be wrong after all, or this user may not have the right to open "
            "this mailbox. Enter the password again; for a shared mailbox, ask an "
            "administrator for full access to it."
        ),
    ),
    "password_expired": (
        _lt("The password has expired"),
        _lt("Set a new password at the provider, then enter the new one here."),
    ),
    "password_characters": (
        _lt("The server cannot read a character of the user name or the password"),
        _lt(
            "Change the password at the provider to one of letters and digits without accents, "
            "or use an app password, then enter it here."
        ),
    ),
    "unsafe_login": (
        _lt("The provider does not trust this sign-in yet"),
        _lt(
            "Open your mailbox on the provider's web page, check that IMAP is switched on in "
            "its settings, create an authorization code or app password there, and enter it "
            "here."
        ),
    ),
    "wrong_server": (
        _lt("This mailbox is on another server of the provider"),
        _lt(
            "Your user belongs to another region or plan. Look up the IMAP and SMTP hostnames "
            "in the settings of your mailbox at the provider, and enter those."
        ),
    ),
    "contact_admin": (
        _lt("The provider says that an administrator has to help"),
        _lt(
            "Something about this mailbox has to be fixed on the server. Show the server's reply "
            "to whoever manages your mail."
        ),
    ),
    "smtp_not_authenticated": (
        _lt("The server sends mail only for those who sign in"),
        _lt(
            "Check the user name and the password of the SMTP account, and that host and port are "
            "the provider's for sending (usually 465 with SSL, or 587 without). If they are "
            "right, ask the provider whether sending by SMTP is allowed for this mailbox."
        ),
    ),
    "refused": (
        _lt("The server refused, and did not say why"),
        _lt(
            "The server's own reply is beside this. If it persists, show it to your provider or "
            "your administrator."
        ),
    ),
    "invalid_settings": (
        _lt("The connection details cannot work as they are"),
        _lt(
            "Check the hostname, the port, the user name and the password: one of them "
            "is missing, or holds a line break or another character that cannot be there. "
            "Nothing was sent to the server."
        ),
    ),
}

NOT_NOW = {
    "too_many_connections": (
        _lt("Too many connections to the mail server"),
        _lt(
            "Nothing to do at first: Mail Sync tries again later. If it persists, close other "
            "mail programs that are open on this mailbox. Where many users of one company share a "
            "mail server, its administrator can raise the limit of connections from one address."
        ),
    ),
    "too_many_logins": (
        _lt("The provider accepts no more sign-ins for now"),
        _lt(
            "There were too many sign-ins in a short time, perhaps with an old password in "
            "another program. Mail Sync waits and tries again by itself. Before you try by hand, "
            "wait too, and check that the password here is the current one."
        ),
    ),
    "throttled": (
        _lt("The provider limits how much is read or sent"),
        _lt(
            "Nothing to do: Mail Sync waits, then continues by itself where it stopped. This "
            "usually passes within a few hours and rarely takes longer than a day."
        ),
    ),
    "mailbox_busy": (
        _lt("The mailbox is in use elsewhere"),
        _lt(
            "Nothing to do: Mail Sync tries again by itself. If it persists, close other mail "
            "programs that are open on this mailbox."
        ),
    ),
    "login_unavailable": (
        _lt("The server cannot check sign-ins at the moment"),
        _lt(
            "This is not about your password. Mail Sync tries again by itself. If it lasts "
            "for hours, ask your provider."
        ),
    ),
    "server_unavailable": (
        _lt("The mail server is not ready at the moment"),
        _lt(
            "Nothing to do: Mail Sync tries again by itself. If it lasts for hours, ask your "
            "provider."
        ),
    ),
    "server_fault": (
        _lt("The mail server reports a fault of its own"),
        _lt(
            "Mail Sync tries again by itself. If it persists, show the server's reply to your "
            "provider: only they can fix it."
        ),
    ),
    "session_ended": (
        _lt("The server ended the session"),
        _lt(
            "Nothing to do: Mail Sync connects again by itself. If it persists, the provider may "
            "be limiting this mailbox: close other mail programs that are open on it."
        ),
    ),
    "command_refused": (
        _lt("The server does not understand what it was asked"),
        _lt(
            "Mail Sync tries again by itself. If it persists, this server may be too old or "
            "unusual: show its reply to your administrator."
        ),
    ),
}

WORDS = SWITCHED_OFF | SIGNING_IN | NOT_NOW
