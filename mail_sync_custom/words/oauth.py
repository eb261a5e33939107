"""Words for signing in at the provider (OAuth), where no password is involved."""

from ._marker import _lt

WORDS = {
    "sign_in_again": (
        _lt("The provider wants you to sign in again"),
        _lt(
            "The permission that you gave has ended: it was withdrawn, the password was changed, "
            "or it was not used for a long time. Press Sign in again. Nothing is lost: what has "
            "arrived in the meantime is recorded too."
        ),
    ),
    "token_refused": (
        _lt("The mail server does not accept your sign-in"),
        _lt(
            "Press Sign in again, and choose the account that owns this mailbox. If that does not "
            "help, IMAP or SMTP may be switched off for the mailbox, or you may not be allowed to "
            "open it: ask whoever manages your mail."
        ),
    ),
    "scope_missing": (
        _lt("The permission to read and send mail was not given"),
        _lt(
            "Press Sign in again, and leave everything ticked that the provider's page asks for: "
            "without the permission for your mail, nothing can be read or sent."
        ),
    ),
    "wrong_account": (
        _lt("You signed in with another account"),
        _lt(
            "Sign in again, and choose the account of this mail address on the provider's page. "
            "To connect the other mailbox instead, enter its address first."
        ),
    ),
    "consent_refused": (
        _lt("The provider's page was left without consent"),
        _lt(
            "Nothing was changed. Sign in again, and allow what the provider's page asks for. If "
            "it says that an administrator has to approve, ask whoever manages your mail."
        ),
    ),
    "admin_consent_needed": (
        _lt("An administrator of your mail has to approve Odoo first"),
        _lt(
            "Your organization lets only its administrators allow new applications. Ask whoever "
            "manages your mail to approve it once for everybody, then sign in again."
        ),
    ),
    "sign_in_expired": (
        _lt("This sign-in is over or was begun elsewhere"),
        _lt(
            "For your safety a sign-in counts once, in the browser in which it was begun, and for "
            "a short time. Start it again from the Mail Sync page."
        ),
    ),
    "no_refresh_token": (
        _lt("The provider gave no lasting permission"),
        _lt(
            "Without it Mail Sync would stop after an hour. Ask your administrator: the "
            "application that was registered at the provider must be allowed offline access."
        ),
    ),
    "oauth_not_offered": (
        _lt("This mail server offers no sign-in at the provider"),
        _lt(
            "It takes a password only. Choose Custom and enter the password, or ask whoever "
            "manages the mail server to switch OAuth (XOAUTH2 or OAUTHBEARER) on."
        ),
    ),
    "token_needs_tls": (
        _lt("A sign-in is never sent over an unencrypted connection"),
        _lt(
            "The server offered no encryption, so nothing was sent to it. Ask your administrator "
            "to enter the mail server's port with SSL."
        ),
    ),
    "issuer_unavailable": (
        _lt("The provider's sign-in service cannot be reached"),
        _lt(
            "Nothing to do: Mail Sync tries again by itself. If it lasts for hours, ask your "
            "administrator whether this server can reach the provider."
        ),
    ),
    "issuer_odd": (
        _lt("The provider's sign-in service gave an answer that makes no sense"),
        _lt(
            "Ask your administrator to check the sign-in under Settings, Mail Sync: the issuer's "
            "address may be wrong, or something between may answer in its place."
        ),
    ),
    "oauth_client_refused": (
        _lt("The provider does not know this Odoo, or not any more"),
        _lt(
            "Only an administrator can mend this: the client ID, the client secret or the "
            "redirect address under Settings, Mail Sync is not what the provider has. Secrets "
            "expire at some providers."
        ),
    ),
    "clock_off": (
        _lt("This server's clock does not agree with the provider's"),
        _lt(
            "Signing in needs the right time. Ask your administrator to correct the clock of the "
            "server that Odoo runs on, then sign in again."
        ),
    ),
}
