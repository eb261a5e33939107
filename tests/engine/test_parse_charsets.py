"""Text is readable whatever its charset is and whatever its label says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.copies import same_mail
from engine.mime.charsets import MARK, decode
from engine.mime.detection import detected
from engine.mime.email import email
from engine.mime.envelope import envelope
from engine.mime.labels import ISO_2022, charset_of

RUSSIAN = "Здравствуйте, пришлите предложение до понедельника. Спасибо"
JAPANESE = "見積書をお願いします。よろしく"
CHINESE = "請儘快發送報價單，謝謝。我們等待您的回覆。"
HEBREW = "שלום, אנא שלחו לנו הצעת מחיר עד יום שני. תודה רבה לכם"
POLISH = "Dzień dobry, proszę o przesłanie oferty do poniedziałku. Dziękuję"
ESC = b"\x1b"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ('utf-8"', "utf-8"), ("UTF8", "utf-8"), ("utf-8; format=flowed", "utf-8"),
        ("utf8mb4", "utf-8"), ("iso-8859-1", "cp1252"), ("iso-8859-1*en", "cp1252"),
        ("latin1", "cp1252"), ("8859-1", "cp1252"), ("iso-8859-9", "cp1254"),
        ("iso_8859-15", "iso8859-15"), ("iso-8859-8-i", "iso8859-8"), ("windows-874", "cp874"),
        ("tis-620", "cp874"), ("x-cp1251", "cp1251"), ("win-1251", "cp1251"),
        ("windows 1252", "cp1252"), ("cp-850", "cp850"), ("cp65001", "utf-8"),
        ("windows-31j", "cp932"), ("x-sjis", "cp932"), ("ms932", "cp932"), ("eucjp-ms", "euc_jp"),
        ("gb2312", "gb18030"), ("gb_2312-80", "gb18030"), ("x-gbk", "gb18030"),
        ("cn-gb", "gb18030"), ("cp936", "gb18030"), ("big5", "big5hkscs"), ("cp950", "big5hkscs"),
        ("big5-hkscs", "big5hkscs"), ("windows-949", "cp949"), ("ks_c_5601-1987", "cp949"),
        ("euc-kr", "cp949"), ("uhc", "cp949"), ("x-mac-cyrillic", "mac-cyrillic"),
        ("x-mac-ce", "mac-latin2"), ("macintosh", "mac-roman"), ("unicode-1-1-utf-7", "utf-7"),
        ("hz-gb-2312", "hz"), ("iso-2022-jp", ISO_2022), ("cp50220", ISO_2022),
        ("iso-2022-kr", ISO_2022), ("iso-2022-cn", ISO_2022), ("koi8-r", "koi8-r"),
        ("windows-cp1251", "cp1251"), ("CHINESEBIG5_CHARSET", "big5hkscs"),
        ("RUSSIAN_CHARSET", "cp1251"), ("GB2312_CHARSET", "gb18030"),
        ("text/html; charset=windows-1251", "cp1251"), ("charset=utf-8", "utf-8"),
        ("134", "gb18030"), ("204", "cp1251"), ("1251", "cp1251"), ("x-big5", "big5hkscs"),
        ("IBM00858", "cp858"), ("x-cp50227", ISO_2022), ("x-cp20936", "gb18030"),
        ("ISO-8859-1-Windows-3.1-Latin-1", "cp1252"),
        ("windows-1252http-equivcontent-type", "cp1252"), ("koi8-r<br>", "koi8-r"),
        ("VISCII", "mail_viscii"), ("x-viet-tcvn5712", "mail_tcvn"), ("ARMSCII-8", "mail_armscii"),
        ("GEORGIAN-PS", "mail_georgian_ps"), ("geostd8", "mail_georgian_ps"), ("mik", "mail_mik"),
        ("koi8-t", "koi8-t"), ("hp-roman8", "hp-roman8"), ("csHPRoman8", "hp-roman8"),
        ("ISO-IR-100", "cp1252"), ("iso-ir-203", "iso8859-15"), ("csUTF8", "utf-8"),
        ("csUTF16", "utf-16"), ("csUnicode11UTF7", "utf-7"), ("csTIS620", "cp874"),
        ("cp737", "cp737"), ("x-mac-arabic", "mac-arabic"), ("x-mac-croatian", "mac-croatian"),
        ("x-mac-icelandic", "mac-iceland"), ("windows-10010", "mac-romanian"),
        ("windows-28597", "iso8859-7"), ("windows-38598", "iso8859-8"), ("latin-2", "iso8859-2"),
        ("ansi-1251", "cp1251"), ("ucs-2be", "utf-16-be"), ("cp12000", "utf-32-le"),
        ("x-utf-8", "utf-8"), ("cs", ""), ("cszlib", ""),
        ("us-ascii", ""), ("unknown-8bit", ""), ("x-unknown", ""), ("", ""), ('""', ""),
        ("zlib", ""), ("unicode_escape", ""), ("idna", ""), ("no such", ""),
    ],
)  # fmt: skip
def test_a_label_is_known_by_the_names_that_mailers_give_it(label, codec):
    assert charset_of(label) == codec


@pytest.mark.parametrize(
    ("label", "data", "read"),
    [
        # A vendor's rows and half-width kana.
        ("iso-2022-jp", ESC + b"$B-!3t<02q<R" + ESC + b"(B", "①株式会社"),
        ("iso-2022-jp", ESC + b"(I@.6" + ESC + b"(B", "ﾀｮｶ"),
        ("iso-2022-jp", ESC + b"$@8+@Q" + ESC + b"(J x", "見積 x"),
        ("iso-2022-jp", ESC + b"$B8+@Q\n" + b"x", "見積\nx"),
        ("iso-2022-jp", ESC + b"(J\x0e6@6E\x0f " + ESC + b"$B8+@Q", "ｶﾀｶﾅ 見積"),
        ("shift_jis", "見積①㈱ﾃｽﾄ".encode("cp932"), "見積①㈱ﾃｽﾄ"),
        ("euc-jp", b"\xc0\xc1\xb5\xe1 \xad\xa1", "請求 ①"),
        ("big5", bytes.fromhex("f9d8f9da"), "裏恒"),
        ("big5", bytes.fromhex("9dee94dc"), "㗎啫"),
        ("gb2312", "請看€".encode("gb18030"), "請看€"),
        ("gbk", b"\x80 5", "€ 5"),
        ("euc-kr", "펲 똠".encode("cp949"), "펲 똠"),
        ("iso-2022-kr", "한국어 x".encode("iso2022_kr"), "한국어 x"),
        ("iso-2022-cn", ESC + b"$)A\x0e=;;;\x0f x", "交换 x"),
        ("hz-gb-2312", b"~{<:Ky2;S{~} x", "己所不欲 x"),
        ("utf-7", b"Gr+APwA3w-e", "Grüße"),
        ("x-mac-cyrillic", "Привет".encode("mac_cyrillic"), "Привет"),
        ("iso-8859-1", "Grüße €".encode("cp1252"), "Grüße €"),
        ("utf-16", "Grüße".encode("utf-16"), "Grüße"),
        ("utf-16", "Grüße".encode("utf-16-be"), "Grüße"),
        ("utf-16", "Grüße".encode(), "Grüße"),
        ("utf-8", b"\xff\xfeG\0r\0\xfc\0", "Grü"),
        ("viscii", b"B\xe1o gi\xe1 \xf0\xe3 g\xd8i, TR\x9aNG", "Báo giá đã gửi, TRỌNG"),
        ("tcvn", b"B\xb8o gi\xb8 \xae\xb7 g\xf6i, TR\xa2N TR\x96NG", "Báo giá đã gửi, TRÂN TRỌNG"),
        ("windows-1258", b"Ti\xea\xecng Vi\xea\xf2t", "Tiếng Việt"),
        ("georgian-ps", b"\xc2\xc0\xcc\xc0\xd2\xe3\xcf\xc1\xc0", "გამარჯობა"),
        ("georgian-academy", b"\xc2\xc0\xcb\xc0\xd0\xdf\xcd\xc1\xc0", "გამარჯობა"),
        ("mik", b"\x8e\xb4\xa5\xb0\xb2\xa0 \xd55", "Оферта №5"),
        ("armscii-8", b"\xb4\xb3\xf1\xa2", "Բարև"),
        ("viscii", "Grüße".encode(), "Grüße"),
        # The other byte order than the label says; a plus sign that was not escaped.
        ("utf-16be", "Offer 17, see below".encode("utf-16-le"), "Offer 17, see below"),
        ("utf-16le", "مرحبا، يرجى إرسال العرض".encode("utf-16-be"), "مرحبا، يرجى إرسال العرض"),
        ("utf-16le", "見積書".encode("utf-16-le"), "見積書"),
        ("utf-32le", "Offer".encode("utf-32-be"), "Offer"),
        ("utf-32", "見積".encode("utf-32-le"), "見積"),
        ("utf-7", b"1 + 1 = 2, a+b@x.example", "1 + 1 = 2, a+b@x.example"),
        ("utf-7", "Grüße".encode(), "Grüße"),
        # Nothing is said, or nothing that could be.
        ("", "Grüße".encode(), "Grüße"),
        ("us-ascii", "Grüße".encode(), "Grüße"),
        ("us-ascii", "Grüße".encode("cp1252"), "Grüße"),
        ("", RUSSIAN.encode("cp1251"), RUSSIAN),
        ("us-ascii", RUSSIAN.encode("koi8-r"), RUSSIAN),
        ("unknown-8bit", JAPANESE.encode("euc_jp"), JAPANESE),
        ("", JAPANESE.encode("cp932"), JAPANESE),
        ("", CHINESE.encode("big5"), CHINESE),
        ("", HEBREW.encode("cp1255"), HEBREW),
        ("", POLISH.encode("cp1250"), POLISH),
        ("us-ascii", ESC + b"$B8+@Q" + ESC + b"(B", "見積"),
        # The label is wrong.
        ("windows-1252", "• Grüße –".encode(), "• Grüße –"),
        ("koi8-r", "Grüße".encode(), "Grüße"),
        ("windows-1251", "Счёт".encode(), "Счёт"),
        ("gb2312", "Grüße aus Köln".encode(), "Grüße aus Köln"),
        ("utf-8", "Grüße".encode("cp1252"), "Grüße"),
        ("utf-8", RUSSIAN.encode("cp1251"), RUSSIAN),
        # It is right, though the bytes could be UTF-8.
        ("tis-620", "รถ".encode("cp874"), "รถ"),
        ("gbk", b"\xcd\xa8", "通"),
        # A byte that is wrong costs itself; a character that is cut costs itself.
        ("utf-8", "Grüße".encode() + b"\xff" + "aus Köln".encode(), f"Grüße{MARK}aus Köln"),
        ("windows-1252", "Grüße é".encode() * 3 + b"\xff", "Grüße é" * 3 + MARK),
        ("utf-8", "Grüße".encode()[:-2], f"Grü{MARK}"),
        ("gbk", "报价".encode("gbk") + b"\xff" + "请看".encode("gbk"), f"报价{MARK}请看"),
        ("shift_jis", "見".encode("cp932") + b"\xff" + "積".encode("cp932"), f"見{MARK}積"),
        ("big5", "在".encode("big5") + b"\xff" + CHINESE.encode("big5"), f"在{MARK}{CHINESE}"),
        ("euc-kr", "견적서".encode("cp949") + b"\x81\n!", f"견적서{MARK}\n!"),
        ("iso-2022-jp", ESC + b"$B8+@Q=q" + ESC + b"(B\n" + ESC + b"$B$", f"見積書\n{MARK}"),
        ("iso-2022-jp", ESC + b"$B8+@Q=q" + ESC + b"(B\n" + ESC + b"$", "見積書\n"),
        ("cp1252", b"a\x81b\xe9", f"a{MARK}bé"),
        # What no mail means.
        ("iso-8859-2", b"it\x92s \xb3", "it’s ł"),
        ("utf-8", "don\x92t".encode(), "don’t"),
        ("utf-8", b"\xed\xa0\xbd\xed\xb8\x80 ok", "😀 ok"),
        ("utf-8", b"\xed\xa0\xbd ok \xc3\xa9", f"{MARK * 3} ok é"),
        ("utf-8", b"a\0b", "ab"),
    ],
)  # fmt: skip
def test_bytes_are_read_as_they_were_meant(label, data, read):
    assert decode(data, label, detect=detected) == read


@pytest.mark.parametrize(
    ("label", "data", "read"),
    [
        ("utf-8", "Grüß".encode()[:-1], "Grü"),
        ("gbk", "报价".encode("gbk")[:-1], "报"),
        ("utf-16-le", "ab".encode("utf-16-le")[:-1], "a"),
    ],
)
def test_a_text_that_ends_within_a_character_ends_before_it(label, data, read):
    assert decode(data, label, cut=True) == read


def page(head: str, body: bytes, charset: str = "") -> str:
    kind = b"Content-Type: text/html" + (f"; charset={charset}" if charset else "").encode()
    return email(kind + b"\r\n\r\n<head>" + head.encode() + b"</head>" + body).html


@pytest.mark.parametrize(
    ("head", "charset", "body", "read"),
    [
        ('<meta charset="koi8-r">', "", "привет".encode("koi8-r"), "привет"),
        ('<meta content="text/html; charset=gb2312">', "", "报价".encode("gbk"), "报价"),
        ('<meta charset="utf-16">', "", "Größe".encode(), "Größe"),
        ('<meta charset="utf-8">', "iso-8859-1", "Größe".encode(), "Größe"),
        ('<meta charset="windows-1251">', "utf-8", "привет".encode("cp1251"), "привет"),
        ('<meta charset="utf-8">', "koi8-r", "привет".encode("koi8-r"), "привет"),
        ('<meta charset="koi8-r">', "", "привет".encode(), "привет"),
    ],
)
def test_a_page_names_its_charset_where_the_mail_does_not(head, charset, body, read):
    assert page(head, body, charset).endswith(read)


def test_a_page_in_xml_names_its_charset_in_its_declaration():
    page = '<?xml version="1.0" encoding="windows-1251"?><p>Цена</p>'
    assert (
        email(b"Content-Type: application/xhtml+xml\r\n\r\n" + page.encode("cp1251")).html == page
    )


# --- raw header fields ---------------------------------------------------------------------------


def raw_mail(subject: bytes, charset: str, body: bytes = b"x") -> bytes:
    kind = f"; charset={charset}" if charset else ""
    head = b"From: =?utf-8?q?J?= <j@x.example>\r\nSubject: " + subject
    return head + f"\r\nContent-Type: text/plain{kind}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("codec", "charset", "subject"),
    [
        ("cp1251", "windows-1251", "Запрос цены"),
        ("gbk", "gb2312", "发信方询价"),
        ("koi8-r", "koi8-r", "Запрос"),
        ("cp932", "shift_jis", "見積表の件"),
        ("cp1252", "windows-1252", "Grüße"),
    ],
)
def test_a_raw_subject_is_in_the_charset_of_the_mail(codec, charset, subject):
    raw = raw_mail(subject.encode(codec), charset)
    assert email(raw).envelope.subject == subject
    assert envelope(raw).subject_guessed


def test_a_raw_subject_of_a_mail_that_states_nothing_is_in_the_charset_of_its_text():
    raw = raw_mail("Запрос".encode("cp1251"), "", RUSSIAN.encode("cp1251"))
    assert email(raw).envelope.subject == "Запрос"


def test_a_raw_subject_of_a_mail_in_utf8_is_in_another_charset_all_the_same():
    subject = "Запрос цены на поставку оборудования"
    raw = raw_mail(subject.encode("cp1251"), "utf-8", RUSSIAN.encode() + b"\r\n" + RUSSIAN.encode())
    assert email(raw).envelope.subject == subject


@pytest.mark.parametrize("end", [b"\xe2\x82", b"\xc3...", b"\xff und mehr"])
def test_a_raw_subject_in_utf8_that_was_cut_in_a_character_loses_only_that(end):
    raw = raw_mail("Angebot für Größe 40 ".encode() + end, "utf-8")
    assert email(raw).envelope.subject.startswith("Angebot für Größe 40 ")


def test_a_raw_subject_in_seven_bit_japanese_is_readable():
    assert envelope(raw_mail(ESC + b"$B8+@Q=q" + ESC + b"(B", "")).subject == "見積書"


def test_a_header_in_utf8_is_read_once():
    raw = raw_mail("Grüße".encode(), "koi8-r")
    assert email(raw).envelope is None
    assert envelope(raw).subject == "Grüße"
    assert not envelope(raw).subject_guessed


def test_a_copy_is_the_same_mail_though_its_header_alone_does_not_tell_its_subject():
    raw = raw_mail("Запрос цены".encode("cp1251"), "windows-1251")
    assert same_mail(envelope(raw), None, "Запрос цены")


# --- encoded words -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=?windows-31j?B?jKmQz4dA?=", "見積①"),
        ("=?ISO-2022-JP?B?GyRCOGY4K0BRLSEkTjdvGyhC?=", "御見積①の件"),
        ("=?iso-8859-1?Q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=", "Grüße aus Köln"),
        ("=?UTF-8?B?0JfQsNC/0YDQ?=", f"Запр{MARK}"),
        ("=?UTF-8?B?0JfQsNC/0YDQ?= =?UTF-8?B?vtGB?=", "Запрос"),
        ("=?UTF-8?B?0JfQsNC/0YDQvtGB", "Запрос"),
        ("=?UTF-8?Q?Gr=C3=BC=C3=9Fe", "Grüße"),
        ("=?us-ascii?Q?Gr=FC=DFe?=", "Grüße"),
        ("=?unknown-8bit?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=??Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?gb2312?B?xe24ow==?= =?big5?B?pmI=?=", "彭福在"),
    ],
)
def test_a_subject_in_encoded_words_is_readable(written, read):
    assert envelope(f"Subject: {written}\r\n\r\n".encode()).subject == read


@pytest.mark.parametrize("charset", ["utf-8", "euc_jp", "cp932", "iso2022_jp"])
def test_japanese_that_is_labelled_as_iso_2022_jp_is_readable(charset):
    assert decode(JAPANESE.encode(charset), "iso-2022-jp", detect=detected) == JAPANESE


def test_a_word_in_the_other_alphabet_of_base64_is_readable():
    assert envelope(b"Subject: =?utf-8?B?8J-YgCBIaQ==?=\r\n\r\n").subject == "😀 Hi"


def test_a_wrong_byte_in_euc_jp_takes_no_other_with_it():
    raw = "見積".encode("euc_jp") + b"\xff" + "書です".encode("euc_jp")
    assert decode(raw, "euc-jp") == f"見積{MARK}書です"


def test_shift_jis_that_no_label_names_is_known_by_its_kana():
    text = "見積書をお願いします。ご確認ください。よろしくお願いいたします。"
    assert detected(text.encode("cp932")) == "cp932"
    assert detected("ПРИВЕТ, ВЕРА! ГДЕ ВАШ ГОРОД?".encode("cp866")) != "cp932"


# --- anything ------------------------------------------------------------------------------------

_labels = st.sampled_from(
    "utf-8 utf-7 utf-16 utf-32 iso-2022-jp iso-2022-kr hz big5 gbk euc-jp shift_jis euc-kr johab "
    "shift_jisx0213 koi8-r tis-620 cp037 x-mac-ce".split()
) | st.text(max_size=12)
_bytes = st.lists(
    st.binary(max_size=8)
    | st.sampled_from([b"\x1b$B", b"\x1b(B", b"\x0e", b"~{", b"+", "é".encode()]),
    max_size=8,
).map(b"".join)  # fmt: skip


@given(_bytes, _labels, st.booleans(), st.tuples(_labels))
def test_any_bytes_by_any_label_are_text_that_can_be_stored(data, label, cut, others):
    text = decode(data, label, cut=cut, others=others)
    assert "\0" not in text
    text.encode()  # raises on a lone surrogate


@given(st.text(max_size=60), st.sampled_from(["utf-8", "gb18030", "utf-16"]))
def test_text_comes_out_as_it_went_in(text, charset):
    text = "".join(c for c in text if c == "\n" or c.isprintable())
    assert decode(("ж" + text).encode(charset), charset) == "ж" + text
