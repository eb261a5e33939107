"""What a person types or pastes → what a server is told. Pure."""

import unicodedata

from .addresses import INVISIBLE


def clean_name(text: str) -> str:
    """Return a hostname or username without the spaces around it and what nobody sees in it.

    Both come along when they are copied from a web page.

    >>> clean_name(" ann@example.com\\u200b\\n")
    'ann@example.com'
    """
    return text.translate(INVISIBLE).strip()


def opaque_string(text: str) -> str:
    """Return a password as servers compare it: by the OpaqueString profile (RFC 8265 §4.2.2).

    Any other space becomes U+0020: app passwords are shown in groups, and web pages part those by
    no-break spaces. Nothing else is removed.

    >>> opaque_string("abcd\\u00a0efgh "), opaque_string("cafe\\u0301")
    ('abcd efgh ', 'café')
    """
    spaced = (" " if unicodedata.category(char) == "Zs" else char for char in text)
    return unicodedata.normalize("NFC", "".join(spaced))
