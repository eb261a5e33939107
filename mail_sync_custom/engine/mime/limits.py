"""How much of a message is read, and how the rest is reported.

Each limit is far beyond what people send and far below what hurts. Beyond one, a message is set
aside with MessageUnreadable, code ``message_bomb``: the only exception that leaves this package.
"""

from __future__ import annotations

from ..errors import MessageUnreadable

MAX_HEADER = 256 * 1024  # bytes of the message's own header block
MAX_PART_HEADER = 16 * 1024  # bytes of a part's header block
MAX_PARAMETERS = 16 * 1024  # bytes of a Content-Type that are looked at
MAX_DEPTH = 12  # nested multiparts; a forwarded message is a file and not descended into
MAX_PARTS = 1_000
MAX_FALSE_BOUNDARIES = 10_000  # lines that begin like a boundary but are something else
MAX_REFERENCES = 200  # kept: the first half and the last half
MAX_ID = 900  # bytes of a message id; a PostgreSQL index takes no more than 2,700
MAX_NAME = 500  # characters of a display name
MAX_SUBJECT = 2_000
MAX_STAMP = 200
MAX_FILENAME = 120
MAX_CHUNKS = 1_000  # pieces of base64, each with padding of its own, in one part
MAX_TEXT = 4 * 1024 * 1024  # bytes of all parts that are shown as text
MAX_CONVERTED = 1024 * 1024  # characters of RTF and the like that are read
MAX_TAGS = 100_000  # of HTML that are looked through for a word
MAX_OPENED = 40 * 1024 * 1024  # bytes extracted from containers to be read as a mail
MAX_INFLATED = 16 * 1024 * 1024  # bytes of what a mail has compressed
MAX_DETECTIONS = 4  # texts of a mail whose charset is detected
MAX_INLINE_FILES = 100  # uuencoded in one text
MAX_BEGINNINGS = 1_000  # lines in one text that begin like a file
MAX_UU_LINES = 700_000  # of a file in uuencode; 30 MB of it as programs write it
QUICK = 16 * 1024  # above this, glance parses exactly, which is bounded

#: Reasons in ``Email.omitted``: a file is too large; the mail is, and was not read to its end;
#: there are more files than are kept; only the beginning of the mail's own text is kept; a
#: signature around what is kept was not checked.
TOO_LARGE = "too_large"
MAIL_TOO_LARGE = "mail_too_large"
TOO_MANY = "too_many"
TEXT_CUT = "text_cut"
UNVERIFIED = "unverified"


def bomb(detail: str) -> MessageUnreadable:
    """Return the error for a message that exceeds a limit, for the caller to raise."""
    return MessageUnreadable(detail, code="message_bomb")
