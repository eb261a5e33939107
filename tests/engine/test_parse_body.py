"""What is shown of a mail: its text, readable, and the right one of several."""

import pytest

from engine.values import Attachment
from tests.engine.mails import PDF, mail, multi, names, part


def test_a_mail_of_plain_text_has_text_and_no_html():
    found = mail(part("Grüße\r\naus Köln\r\n"))
    assert (found.text, found.html, found.attachments) == ("Grüße\naus Köln\n", "", ())


def test_a_mail_without_any_content_type_is_text():
    assert mail(b"\r\nhello").text == "hello"


def test_an_html_mail_is_kept_as_the_sender_made_it():
    html = '<p onclick="x()">Hi <img src="cid:logo@x"></p>'
    assert mail(part(html, "text/html; charset=utf-8")).html == html


def test_of_two_renditions_the_html_is_shown():
    found = mail(multi("alternative", part("plain"), part("<p>rich</p>", "text/html")))
    assert (found.html, found.text) == ("<p>rich</p>", "")


def test_an_html_rendition_that_is_empty_does_not_hide_the_text():
    found = mail(multi("alternative", part("plain"), part(" \r\n", "text/html")))
    assert (found.html, found.text) == ("", "plain")


def test_the_amp_rendition_of_a_newsletter_is_no_file():
    amp = part("<html amp4email></html>", "text/x-amp-html")
    found = mail(multi("alternative", part("plain"), amp, part("<p>rich</p>", "text/html")))
    assert (found.html, found.attachments) == ("<p>rich</p>", ())


def test_a_rendition_in_a_rare_format_is_shown_where_it_is_the_only_one():
    found = mail(multi("alternative", part("<bold>x</bold>", "text/enriched")))
    assert (found.text, found.attachments) == ("x", ())


def test_several_texts_are_joined_in_order():
    found = mail(multi("mixed", part("one"), part("two")))
    assert found.text == "one\ntwo"


def test_text_around_a_picture_is_joined_and_the_picture_kept():
    found = mail(multi("mixed", part("above"), part(b"png", "image/png"), part("below")))
    assert found.text == "above\nbelow"
    assert names(found) == ["image.png"]


def test_a_footer_of_plain_text_below_html_is_shown_with_it():
    found = mail(multi("mixed", part("<p>body</p>", "text/html"), part("a < b\nlist footer")))
    assert found.html == "<p>body</p>\n<p>a &lt; b<br/>\nlist footer</p>"


def test_pictures_in_the_html_keep_their_content_id():
    html = part('<img src="cid:logo@x">', "text/html")
    logo = part(
        b"png", "image/png; name=logo.png", content_id="<logo@x>", content_disposition="inline"
    )
    found = mail(multi("alternative", part("plain"), multi("related", html, logo)))
    assert found.html == '<p>plain</p>\n<img src="cid:logo@x">'
    assert found.attachments == (Attachment("logo.png", "image/png", b"png", "logo@x"),)


@pytest.mark.parametrize(
    "shown",
    ["object data=cid:logo@x", "input type=image src=cid:logo@x", "picture><source srcset=a"],
)
def test_html_of_nothing_but_a_picture_is_shown_besides_the_text(shown):
    found = mail(multi("alternative", part("plain"), part(f"<{shown}>", "text/html")))
    assert found.html == f"<p>plain</p>\n<{shown}>"


def test_the_root_of_related_parts_may_be_named_and_not_come_first():
    html = part("<p>root</p>", "text/html", content_id="<root@x>")
    picture = part(b"png", "image/png", content_id="<p@x>")
    assert mail(multi('related; start="<root@x>"', picture, html)).html == "<p>root</p>"


def test_a_mail_from_apple_with_files_between_the_texts():
    rich = multi(
        "mixed", part("<p>1</p>", "text/html"), part(PDF, "application/pdf; name=a.pdf"),
        part("<p>2</p>", "text/html"),
    )  # fmt: skip
    found = mail(multi("alternative", part("1\n2"), rich))
    assert found.html == "<p>1</p>\n<p>2</p>"
    assert found.attachments == (Attachment("a.pdf", "application/pdf", PDF),)


def test_paragraphs_that_were_broken_for_old_screens_are_whole_again():
    text = "A long \r\nparagraph.\r\n> quoted \r\n> words\r\n-- \r\nAnn"
    found = mail(part(text, "text/plain; format=flowed"))
    assert found.text == "A long paragraph.\n> quoted words\n-- \nAnn"
    delsp = mail(part("長い \r\n文", "text/plain; charset=utf-8; format=flowed; delsp=yes"))
    assert delsp.text == "長い文"


@pytest.mark.parametrize(
    ("charset", "data", "read"),
    [
        ("; charset=iso-8859-1", "Grüße €".encode("cp1252"), "Grüße €"),
        ('; charset="utf-8""', "Grüße".encode(), "Grüße"),
        ("; charset='UTF8'", "Grüße".encode(), "Grüße"),
        ("; charset=x-unknown", "Grüße".encode(), "Grüße"),
        ("; charset=x-unknown", "Grüße".encode("latin-1"), "Grüße"),
        ("; charset=us-ascii", "Grüße".encode(), "Grüße"),
        ("; charset=utf-8", "Grüße".encode("latin-1"), "Gr\ufffd\ufffde"),
        ("; charset=shift_jis", "①日本".encode("cp932"), "①日本"),
        ("; charset=utf-16", "Grüße".encode("utf-16"), "Grüße"),
        ("; charset=utf-7", b"a+2AA-b", "a\ufffdb"),
        ("; charset=zlib", b"abc", "abc"),
        ("", b"a\0b", "ab"),
        ("", "\ufeffGrüße".encode(), "Grüße"),
    ],
)
def test_text_is_readable_whatever_its_charset_claims(charset, data, read):
    raw = b"Content-Type: text/plain" + charset.encode() + b"\r\n\r\n" + data
    if "utf-8" in charset and "\ufffd" in read:
        read = "Grüße"  # what is not UTF-8 is what Windows wrote
    assert mail(raw).text == read


