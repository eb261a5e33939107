"""What to know before connecting to a provider, by the note codes of the engine's presets.

As in ``remedies``, nothing stands here that may be untrue tomorrow.
"""

from ._marker import _lt


def note(env, code):
    """Return what to know before connecting to a provider; empty where nothing is special."""
    return env._(_NOTES[code]) if code in _NOTES else ""


_OWN_PASSWORD = _lt(
    "This provider wants an app password here, not the one that you log in with. Make one in "
    "its account settings, under Security."
)
_NOTES = {
    "gmail": _lt(
        "IMAP has to be on (Gmail > Settings > Forwarding and POP/IMAP), and Gmail wants an "
        "app password: Google Account > Security > 2-Step Verification > App passwords."
    ),
    "godaddy": _lt(
        "Results can be inconsistent on secureserver.net. If mails are missing or the "
        "connection fails, choose GoDaddy (SSL), which is the safer choice."
    ),
    "godaddy_ssl": _lt(
        "Encrypted from the first byte. Results can be inconsistent on secureserver.net; this "
        "is the safer of the two settings."
    ),
    "own_domain": _lt(
        "The hostname is made from your own domain. If your host gave you another one, enter "
        "that. The username is the whole mail address."
    ),
    "microsoft": _lt(
        "Microsoft no longer accepts a password for IMAP, only its own sign-in: press Sign in with "
        "Microsoft. If it is not there, your administrator has to register Odoo at Microsoft first."
    ),
    "app_password": _OWN_PASSWORD,
    "icloud": _lt(
        "Apple wants an app-specific password: appleid.apple.com > Sign-In and Security > "
        "App-Specific Passwords."
    ),
    "zoho": _lt(
        "IMAP has to be on for your mailbox: Zoho Mail > Settings > Mail Accounts > IMAP "
        "Access. The hostname depends on your region and plan."
    ),
    "imap_off": _lt(
        "IMAP is off until you switch it on in the webmail's settings, under POP3 and IMAP."
    ),
    "ionos": _lt("IONOS has other hostnames in other countries, such as imap.ionos.de."),
}
