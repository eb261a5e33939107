"""Files that a Macintosh wrapped, in BinHex and AppleSingle."""

import base64
import struct

import pytest

from engine.mime.macintosh import unwrapped
from engine.values import Attachment
from tests.engine.mails import PDF, mail, multi, names, part

HQX = "(This file must be converted with BinHex 4.0)\r\n\r\n:{}:\r\n"


def binhex(name: bytes, data: bytes) -> str:
    """A file in BinHex, its checksums left empty, without runs (RFC 1741)."""
    head = bytes([len(name)]) + name + b"\0TEXTttxt" + struct.pack(">HLLH", 0, len(data), 0, 0)
    return hexed((head + data + b"\0\0\0\0").replace(b"\x90", b"\x90\0"))


def hexed(raw: bytes) -> str:
    """Bytes in the letters of BinHex, runs and all."""
    usual = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    letters = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
    text = base64.b64encode(raw).rstrip(b"=").translate(bytes.maketrans(usual, letters)).decode()
    return HQX.format("\r\n".join(text[at : at + 64] for at in range(0, len(text), 64)))


def single(name: bytes, data: bytes) -> bytes:
    """A file in AppleSingle: its name and its data (RFC 1740)."""
    entries = ((3, 50, len(name)), (1, 50 + len(name), len(data)))
    table = b"".join(struct.pack(">LLL", *one) for one in entries)
    return b"\x00\x05\x16\x00\x00\x02\x00\x00" + bytes(16) + b"\0\2" + table + name + data


def test_a_file_in_binhex_is_the_file():
    data = bytes(range(256)) + PDF + b"\x90\x90"
    wrapped = part(binhex("Angebot für.pdf".encode("mac_roman"), data), "application/mac-binhex40")
    found = mail(multi("mixed", part("see"), wrapped))
    assert found.attachments == (Attachment("Angebot für.pdf", "application/pdf", data),)
    assert found.text == "see"


def test_a_file_in_applesingle_is_the_file():
    wrapped = part(single(b"a.pdf", PDF), "application/applefile", content_id="<x>")
    found = mail(multi("mixed", part("see"), wrapped))
    assert found.attachments == (Attachment("a.pdf", "application/pdf", PDF, "x"),)


def test_a_run_of_bytes_in_binhex_is_written_out():
    head = b"\1a\0TEXTttxt" + struct.pack(">HLLH", 0, 7, 0, 0)
    assert unwrapped(hexed(head + b"b\x90\5c\x90\0").encode()) == (b"a", b"bbbbbc\x90")
    assert unwrapped(hexed(b"\1" + b"\x90\xff" * 400_000).encode()) is None  # which is too much


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x00\x05\x16\x00", single(b"a", b""), single(b"a", PDF)[:40],
        binhex(b"a.pdf", PDF).encode()[:200], HQX.format("").encode(), HQX.format("!!!!").encode(),
        b"(This file must be converted with BinHex 4.0)", b":" * 1_000,
    ],
)  # fmt: skip
def test_a_wrapping_without_a_file_stays_as_it_is(data):
    assert unwrapped(data) is None
    found = mail(multi("mixed", part("see"), part(data, "application/mac-binhex40; name=a.hqx")))
    assert names(found) == ["a.hqx"]