def test_html_without_a_charset_says_it_in_its_head():
    html = '<head><meta charset="koi8-r"></head>привет'
    assert mail(b"Content-Type: text/html\r\n\r\n" + html.encode("koi8-r")).html == html


LINK = "https://shop.example/a/very/long/path/to/an/offer/that/we/have/made/only/for/you"


@pytest.mark.parametrize(
    ("encoding", "body", "read"),
    [
        ("quoted-printable", "Gr=C3=BC=C3=9Fe=\r\n!", "Grüße!"),
        ("QUOTED-PRINTABLE", "100=% =ZZ", "100=% =ZZ"),
        ("quoted-printable", "bis= \r\n bald=\t \r\n!", "bis bald!"),
        ("base64", "R3LDvMOfZQ==", "Grüße"),
        ("base64", "R3LDvMOfZQ", "Grüße"),
        ("base64", "R3LD\r\nvMOf!!ZQ==\r\n--\r\nfooter of a list", "Grüße"),
        ("base64", "R3LDvA==\r\nw59l\r\nIQ==\r\n", "Grüße!"),
        ("base64", "w7_Dv35-\r\nPz8gR3LDvMOfZQ==", "ÿÿ~~?? Grüße"),
        ("base64", "SGVsbG8gQW5uLCBoZWxs\r\n________________\r\nList-name x", "Hello Ann, hell"),
        ("base64", "SGVsbG8gQW5uLCBoZWxs\r\n____\r\nlist, to leave it\r\n", "Hello Ann, hell"),
        ("base64", "SGVsbG8g\r\n!!!!\r\nQW5uLCBo\r\nZWxs\r\n", "Hello Ann, hell"),
        ("base64", "R3LDvMOfZSBhdXMgS8\xf6O2bG4sIExlbmEgTWVpZXI=", "Grüße aus Köln, Lena Meier"),
        ("base64", "!R3LDvMOfZSBhdXMg*S8O2bG4sIExlbmEgTWVpZXI=", "Grüße aus Köln, Lena Meier"),
        ("base64", "R3LDvMOfZSBhdXMgS8O2 bG4sIExlbmE=", "Grüße aus Köln, Lena"),
        ("base64", "R3LDvMOfZSBhdXMg\rS8O2bG4sIExlbmE=\r", "Grüße aus Köln, Lena"),
        ("base64", LINK, LINK),
        ("base64", "Rechnungsbestaetigung.", "Rechnungsbestaetigung."),
        ("base64", "Mailinglistenverwaltung kuendigen", "Mailinglistenverwaltung kuendigen"),
        ("quoted-printable", "bis=\rbald=\r\r\n!", "bisbald!"),
        ("quoted-printable", "a == b, =3D=3D, ====.", "a == b, ==, ====."),
        ("base64", "Dear\r\nlady, send it\r\nby Monday.", "Dear\nlady, send it\nby Monday."),
        ("8bit", "Grüße", "Grüße"),
        ("nonsense", "Grüße", "Grüße"),
        ("x-uuencode", "begin 644 a\r\n#0V%T\r\n`\r\nend", "Cat"),
    ],
)
def test_text_is_readable_whatever_its_transfer_encoding(encoding, body, read):
    assert mail(part(body, content_transfer_encoding=encoding)).text == read


def test_richtext_has_no_line_breaks_of_its_own():
    text = "<bold>Hi</bold> a<lt>b\r\nthere\r\n\r\nyou<nl>line<comment>unseen</comment>\r\nend"
    assert mail(part(text, "text/richtext")).text == "Hi a<b there you\nline end"


def test_an_invitation_does_not_say_what_its_alarm_says():
    alarm = "BEGIN:VALARM\r\nDESCRIPTION:Reminder\r\nEND:VALARM\r\n"
    text = f"BEGIN:VEVENT\r\nSUMMARY:Demo\r\n{alarm}LOCATION:Room 5\r\n{alarm}END:VEVENT\r\n"
    assert mail(part(text, "text/calendar")).text == "Demo\nRoom 5"


def test_an_invitation_may_speak_of_alarms():
    text = "BEGIN:VEVENT\r\nSUMMARY:About BEGIN:VALARM in ics\r\nDESCRIPTION:All\r\nEND:VEVENT\r\n"
    assert mail(part(text, "text/calendar")).text == "About BEGIN:VALARM in ics\nAll"


def test_the_first_piece_of_a_mail_in_pieces_is_the_beginning_of_that_mail():
    inner = "Subject: Whole\r\nContent-Type: text/plain\r\n\r\nFirst half"
    found = mail(part(inner, 'message/partial; id="x@y"; number=1; total=2'))
    assert found.text == "First half"
    assert [one.name for one in found.attachments] == ["Whole.eml"]
    assert mail(part("second", 'message/partial; id="x@y"; number=2; total=2')).text == "second"


@pytest.mark.parametrize("kind", ["html", "text/htm", "text\\html", "TEXT/HTM; charset=utf-8"])
def test_a_misspelt_type_of_html_is_html(kind):
    assert mail(part("<p>x</p>", kind)).html == "<p>x</p>"


def test_an_empty_field_of_a_part_does_not_hide_the_one_behind_it():
    head = b"Content-Type:\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: \r\n"
    found = mail(head + b"Content-Transfer-Encoding: base64\r\n\r\nPHA+eDwvcD4=\r\n")
    assert found.html == "<p>x</p>"
