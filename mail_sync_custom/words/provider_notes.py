"""What a provider wants, in a salesperson's words, by the note codes of the engine's presets.

As in ``remedies``: literals in ``env._()``, nothing of Odoo imported, and nothing that may be
untrue tomorrow.
"""


def note(env, code):
    """Return what to know before connecting to a provider; empty where nothing is special."""
    return _notes(env).get(code or "", "")


def _notes(env):
    own_password = env._(
        "This provider wants an app password here, not the one that you log in with. Make one in "
        "its account settings, under Security."
    )
    return {
        "gmail": env._(
            "IMAP has to be on (Gmail > Settings > Forwarding and POP/IMAP), and Gmail wants an "
            "app password: Google Account > Security > 2-Step Verification > App passwords."
        ),
        "godaddy": env._(
            "Results can be inconsistent on secureserver.net. If mails are missing or the "
            "connection fails, choose GoDaddy (SSL), which is the safer choice."
        ),
        "godaddy_ssl": env._(
            "Encrypted from the first byte. Results can be inconsistent on secureserver.net; this "
            "is the safer of the two settings."
        ),
        "own_domain": env._(
            "The hostname is made from your own domain. If your host gave you another one, enter "
            "that. The username is the whole mail address."
        ),
        "microsoft": env._(
            "Microsoft no longer accepts a password for IMAP, but its own sign-in alone. Unless "
            "your organisation has kept passwords on, this mailbox cannot be connected."
        ),
        "app_password": own_password,
        "icloud": env._(
            "Apple wants an app-specific password: appleid.apple.com > Sign-In and Security > "
            "App-Specific Passwords."
        ),
        "zoho": env._(
            "IMAP has to be on for your mailbox: Zoho Mail > Settings > Mail Accounts > IMAP "
            "Access. The hostname depends on your region and plan."
        ),
        "imap_off": env._(
            "IMAP is off until you switch it on in the webmail's settings, under POP3 and IMAP."
        ),
        "ionos": env._("IONOS has other hostnames in other countries, such as imap.ionos.de."),
    }
