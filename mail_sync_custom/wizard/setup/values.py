"""What the parts of the wizard share: names, numbers and comparisons."""

from odoo.tools import email_normalize

PROTOCOLS = ("imap", "smtp")
#: The usual ports with and without *Use SSL?*.
USUAL_PORTS = {"imap": (993, 143), "smtp": (465, 587)}
#: What the user enters, and what a connection teaches us, for each protocol.
ENTERED = ("host", "port", "ssl", "self_signed", "plain_allowed", "username")
LEARNED = ("fingerprint", "starttls")


def learned(protocol, found):
    """Return the fields for what a connection taught; no certificate is left to compare."""
    return {
        **{f"{protocol}_{name}": found[name] for name in LEARNED},
        f"{protocol}_fingerprint_met": False,
        f"{protocol}_fingerprint_accepted": False,
    }


def same_name(name, other):
    """Whether two hostnames are the same, however they are written (RFC 4343), or two users."""
    return (name or "").strip().lower() == (other or "").strip().lower()


def given_email(account):
    """Return the address that the owner has given; False if the username is the address."""
    return account.email != email_normalize(account.imap_username or "") and account.email


def usual_port(port, ssl, encrypted, upgraded):
    """Return the usual port for *Use SSL?*, unless the user has entered another one."""
    if port not in (encrypted, upgraded):
        return port
    return encrypted if ssl else upgraded
