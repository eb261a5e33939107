"""`python3 -m dev words [MAILS [SEED]]`: visible words that are lost on a mail's way to its body.

Random mails, most of them malformed, go from their bytes through the engine. What a reader sees of
each is asked of html5lib, and of a sample of them also of Chromium; the product uses neither. Every
word that they show of the mail has to be in the stored body, and shown of it by Chromium. Odoo's
sanitiser is asked what it would remove of that body, and which quotes it would mark. Prints the
figures; exits 1 if a word is lost or a body would change.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Sequence
from email import charset
from email.message import EmailMessage

from . import browsed, sanitised, visible
from .console import say
from .paths import ADDON, ROOT

MAILS = 10_000
#: Those of them that are shown in a browser.
BROWSED = 500

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
    " <b", " hidden", " Hidden=''", ' style="display:none"', " style='DISPLAY : none'",
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
#: Pieces that hold others: each {} is a word or more, and some odd thing or tag.
_NESTS = (
    "<table><tr><td><svg>{}<desc>{}</desc></svg>{}</td></tr></table>{}",
    "<p><svg><path/>{}</p>{}</svg>", "<table><tr><td><math><mi>{}</mi>{}</table>{}</math>{}",
    "<svg><foreignObject><div>{}</div>{}</foreignObject>{}</svg>{}",
    "<svg><foreignObject><p>{}</foreignObject><style>{}</style></svg>{}",
    "<table><svg><foreignObject><tr>{}<style>{}</style>{}</svg>{}", "<math><svg><style>{}</math>{}",
    "<math><annotation-xml encoding='text/html'>{}<svg>{}</annotation-xml><title>{}</title></math>",
    "<svg><font>{}<font color=red>{}<xmp>{}</xmp></svg>{}", "<svg/>{}<math/>{}<svg><svg>{}</svg>{}",
    "<svg><title><b>{}</b></title><style>{}<i>{}</i></style><script>{}</script><text>{}</text></svg>",
    "<svg><![CDATA[{}<b>{}]]></svg><![CDATA[{}>{}]]>", "<math><mtext><table>{}<mglyph>{}</math>{}",
    "<select><option>{}<optgroup>{}<style>{}</style></select>{}", "<select>{}<table>{}</select>{}",
    "<select><option>{}<textarea>{}</textarea>{}", "<select><svg>{}<title>{}</title></select>{}",
    "<template>{}<svg>{}</template>{}", "<template><col><style>{}</template>{}</style>{}",
    "<noscript>{}<style>{}</style></noscript>{}",
    "<noscript><p title='</noscript>{}'>{}</noscript>",
    "<frameset><frame src=x>{}<noframes>{}</noframes></frameset>{}",
    "<html><head><title>{}</title><style>{}</style></head><body>{}</body></html>{}",
    "<body><html><body>{}</body></html><head>{}</head>{}",
    "<xml><o:p>{}</o:p><w:x>{}</w:x></xml>{}", "<!--[if gte mso 9]><xml>{}</xml><![endif]-->{}",
    "<!--[if mso]><table><tr><td>{}<![endif]-->{}", "<!--[if !mso]>-->{}<!--<![endif]-->{}",
    "<!--[if (mso)|(IE)]>{}<![endif]-->{}", "<![if !vml]>{}<![endif]>{}",
    "<!--[if !vml]-->{}<!--[endif]-->{}", "<!--[if mso]>{}<style>{}",
    "<o:p>{}</o:p>{}<v:rect><v:textbox>{}</v:textbox></v:rect><w:wrap/>{}",
    "<style>{}<!-- {} </style>{} -->{}", "<script><!-- <script>{}</script>{} --></script>{}",
    "<script><!--<script </script>{}<title></script>{}</title>{}",
    "<script><!--><script></script>{}", "<style style='display:block'>{}<!-- {}</style>{}",
    "<option>{}<title>{}</title></option>{}", "<textarea>{}<!-- {} </textarea>{} -->{}",
    "<xmp>{}</XMP >{}", "<title>{}</titlex>{}</title/>{}", "<iframe>{}<xmp>{}</iframe>{}</xmp>{}",
    "<noembed>{}<style>{}</noembed>{}</style>{}", "<!-- {} --!>{}<!-- {} -- >{}-->{}",
    "<!-- {} --{}->{}-->{}", "<a title='>{}'>{}</a>", '<img alt="{}>">{}<a href="<b>{}">{}</a>',
    "<!DOCTYPE html [<!ENTITY x '{}'>]>{}", "\ufeff<html>{}</html>\ufeff{}",
    "{}\x00{}<b\x00>{}</b\x00>", "<button>{}<button>{}</button>{}",
    "<a>{}<table><a>{}</table>{}</a>{}", "<b><p>{}</b>{}</p>{}", "<li>{}<ul><li>{}</ul>{}",
    "<table>{}<tr>{}<td>{}<table><caption>{}<td>{}</table>{}</table>{}",
    "<ruby>{}<rt>{}<rp>{}</ruby>",
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
        if self.random.random() < 0.0005:
            deep = self.random.choice(("x", "span", "b", "table><tr><td"))
            pieces += f"<{deep}>" * 10_000 + self.word() + f"</{deep}>" * 10 + self.word()
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
        if choice < 0.96:
            return self.random.choice(_ODD).replace("{}", self.word())
        return self.nest()

    def nest(self) -> str:
        """Return one of the nests, filled; at times with others."""
        first, *others = self.random.choice(_NESTS).split("{}")
        return first + "".join(self.filling() + other for other in others)

    def filling(self) -> str:
        pieces = self.random.choice((0, 0, 0, 0, 1, 2))
        return f" {self.word()} " + "".join(self.piece() for _ in range(pieces))

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
    there = set(_WORD.findall(visible.stored(stored)))
    return [word for word in _WORD.findall(visible.text(source)) if word not in there]


def lost_in_browser(sources: Sequence[str], stored: Sequence[str]) -> tuple[int, list[str]]:
    """Return how many words a browser shows of the sources, and those not of what is stored."""
    shown = [_WORD.findall(text) for text in browsed.texts([*sources, *stored])]
    there = {word for words in shown[len(sources) :] for word in words}
    seen = [word for words in shown[: len(sources)] for word in words]
    return len(seen), [word for word in seen if word not in there]


def run(*args: str) -> int:
    """Make mails, and say how many visible words were lost."""
    mails = int(args[0]) if args else MAILS
    seed = int(args[1]) if len(args) > 1 else random.randrange(2**32)
    sys.path[:0] = [str(ADDON), str(ROOT)]
    from engine.markup import body
    from engine.mime import email

    writer, begun, words, missing, changed = Writer(seed), time.monotonic(), 0, 0, 0
    browsed_mails = set(random.Random(seed).sample(range(mails), min(mails, BROWSED)))
    sample: list[tuple[str, str]] = []
    for number in range(mails):
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
        if number in browsed_mails:
            sample.append((source, stored))
    seconds = time.monotonic() - begun
    say(f"{mails} mails (seed {seed}), {words} visible words, {missing} lost, {seconds:.0f} s")
    say(f"{changed} bodies that Odoo's sanitiser would change")
    seen, gone = lost_in_browser(*zip(*sample, strict=True))
    if gone:
        say(f"lost in Chromium: {gone[:20]}")
    say(f"in Chromium, {len(sample)} of them: {seen} visible words, {len(gone)} lost")
    return 1 if missing or changed or gone else 0
