"""Reading a mail costs at most two seconds of processor time and 150 MB, whatever is in it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .pace import slowness

ADDON = Path(__file__).parents[2] / "mail_sync_custom"
SECONDS, MEGABYTES = 2, 150
SIZE = 25_000_000  # bytes; a larger message is read only in part

#: What makes each mail, as Python that leaves it in `raw`. H begins one, C one of a type, T a text.
MAILS = {
    "a character beyond Latin": "raw = T('utf-8') + b'a\\n' * (N // 2) + '😀'.encode()",
    "bytes that no charset has": "raw = T('gb18030') + b'\\xff' * N",
    "bytes that are no UTF-8": "raw = T('utf-8') + 'é'.encode() * 1000 + b'\\xc3' * N",
    "bytes of no stated charset": "raw = T('us-ascii') + b'\\xc3\\n\\xe9\\xe8' * (N // 4)",
    "surrogates in UTF-8": "raw = T('utf-8') + b'\\xed\\xa0\\xbd\\xed\\xb8\\x80' * (N // 6)",
    "shifts of ISO-2022-JP": "raw = T('iso-2022-jp') + b'\\x1b$B8+\\x1b(B' * (N // 8)",
    "pairs that no set has": "raw = T('iso-2022-jp') + b'\\x1b$B' + b'\\x7e\\x7e' * (N // 2)",
    "shifts of ISO-2022-KR": "raw = T('iso-2022-kr') + b'\\x0e\\x0f' * (N // 2)",
    "UTF-7": "raw = T('utf-7') + b'+AOk-' * (N // 5)",
    "signs of UTF-7": "raw = T('utf-7') + b'+ ' * (N // 2)",
    "tones of Vietnamese": "raw = T('tcvn') + b'a\\xb0\\xb4' * (N // 3)",
    "a run of tones": "raw = T('windows-1258') + b'a' + b'\\xcc\\xf2' * (N // 2)",
    "lines that end in CR CR LF": (
        "raw = T('').replace(b'\\n', b'\\r\\r\\n') + b'\\r\\r\\n' * (N // 3)"
    ),
    "lines that end in LF CR": "raw = T('').replace(b'\\n', b'\\n\\r') + b'\\n\\r' * (N // 2)",
    "HZ": "raw = T('hz') + b'~{~' * (N // 3)",
    "UTF-16": "raw = T('utf-16') + b'\\x00\\xd8' * (N // 2)",
    "tags without a word": "raw = C('text/html') + b'<b>' * (N // 3)",
    "comments without an end": "raw = C('text/html') + b'<!--' * (N // 4)",
    "style sheets without an end": "raw = C('text/html') + b'<style>' * (N // 7)",
    "tags without an end": "raw = C('text/html') + b'<a ' * (N // 3)",
    "references": "raw = C('text/html') + b'&nbsp;' * (N // 6)",
    "signs of quoted-printable": (
        "raw = C('text/plain\\nContent-Transfer-Encoding: quoted-printable') + b'=\\r==' * (N // 4)"
    ),
    "large pictures in tags": "raw = C('text/html') + b'data:image/png;base64,' * (N // 22)",
    "quotes of flowed text": "raw = C('text/plain; format=flowed') + b'> \\n' * (N // 3)",
    "enriched text": "raw = C('text/enriched') + b'<<' * (N // 2)",
    "groups of RTF": "raw = C('text/rtf') + b'{\\\\rtf1 ' + b'{\\\\b' * (N // 3)",
    "richtext": "raw = C('text/richtext') + b'<<<comment>' * (N // 11)",
    "runs of BinHex": (
        "raw = C('application/mac-binhex40') + b'(This file must be converted with BinHex 4.0)\\n:'"
        " + b'!*5' * (N // 3)"
    ),
    "alarms of an invitation": "raw = C('text/calendar') + b'BEGIN:VALARM\\n' * (N // 13)",
    "an invitation": "raw = C('text/calendar') + b'SUMMARY:x\\n ' * (N // 11)",
    "files in a text that never end": "raw = T('utf-8') + b'begin 644 x\\n' * (N // 12)",
    "files in a text": "raw = T('utf-8') + b'begin 644 x\\n!\\nend\\n' * (N // 18)",
    "a file of short lines": "raw = T('utf-8') + b'begin 644 x\\n' + b'!!\\n' * (N // 3)",
    "files in yEnc without an end": "raw = T('') + b'=ybegin size=1 name=x\\nbegin ' * (N // 28)",
    "files in base64 that never end": (
        "raw = T('utf-8') + b'begin-base64 644 x\\nAAAA\\n!\\n' * (N // 26)"
    ),
    "a file of short lines in base64": (
        "raw = T('utf-8') + b'begin-base64 644 x\\n' + b'A\\n' * (N // 2)"
    ),
    "encoded words of unknown charsets": (
        "raw = b'Subject: ' + b' '.join(b'=?c%d?q?=e9?=' % n for n in range(18_000)) + b'\\n\\nx'"
    ),
    "names of unknown charsets": (
        "raw = b'To: ' + b','.join(b'=?c%d?q?=e9?= <a@b.c>' % n for n in range(9_000)) + b'\\n\\nx'"
    ),
    "texts in charsets of their own": (
        "raw = M + b''.join(b'\\n--b\\n\\n' + bytes([192 + n % 60]) * 900"
        " + b'\\n' for n in range(900))"
    ),
    "mails within mails in base64": (
        "import base64\n"
        "raw = b'\\n' + b'x' * 3_000_000\n"
        "E = b'Content-Type: message/rfc822\\nContent-Transfer-Encoding: base64\\n\\n'\n"
        "for _ in range(8): raw = E + base64.encodebytes(raw)"
    ),
    "mails within mails": "raw = b'Content-Type: message/rfc822\\n\\n' * 800_000",
    "multiparts within each other in base64": (
        "import base64\n"
        "raw = b'\\n' + b'x' * 3_000_000\n"
        "for n in range(8): raw = (b'Content-Type: multipart/mixed; boundary=b%d\\n' % n +"
        " b'Content-Transfer-Encoding: base64\\n\\n' +"
        " base64.encodebytes(b'\\n--b%d\\n' % n + raw + b'\\n--b%d--' % n))"
    ),
    "an endless signature": (
        "raw = C('application/pkcs7-mime') + b'\\x30\\x80' * (N // 2)"
    ),
    "a compressed mail": (
        "import zlib\n"
        "def D(tag, x): return bytes([tag, 0x84]) + len(x).to_bytes(4) + x\n"
        "I = bytes.fromhex('060b2a864886f70d0109100109')\n"
        "Z = bytes.fromhex('060b2a864886f70d0109100308')\n"
        "S = zlib.compress(b'\\n' * 10_000_000) * 2_500\n"
        "S = D(0x30, I + D(0xA0, D(0x30, b'\\2\\1\\0' + D(0x30, Z) +"
        " D(0x30, I + D(0xA0, D(4, S))))))\n"
        "raw = C('application/pkcs7-mime') + S"
    ),
    "a winmail.dat of empty attributes": (
        "raw = C('application/ms-tnef') + W"
        " + b'\\2\\2\\x90\\0\\0\\0\\0\\0\\0\\0\\0' * (N // 11)"
    ),
    "a winmail.dat of empty properties": (
        "import struct\n"
        "P = struct.pack('<I', 10**9) + struct.pack('<HHI', 0x1e, 0x3707, 0) * 2_000\n"
        "A = struct.pack('<BHHI', 2, 0x9005, 6, len(P)) + P + b'\\0\\0'\n"
        "raw = C('application/ms-tnef') + W"
        " + b'\\2\\2\\x90\\0\\0\\0\\0\\0\\0\\0\\0' + A * (N // len(A))"
    ),
    "compressed RTF": (
        "import struct\n"
        "R = struct.pack('<IIII', 10**6, 10**9, 0x75465A4C, 0) + b'\\0{\\\\rtf1{}'\n"
        "R += b'\\xff\\x00\\x8f' * 300_000\n"
        "P = struct.pack('<IHHII', 1, 0x102, 0x1009, 1, len(R)) + R\n"
        "raw = C('application/ms-tnef') + W"
        " + (struct.pack('<BHHI', 1, 0x9003, 6, len(P)) + P + b'\\0\\0') * 20"
    ),
    "messages with compressed RTF in a winmail.dat": (
        "import struct\n"
        "def A(n, name, D): return struct.pack('<BHHI', n, name, 6, len(D)) + D + b'\\0\\0'\n"
        "R = struct.pack('<IIII', 10**6, 10**9, 0x75465A4C, 0) + b'\\xff' * 3_000\n"
        "P = struct.pack('<IHHII', 1, 0x102, 0x1009, 1, len(R)) + R\n"
        "I = A(2, 0x9002, b'') + A(2, 0x800F, W + A(1, 0x9003, P))\n"
        "raw = C('application/ms-tnef') + W + I * 300"
    ),
    "spaces in a Content-Type": "raw = C('text/' + ' ' * 16_000 + 'x' * 200)",
    "a Content-Type of one word": "raw = H + b'Content-Type: a/' + b'b' * 16_000 + b'(\\n\\nx'",
    "comments in a Content-Type": "raw = H + b'Content-Type: a/b' + b';()x(' * 3_000 + b'\\n\\nx'",
    "a Content-Type of comments": "raw = H + b'Content-Type: a/b;' + b'()' * 7_000 + b'x\\n\\nx'",
    "a thousand alternatives": (
        "raw = H + b'Content-Type: multipart/alternative; boundary=b\\n' +"
        " (b'\\n--b\\nContent-Type: text/html\\n\\n' + b'<i>' * 8_000) * 999"
    ),
    "two texts to compare": (
        "raw = (C('multipart/related; boundary=b') + b'\\n--b\\nContent-Type: text/html\\n\\n'"
        " + b'a b ' * 500_000 + b'\\n--b\\n\\n'"
        " + b''.join(b'%d ' % n for n in range(300_000)) + b'\\n--b--')"
    ),
    "thousands of addresses": "raw = b'To: ' + b', '.join(b'a%d@b.c' % n for n in range(20_000))",
}  # fmt: skip

MEASURE = f"""
import resource, sys, time
from engine.errors import MessageUnreadable
from engine.mime.email import email
from engine.mime.envelope import envelope
from engine.mime.glance import glance
N = {SIZE}
H = b'From: a@x.example\\n'
M = H + b'Content-Type: multipart/mixed; boundary=b\\n'
W = b'\\x78\\x9f\\x3e\\x22\\1\\0'
def C(kind): return H + b'Content-Type: ' + kind.encode() + b'\\n\\n'
def T(charset): return C('text/plain; charset=' + charset)
exec(sys.stdin.read())
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, begun = peak(), time.process_time()
try:
    envelope(raw)
    glance(raw)
    email(raw)
except MessageUnreadable as error:
    assert error.code == 'message_bomb'
print(time.process_time() - begun, peak() - before)
"""


@pytest.mark.parametrize("code", MAILS.values(), ids=MAILS)
def test_a_hostile_mail_costs_no_more_than_its_budget(code):
    done = subprocess.run(
        [sys.executable, "-c", MEASURE],
        input=code,
        env={**os.environ, "PYTHONPATH": str(ADDON)},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, megabytes = map(float, done.stdout.split())
    assert seconds < SECONDS * slowness()
    assert megabytes < MEGABYTES
