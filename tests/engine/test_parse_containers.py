"""Files and texts within text, signatures, winmail.dat and other mails."""

import base64
import binascii
import struct
import zlib

import pytest

from engine.mime.email import email
from engine.mime.limits import UNVERIFIED
from engine.mime.rtf import rtf_html, rtf_text
from engine.mime.tnef import decompressed
from engine.values import Attachment, Omitted
from tests.engine.mails import PDF, mail, multi, names, part


def uu(name: str, data: bytes, end: str = "`\r\nend\r\n") -> str:
    lines = (binascii.b2a_uu(data[at : at + 45]).decode() for at in range(0, len(data), 45))
    return f"begin 644 {name}\r\n" + "".join(lines).replace("\n", "\r\n") + end


# --- uuencode and yEnc ---------------------------------------------------------------------------


def test_files_in_a_text_are_files_and_the_text_stays():
    found = mail(part(f"see\r\n{uu('a.pdf', PDF)}and\r\n{uu('b.bin', b'b' * 100)}bye"))
    assert found.text == "see\nand\nbye"
    assert found.attachments == (
        Attachment("a.pdf", "application/pdf", PDF),
        Attachment("b.bin", "application/octet-stream", b"b" * 100),
    )


def test_a_file_in_a_text_that_has_no_end_is_kept_as_far_as_it_goes():
    found = mail(part("see\r\n" + uu("a.pdf", PDF, end="")))
    assert (found.text, found.attachments[0].content) == ("see\n", PDF)


def test_a_line_of_spaces_that_lost_its_trailing_ones_is_read():
    found = mail(part(uu("a.bin", b"\0" * 45).replace("`", " ").replace(" \r\n", "\r\n")))
    assert found.attachments[0].content == b"\0" * 45


def test_a_sentence_that_begins_like_a_file_is_a_sentence():
    assert mail(part("begin 644 times\r\nand then go on")).text == "begin 644 times\nand then go on"


@pytest.mark.parametrize(
    "text",
    [
        "begin 644 steps with us\nand then\nend",
        "begin 2026 season.txt\n\nWe start in May.\nend",
        "begin 644 x\nM plus some words\nend",
    ],
)
def test_sentences_between_begin_and_end_are_no_file(text):
    found = mail(part(text.replace("\n", "\r\n")))
    assert (found.text, names(found)) == (text, [])


def test_words_within_a_file_are_not_lost():
    lines = uu("a.bin", b"a" * 45, end="and more words\r\n`\r\nend\r\n")
    found = mail(part(f"see\r\n{lines}bye"))
    assert found.text.split("\n") == ["see", "and more words", "`", "end", "bye"]
    assert names(found) == ["a.bin"]


def test_a_file_in_the_base64_form_of_uuencode_is_a_file():
    lines = base64.encodebytes(PDF).decode().replace("\n", "\r\n")
    found = mail(part(f"see\r\nbegin-base64 644 a.pdf\r\n{lines}====\r\nbye"))
    assert (found.text, found.attachments[0].content) == ("see\nbye", PDF)
    found = mail(part(f"see\r\nbegin-base64 644 a.pdf\r\n{lines}\r\nand bye, no end"))
    assert found.text == "see\n\nand bye, no end"
    found = mail(part("see\r\nbegin-base64 644 a.pdf\r\nno such file\r\n"))
    assert (found.text, names(found)) == ("see\nbegin-base64 644 a.pdf\nno such file\n", [])


def test_a_part_in_uuencode_is_decoded():
    body = part(uu("x", PDF), "application/pdf; name=a.pdf", content_transfer_encoding="x-uuencode")
    assert mail(multi("mixed", part("see"), body)).attachments[0].content == PDF


def test_a_file_in_yenc_is_a_file():
    data = bytes(range(256))
    coded = b"".join(
        b"=" + bytes(((c + 64) % 256,)) if c in b"\0\r\n=" else bytes((c,))
        for c in ((byte + 42) % 256 for byte in data)
    )
    raw = (
        b"\r\nsee\r\n=ybegin line=128 size=256 name=a.bin\r\n"
        + coded
        + b"\r\n=yend size=256\r\nbye"
    )
    found = mail(raw)
    assert (found.text, found.attachments[0].content) == ("see\nbye", data)


# --- S/MIME --------------------------------------------------------------------------------------


