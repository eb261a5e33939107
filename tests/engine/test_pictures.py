"""The pictures of a mail, in its text: by whatever element and address it refers to them."""

import base64

import pytest

from dev import visible
from engine.markup import body
from engine.mime.email import email
from engine.values import Attachment, Email, Envelope, Omitted
from tests.engine.mails import HEAD, mail, multi, names, part

PIXEL = "data:image/png;base64,iVBORw0KGgo="


def html(source: str, *files: Attachment) -> str:
    """Return what is stored of a mail's HTML; its file number 1 is at ``/part/1``."""
    made = body.of(Email(Envelope(), html=source, attachments=files))
    return made.html(lambda part: f"/{'part' if part.is_picture else 'file'}/{part.file + 1}")


def picture(content_id: str = "", location: str = "", name: str = "a.png") -> Attachment:
    return Attachment(name, "image/png", b"\x89PNG", content_id, location)


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("cid:logo@x", picture("logo@x")),
        ("CID:logo@x", picture("logo@x")),
        (" cid:logo@x ", picture("logo@x")),
        ("cid:logo%40x", picture("logo@x")),
        ("cid:logo%40x", picture("logo%40x")),
        ("cid:LOGO@X", picture("logo@x")),
        ("cid:<logo@x>", picture("logo@x")),
        ("cid:my%20logo@x", picture("mylogo@x")),  # a header has no spaces in an id
        ("cid:my logo@x", picture("mylogo@x")),
        ("mid:1@x.example/logo@x", picture("logo@x")),
        ("logo@x", picture("logo@x")),
        ("image001.png", picture(name="image001.png")),
        ("cid:image001.png", picture(name="image001.png")),
        ("http://x.example/a.png", picture(location="http://x.example/a.png")),
        ("images/a%20b.png", picture(location="images/a b.png")),
        ("images/a b.png", picture(location="images/a%20b.png")),
        ("./images/a.png", picture(location="images/a.png")),
        ("images/a.png", picture(location="./images/a.png")),
        ("images/a.png", picture(location="http://x.example/mail/images/a.png", name="b.png")),
        ("../images/a.png", picture(location="http://x.example/images/a.png", name="b.png")),
        ("/images/a.png", picture(location="http://x.example/images/a.png", name="b.png")),
        ("//x.example/images/a.png", picture(location="http://x.example/images/a.png", name="b")),
        ("thismessage:/a.png", picture(location="a.png", name="b.png")),
        ("thismessage:/a.png", picture(location="thismessage:/a.png", name="b.png")),
        ("cid://logo@x", picture("logo@x")),
        ("cid:logo@x?size=2", picture("logo@x")),
        ("cid:logo@x#2", picture("logo@x")),
        ("a.png?v=2", picture(location="a.png", name="b.png")),
    ],
)
def test_a_picture_of_the_mail_is_shown(address, file):
    assert visible.pictures(html(f'<img src="{address}">', file)) == ["/part/1"]


def test_an_id_that_another_begins_with_is_another():
    files = [picture("image1"), picture("image10"), picture("image11")]
    source = "<img src=cid:image11><img src=cid:image1><img src=cid:image10>"
    assert visible.pictures(html(source, *files)) == ["/part/3", "/part/1", "/part/2"]


def test_ids_that_differ_in_their_case_are_two():
    source = "<img src=cid:Logo><img src=cid:logo>"
    assert visible.pictures(html(source, picture("logo"), picture("Logo"))) == [
        "/part/2",
        "/part/1",
    ]


def test_what_looks_like_a_reference_in_the_text_stays_text():
    assert visible.text(html("<p>Write cid:logo, Lena</p>")) == "Write cid:logo, Lena"


@pytest.mark.parametrize(
    "source",
    [
        "<table background='cid:logo'><td>x</table>",
        "<div style='color:red; background: #fff url(\"cid:logo\") no-repeat'>x</div>",
        "<div style='background:linear-gradient(#0008, #000), url(cid:logo) center/cover'>x</div>",
        "<div style='background-image:url(http://x.example/a), url(cid:logo)'>x</div>",
    ],
)
def test_a_picture_in_the_background_is_shown(source):
    assert "background-image:url(/part/1)" in html(source, picture("logo"))


def test_a_picture_from_elsewhere_leaves_its_words():
    assert (
        html('<img src="https://x.example/seen.gif" alt="Roof">') == '<div><img alt="Roof"></div>'
    )


