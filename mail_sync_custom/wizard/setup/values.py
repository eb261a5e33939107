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


def following(shown, before, after):
    """Return what replaces a suggestion of servers; nothing for a field edited by hand.

    ``shown`` is what the form has, ``before`` what was suggested for it, ``after`` what is
    suggested now, each by field. A host entered by hand keeps its port and encryption, too.
    """
    blank = {
        f"{protocol}_{name}": value
        for protocol, (encrypted, _upgraded) in USUAL_PORTS.items()
        for name, value in (("host", False), ("port", encrypted), ("ssl", True))
    }
    before, after = blank | before, blank | after
    entered = {
        protocol
        for protocol in PROTOCOLS
        if shown[f"{protocol}_host"] and shown[f"{protocol}_host"] != before[f"{protocol}_host"]
    }
    return {
        name: after[name]
        for name, value in shown.items()
        if name.partition("_")[0] not in entered
        and (value == before[name] or (name.endswith("_host") and not value))
    }