def der(tag: int, *contents: bytes, endless: bool = False) -> bytes:
    content = b"".join(contents)
    if endless:
        return bytes((tag, 0x80)) + content + b"\0\0"
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(digits))) + digits + content


SIGNED = bytes.fromhex("06092a864886f70d010702")
DATA = bytes.fromhex("06092a864886f70d010701")
ENVELOPED = bytes.fromhex("06092a864886f70d010703")


def signed(entity: bytes, kind: bytes = SIGNED, *, endless: bool = False) -> bytes:
    if endless:  # as a program writes what it does not hold whole
        octets = der(0x24, der(4, entity[:7]), der(4, entity[7:]), endless=True)
    else:
        octets = der(4, entity)
    info = der(0x30, DATA, der(0xA0, octets, endless=endless), endless=endless)
    inner = der(0x30, der(2, b"\1"), der(0x31), info, der(0x31), endless=endless)
    return der(0x30, kind, der(0xA0, inner, endless=endless), endless=endless)


@pytest.mark.parametrize("endless", [False, True])
def test_a_signed_mail_is_opened_and_said_to_be_unverified(endless):
    entity = multi("mixed", part("We accept"), part(PDF, "application/pdf; name=a.pdf"))
    kind = "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m"
    found = mail(part(signed(entity, endless=endless), kind))
    assert (found.text, names(found)) == ("We accept", ["a.pdf"])
    assert found.omitted == (Omitted(UNVERIFIED, "smime.p7m"),)


@pytest.mark.parametrize(
    "data",
    [
        signed(b"x", ENVELOPED),
        signed(b"x")[:-4],
        b"",
        b"\x30\x80" * 5_000,
        b"\x30\x84\xff\xff\xff\xff",
        der(0x30, SIGNED, der(0xA0, der(0x30, b"\x1f" * 40))),
    ],
)
def test_what_is_encrypted_or_broken_stays_a_file(data):
    found = mail(part(data, "application/pkcs7-mime; name=smime.p7m"))
    assert found.attachments == (Attachment("smime.p7m", "application/pkcs7-mime", data),)
    assert found.omitted == ()


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("IT01234567890_00001.xml.p7m", b'<?xml version="1.0"?>\n<p:Invoice>Acme: 5</p:Invoice>\n'),
        ("contract.pdf.p7m", PDF),
        ("contract.p7m", b"PK\3\4\0\0" + PDF),
        ("note.txt.p7m", b"Only a note\n\nContent-Type: is a field\n"),
        ("fattura.p7m", b'<?xml version="1.0"?>\n<p:Invoice>Acme: 5</p:Invoice>\n'),
        ("letter.eml.p7m", b"Content-Type: text/plain\n\nDear Sir\n"),
    ],
)
@pytest.mark.parametrize("kind", ["application/pkcs7-mime", "application/octet-stream"])
def test_a_signed_document_is_a_file(name, document, kind):
    found = mail(multi("mixed", part("See it"), part(signed(document), f"{kind}; name={name}")))
    assert found.text == "See it"
    assert [(one.name, one.content) for one in found.attachments] == [(name, signed(document))]
    assert found.omitted == ()


@pytest.mark.parametrize("entity", [b"We accept\r\n", b"\r\nWe accept\r\n"])
def test_signed_text_without_a_header_is_text(entity):
    found = mail(part(signed(entity), "application/pkcs7-mime; name=smime.p7m"))
    assert "We accept" in found.text


COMPRESSED = bytes.fromhex("060b2a864886f70d0109100109")
ZLIB = bytes.fromhex("060b2a864886f70d0109100308")


def compressed(packed: bytes) -> bytes:
    info = der(0x30, DATA, der(0xA0, der(4, packed)))
    inner = der(0x30, der(2, b"\0"), der(0x30, ZLIB), info)
    return der(0x30, COMPRESSED, der(0xA0, inner))


def test_a_compressed_mail_is_opened():
    kind = "application/pkcs7-mime; smime-type=compressed-data; name=smime.p7z"
    data = compressed(zlib.compress(part("We accept")))
    assert (mail(part(data, kind)).text, mail(part(data, kind)).omitted) == ("We accept", ())
    inner = part(data, kind)
    assert mail(part(signed(inner), "application/pkcs7-mime")).text == "We accept"


@pytest.mark.parametrize(
    "packed", [zlib.compress(b"We accept")[:-6], b"x", zlib.compress(b"\r\n" * 9_000_000)]
)
def test_what_does_not_decompress_or_to_far_too_much_stays_a_file(packed):
    found = mail(part(compressed(packed), "application/pkcs7-mime; name=smime.p7z"))
    assert (found.text, names(found)) == ("", ["smime.p7z"])