@pytest.mark.parametrize(
    "source",
    [
        "<object data=cid:logo type=image/png></object>",
        "<object data=cid:logo><img src=cid:logo></object>",
        "<object data='&#99;id:logo'><p><img src=cid:logo alt=x></p></object>",
        "<embed src=cid:logo>",
        "<input type=image src=cid:logo>",
        "<picture><source srcset='cid:logo 1x, cid:other 2x'><img src=http://x.example/a></picture>",
        "<picture><source srcset=http://x.example/b><source srcset=cid:logo><img alt=x></picture>",
        "<picture><source media='(prefers-color-scheme: dark)' srcset=cid:other>"
        "<source srcset=cid:logo><img src=a></picture>",
        "<picture><source srcset=cid:other><img src=cid:logo></picture>",
        "<picture><source srcset=cid:other></picture><picture><img src=cid:logo></picture>",
        "<img srcset='cid:logo 2x'>",
        "<img srcset='http://x.example/a,b 1x,cid:logo 2x'>",
        "<picture><source srcset=cid:other></picture><img src=cid:logo>",
        "<img src=http://x.example/a srcset='http://x.example/b 1x, cid:logo 2x'>",
        "<svg><image xlink:href=cid:logo /></svg>",
    ],
)
def test_a_picture_is_shown_once_by_whatever_element(source):
    files = picture("logo"), picture("other", name="b.png")
    assert visible.pictures(html(source, *files)) == ["/part/1"]


@pytest.mark.parametrize("tag", ["object data=cid:plan", "embed src=cid:plan"])
def test_a_file_that_is_no_picture_is_not_shown_as_one(tag):
    plan = Attachment("plan.pdf", "application/pdf", b"%PDF", "plan")
    assert html(f"<{tag}>Words", plan) in (
        "<div><span>Words</span></div>", "<div>Words</div>"
    )  # fmt: skip


def test_a_link_to_a_part_leads_to_the_file():
    assert 'href="/file/1"' in html("<a href='cid:plan'>Plan</a>", picture("plan"))


def test_a_picture_inside_its_tag_is_shown():
    assert visible.pictures(html(f'<img src="{PIXEL}">')) == [PIXEL]


# --- large pictures in their tags ----------------------------------------------------------------

LARGE = b"\x89PNG" + bytes(range(256)) * 1200


def in_tag(content: bytes, kind: str = "image/png") -> str:
    return f'<img src="data:{kind};base64,{base64.b64encode(content).decode()}">'


def seen(found: Email) -> list[bytes]:
    """Return the pictures that are shown in the text of a mail."""
    shown = visible.pictures(body.of(found).html(lambda part: f"{part.file}"))
    return [found.attachments[int(number)].content for number in shown]


def test_a_large_picture_in_its_tag_is_a_file_that_is_shown():
    source = f"<p>Look {in_tag(LARGE)} and {in_tag(LARGE[::-1])} here"
    found = mail(part(source, "text/html"))
    assert names(found) == ["image.png", "image.png"]
    assert seen(found) == [LARGE, LARGE[::-1]]
    assert visible.text(found.html) == "Look and here"


def test_words_behind_a_picture_that_stands_in_the_text_stay():
    large = base64.b64encode(LARGE).decode()
    found = mail(part(f"<p>See data:image/png;base64,{large} text after</p>", "text/html"))
    assert visible.text(found.html).endswith("text after")


def test_a_large_picture_whose_lines_are_broken_is_a_file():
    lines = base64.encodebytes(LARGE).decode()
    found = mail(part(f'<img src="data:image/png;base64,{lines}"> behind', "text/html"))
    assert seen(found) == [LARGE]
    assert visible.text(found.html) == "behind"


def test_a_small_picture_in_its_tag_stays_there():
    small = in_tag(LARGE[:1000])
    found = mail(part(small, "text/html"))
    assert (found.html, found.attachments) == (small, ())


def test_large_pictures_in_the_tags_of_two_texts_are_all_shown():
    kind = "image/jpeg;name=a.jpg"
    texts = [part(in_tag(one, kind), "text/html") for one in (LARGE, LARGE[6:])]
    assert seen(mail(multi("mixed", *texts))) == [LARGE, LARGE[6:]]


def test_a_large_picture_in_its_tag_that_is_cut_is_named():
    raw = HEAD + part(f"<p>Look {in_tag(LARGE)}", "text/html")
    found = email(raw[:350_000], truncated=True)
    assert found.attachments == ()
    assert Omitted("mail_too_large", "image.png") in found.omitted
