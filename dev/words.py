"""`python3 -m dev words [MAILS [SEED]]`: visible words that are lost on a mail's way to its body.

Random mails, most of them malformed, go from their bytes through the engine. What a reader sees of
each is asked of html5lib, which the product does not use: every word that it shows of the mail has
to be shown of the stored body. Odoo's sanitiser is asked what it would remove of that body, and
which quotes it would mark. Prints the figures; exits 1 if a word is lost or a body would change.
"""

from __future__ import annotations

import random
import re
import sys
import time
from email import charset
from email.message import EmailMessage

from . import sanitised, visible
from .console import say
from .paths import ADDON, ROOT

MAILS = 10_000

_WORD = re.compile(r"w[0-9]+q")

_TAGS = (
    "a b big blockquote body center code div dl dd dt em font h1 h2 i li ol p pre s small span "
    "strong sub table tbody td th thead tr u ul article section main figure details summary "
    "dialog form fieldset legend label button select option optgroup textarea xmp listing noscript "
    "noembed noframes iframe object template title style script svg math text tspan mi mtext "
    "video audio canvas html head o:p v:shape x-card marquee nobr center ruby rt dir menu address "
    "caption"
).split()
_VOID = (
    "area base basefont bgsound br col command embed frame hr image img input keygen link meta "
    "param picture source track wbr"
).split()
_ATTRIBUTES = (
    "", ' class="gmail_quote"', ' style="color:red"', " style='display:block;x:url(a)'", " x=1>",
    ' title="a > b"', " title='a < b'", ' alt="1"b="2"', " a=b/c", ' a="', " a='", " =x", ' "',
    " /", ' href="http://x.example/?a=1&copy=2"', " encoding='utf-8'", ' id="divRplyFwdMsg"',
    "\n a\n=\nb", ' border=0 width="1"', ' href="javascript:x()"', " onclick='x(\"y\")'", "/x/y",
    " <b",
)  # fmt: skip
_ODD = (
    "<!-- {} -->", "<!--[if mso]>{}<![endif]-->", "<![if !mso]>{}<![endif]>", "<!--->", "<!-->",
    "<!--[if !mso]><!-->{}<!--<![endif]-->", "<![CDATA[{}]]>", "<!DOCTYPE html>", "<?xml {} ?>",
    "</>", "</ x>", "< {}", "<3 {}", "a <{} b", "<>", "&amp;{}", "&#0;", "&#xD800;", "&nbsp;",
    "&bogus{};", "&lt;b&gt;", "\x00", "\x01", "\x0c", "\n>{}\n", "\n-- \n", "--!>", "<!-- {} --!>",
    "</p>", "</br>", "</body></html>", "</td>", "</table>", "</div></div>", "\u2028", "\ufeff",
    "<!{}>", "]]>", "<?{}>", "<style><!-- {} --></style>", "<script>if (a<b) {}</script>",
    "<title>{}</title>", "<svg><title/><text>{}</text></svg>", "<math><mi>{}</mi></math>",
    "<input value='{}'>", "<input type=hidden value={}>", "<plaintext>{}", "<!-- {}", "<style>{}",
    "<a href='{}", "<xmp><b>{}</xmp>", "<textarea><p>{}</textarea>", "<title>{}", "<frameset>{}",
)  # fmt: skip


class Writer:
    """Writes one mail after another, each word in it another one."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.number = 0

    def word(self) -> str:
        self.number += 1
        return f"w{self.number}q"

    def html(self) -> str:
        """Return a document, a piece of one, or several."""
        documents = self.random.choice((1, 1, 1, 2, 3))
        return "\n".join(self.document() for _ in range(documents))

    def document(self) -> str:
        pieces = "".join(self.piece() for _ in range(self.random.randrange(1, 40)))
        if self.random.random() < 0.05:
            deep = self.random.choice(("blockquote", "div", "table><tr><td", "b", "x", "p><font"))
            pieces += f"<{deep}>{self.word()} " * self.random.randrange(100, 400)
        shape = self.random.choice(("{}", "<html><body>{}</body></html>", "<body>{}", "{}</html>"))
        return shape.replace("{}", pieces) + self.word()

    def piece(self) -> str:
        """Return a word, a tag, or something odd."""
        choice = self.random.random()
        if choice < 0.45:
            return f" {self.word()} "
        if choice < 0.65:
            return f"<{self.case(self.random.choice(_TAGS))}{self.attributes()}>"
        if choice < 0.78:
            return f"</{self.case(self.random.choice(_TAGS))}>"
        if choice < 0.88:
            return f"<{self.random.choice(_VOID)}{self.attributes()}>"
        return self.random.choice(_ODD).replace("{}", self.word())

    def case(self, name: str) -> str:
        return name.upper() if self.random.random() < 0.1 else name

    def attributes(self) -> str:
        return self.random.choice(_ATTRIBUTES) if self.random.random() < 0.3 else ""

    def mail(self) -> tuple[bytes, str]:
        """Return a mail, and its HTML."""
        source = self.html()
        message = EmailMessage()
        message["From"], message["Subject"] = "lena@customer.example", "Words"
        charset_ = charset.Charset("utf-8")
        charset_.body_encoding = self.random.choice((charset.QP, charset.BASE64))
        message["MIME-Version"] = "1.0"
        message["Content-Type"] = 'text/html; charset="utf-8"'
        encoding = "quoted-printable" if charset_.body_encoding == charset.QP else "base64"
        message["Content-Transfer-Encoding"] = encoding
        body = charset_.body_encode(source)
        return f"{message.as_string().rstrip()}\n\n{body}".encode(), source


def lost(source: str, stored: str) -> list[str]:
    """Return the words that a reader sees of a source and not of what is stored."""
    there = set(_WORD.findall(visible.text(stored, styles=False)))
    return [word for word in _WORD.findall(visible.text(source)) if word not in there]


def run(*args: str) -> int:
    """Make mails, and say how many visible words were lost."""
    mails = int(args[0]) if args else MAILS
    seed = int(args[1]) if len(args) > 1 else random.randrange(2**32)
    sys.path[:0] = [str(ADDON), str(ROOT)]
    from engine.markup import body
    from engine.mime import email

    writer, begun, words, missing, changed = Writer(seed), time.monotonic(), 0, 0, 0
    for _ in range(mails):
        raw, source = writer.mail()
        mail = email.email(raw)
        unmarked, stored = (
            made.html(lambda part: "/web/image/1") for made in (body.unmarked(mail), body.of(mail))
        )
        words += len(_WORD.findall(visible.text(source)))
        gone = lost(source, stored)
        missing += len(gone)
        if gone and missing < 50:
            say(f"lost {gone[:5]} of {source[:1500]!r}\n as {stored[:800]!r}")
        if otherwise := sanitised.marked_otherwise(unmarked, stored) or sanitised.removed(stored):
            changed += 1
            say(f"{otherwise} in {source[:1500]!r}")
    seconds = time.monotonic() - begun
    say(f"{mails} mails (seed {seed}), {words} visible words, {missing} lost, {seconds:.0f} s")
    say(f"{changed} bodies that Odoo's sanitiser would change")
    return 1 if missing or changed else 0