def test_a_signature_within_a_signature_is_opened_too():
    inner = part(signed(part("We accept")), "application/pkcs7-mime")
    assert mail(part(signed(inner), "application/pkcs7-mime")).text == "We accept"


# --- winmail.dat ---------------------------------------------------------------------------------


def attribute(level: int, name: int, value: bytes) -> bytes:
    return (
        struct.pack("<BHHI", level, name, 6, len(value))
        + value
        + struct.pack("<H", sum(value) & 0xFFFF)
    )


def properties(**values: bytes) -> bytes:
    out = struct.pack("<I", len(values))
    for key, value in values.items():
        kind, name = (int(one, 16) for one in key[1:].split("_"))
        out += struct.pack("<HHII", kind, name, 1, len(value)) + value + b"\0" * (-len(value) % 4)
    return out


def winmail(*attributes: bytes) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


def utf16(text: str) -> bytes:
    return (text + "\0").encode("utf-16-le")


RTF = rb"{\rtf1\ansi\ansicpg1252 Gr\'fc\'dfe\par {\b bold}}"
FILE = (
    attribute(2, 0x9002, b"\0" * 14),
    attribute(2, 0x8010, b"GRUE~1.PDF\0"),
    attribute(2, 0x800F, PDF),
    attribute(2, 0x9005, properties(x1F_3707=utf16("Grüße.pdf"), x1E_370E=b"application/pdf\0")),
)


def uncompressed(rtf: bytes) -> bytes:
    return struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf


@pytest.mark.parametrize(
    ("attributes", "text", "html"),
    [
        ([attribute(1, 0x800C, "Grüße\0".encode("cp1252"))], "Grüße", ""),
        (
            [
                attribute(1, 0x9007, struct.pack("<II", 1251, 0)),
                attribute(1, 0x800C, "Привет\0".encode("cp1251")),
            ],
            "Привет",
            "",
        ),
        ([attribute(1, 0x9003, properties(x1F_1000=utf16("Grüße")))], "Grüße", ""),
        ([attribute(1, 0x9003, properties(x102_1013=b"<p>Gr&uuml;</p>"))], "", "<p>Gr&uuml;</p>"),
        ([attribute(1, 0x9003, properties(x102_1009=uncompressed(RTF)))], "Grüße\nbold", ""),
    ],
)
def test_the_text_and_the_files_of_a_winmail_dat_are_the_mails(attributes, text, html):
    data = winmail(*attributes, *FILE)
    found = mail(multi("mixed", part(data, "application/ms-tnef; name=winmail.dat")))
    assert (found.text, found.html) == (text, html)
    assert found.attachments == (Attachment("Grüße.pdf", "application/pdf", PDF),)


def test_a_winmail_dat_beside_a_text_only_adds_its_files_and_what_it_says():
    data = winmail(*FILE)
    body = part(data, "application/octet-stream; name=WINMAIL.DAT")
    found = mail(multi("mixed", part("hello"), body))
    assert (found.text, names(found)) == ("hello", ["Grüße.pdf"])


@pytest.mark.parametrize(
    ("text", "name", "content"),
    [
        (properties(x1F_1000=utf16("Grüße")), "Offer.txt", "Grüße"),
        (properties(x102_1013=b"<p>Gr&uuml;"), "Offer.html", "<p>Gr&uuml;"),
    ],
)
def test_a_message_in_a_winmail_dat_is_its_text_and_its_files(text, name, content):
    inner = winmail(attribute(1, 0x9003, text), *FILE)
    message = properties(xD_3701=b"\7\3\2".ljust(16, b"\0") + inner, x1F_3001=utf16("Offer"))
    data = winmail(attribute(2, 0x9002, b"\0" * 14), attribute(2, 0x9005, message))
    found = mail(multi("mixed", part("See it"), part(data, "application/ms-tnef")))
    assert found.text == "See it"
    assert names(found) == [name, "Grüße.pdf"]
    assert found.attachments[0].content.decode("utf-8-sig") == content


def test_a_dot_in_the_name_of_signed_text_hides_no_words():
    found = mail(part(signed(b"We accept\r\n"), "application/pkcs7-mime; name=Mr. Lee.p7m"))
    assert "We accept" in found.text


