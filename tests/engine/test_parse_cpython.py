"""The mails that CPython tests its own parser with: each has an outcome, and loses no word.

They are read from the Python that runs the tests; none is kept here.
"""

import importlib
from email import message_from_bytes
from email.utils import collapse_rfc2231_value
from pathlib import Path

import pytest

from engine.matching import everyone
from engine.mime.charsets import decode
from engine.mime.email import email
from engine.mime.envelope import envelope
from engine.mime.glance import glance

try:
    _DATA = Path(*importlib.import_module("test.test_email.data").__path__)
except ModuleNotFoundError:  # Debian's Python comes without its tests
    _DATA = Path("no such folder")
MAILS = sorted(_DATA.glob("msg_*.txt"))

#: Of each mail that is worth it: how its body begins, and its files. "" is a mail without a word.
OUTCOMES = {
    "msg_02": ("Send Ppp mailing list", 5),
    "msg_05": ("Yadda yadda yadda", 1),
    "msg_06": ("", 1),
    "msg_07": ("Hi there,\n\nThis is the dingus fish.", 1),
    "msg_10": ("<p>This is a 7bit encoded message.</p>", 0),
    "msg_16": ("This report relates to a message", 2),
    "msg_18": ("", 0),
    "msg_24": ("", 0),
    "msg_28": ("message 1", 2),
    "msg_35": ("counter to RFC 2822", 0),
    "msg_43": ("BANNED FILENAME ALERT", 2),
    "msg_45": ("This is the signed contents.", 1),
    "msg_46": ("Testing email forwarding with Groupwise", 1),
}


def outcome(path: Path) -> tuple[str, int]:
    found = email(path.read_bytes())
    return (found.html or found.text).strip(), len(found.attachments)


def test_all_mails_are_read_and_the_notable_ones_as_written_down():
    found = {path.stem: outcome(path) for path in MAILS}
    for name in OUTCOMES.keys() & found.keys():
        begins, files = OUTCOMES[name]
        assert found[name][1] == files, name
        assert found[name][0].startswith(begins), name
        assert bool(begins) == bool(found[name][0]), name
    assert found.keys() >= OUTCOMES.keys() or not MAILS


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_every_word_of_a_mail_is_in_its_body_or_in_a_file(path):
    raw = path.read_bytes()
    found = email(raw)
    kept = " ".join([found.html, found.text, *(decode(file.content) for file in found.attachments)])
    for part in message_from_bytes(raw).walk():
        if part.get_content_maintype() == "text" and not part.is_multipart():
            label = collapse_rfc2231_value(part.get_param("charset") or "")
            text = decode(part.get_payload(decode=True) or b"", label)
            assert [word for word in text.split() if word not in kept] == []
    assert everyone(envelope(raw)) <= glance(raw)[0]