@pytest.mark.parametrize("name", ["WINMAIL.DAT", "win.dat", "ATT00001.dat"])
def test_a_winmail_dat_by_another_name_is_opened(name):
    kind = f"application/octet-stream; name={name}"
    found = mail(multi("mixed", part("See the plan"), part(winmail(*FILE), kind)))
    assert names(found) == ["Grüße.pdf"]


@pytest.mark.parametrize("data", [b"", b"\x78\x9f\x3e", b"PK\3\4 and more", winmail()])
def test_what_is_no_winmail_dat_or_is_empty_stays_a_file(data):
    found = mail(part(data, "application/ms-tnef"))
    assert names(found) == ["winmail.dat"]


def test_rtf_is_decompressed_by_the_specifications_example():
    # MS-OXRTFCP §4.1.1
    data = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af3206865"
        "6c090020627705b06c647d0a800fa0"
    )
    assert decompressed(data) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (r"{\rtf1 a\par b\tab c}", "a\nb\tc"),
        (r"{\rtf1{\fonttbl{\f0 Arial;}}{\*\generator x;}\f0 a {\b b}}", "a b"),
        (r"{\rtf1\ansicpg1251 \'cf\'f0}", "Пр"),
        (r"{\rtf1\uc1 \u8364?5 \u-10179?\u-8704?}", "€5 \N{GRINNING FACE}"),
        (r"{\rtf1 \{\\\}}", "{\\}"),
        ("{\\rtf1 one\ntwo}", "onetwo"),
        ("no rtf", "no rtf"),
        ("no\0 rtf", "no rtf"),
        ("{\\rtf1 a\0b\\u0?c\\'00d\\u65536?e}", "abcde"),
        ("{\\rtf1" + "{" * 5_000, ""),
    ],
)
def test_the_words_of_rtf_are_found(rtf, text):
    assert rtf_text(rtf) == text


def test_the_html_that_outlook_wraps_in_rtf_is_taken_out():
    rtf = (
        r"{\rtf1\ansi\ansicpg1252\fromhtml1 {\*\htmltag64 <p>}\htmlrtf {\f0 \htmlrtf0 Gr\'fc\'dfe"
        r"{\*\htmltag84 <br>}\htmlrtf \line \htmlrtf0 x{\*\htmltag72 </p>}\htmlrtf }\htmlrtf0 }"
    )
    assert rtf_html(rtf) == "<p>Grüße<br>x</p>"
    assert rtf_html(r"{\rtf1 x}") == ""


# --- other mails ---------------------------------------------------------------------------------

INNER = b"From: eve@x.example\r\nSubject: Offer\r\n\r\nWe accept"


@pytest.mark.parametrize(
    "body",
    [
        part("", "message/rfc822") + INNER,
        multi("mixed", part("", "message/rfc822") + INNER),
        part(INNER, "message/rfc822"),  # in base64, which RFC 2046 §5.2.1 forbids
        multi("digest", b"\r\n" + INNER),
    ],
)
def test_a_mail_that_is_nothing_but_another_shows_its_words_and_keeps_it(body):
    found = mail(body)
    assert found.text == "We accept"
    assert found.attachments == (Attachment("Offer.eml", "message/rfc822", INNER),)


def test_a_forwarded_mail_can_be_opened_whatever_it_is_called():
    inner = b'Content-Type: message/rfc822; name="Re: Offer"\r\n\r\n' + INNER
    assert names(mail(multi("mixed", part("fyi"), inner))) == ["Re_ Offer.eml"]


def test_of_a_macintoshs_file_only_what_others_can_read_is_kept():
    double = multi(
        "appledouble", part(b"fork", "application/applefile"),
        part(PDF, "application/pdf; name=a.pdf"), boundary="d",
    )  # fmt: skip
    assert names(mail(multi("mixed", part("see"), double))) == ["a.pdf"]


def test_a_piece_of_a_mail_shows_its_words():
    head = b"Content-Type: message/partial; id=x; number=2; total=3\r\n\r\n"
    found = email(head + b"the second third")
    assert found.text == "the second third"


def test_a_multipart_that_was_encoded_as_a_whole_is_read():
    inner = multi("mixed", part("We accept"), part(PDF, "application/pdf"), boundary="b")
    body = base64.encodebytes(inner.partition(b"preamble\r\n")[2])
    head = b"Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    found = mail(head + body)
    assert (found.text, found.attachments[0].content) == ("We accept", PDF)
