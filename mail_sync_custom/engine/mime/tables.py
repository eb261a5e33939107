"""Charsets that mails are in and Python has no codec for, as codecs of our own.

Each is one byte a character, and ASCII below 0x80 except for the controls that Vietnamese takes for
capitals. The tables: RFC 1456 (VISCII), TCVN 5712:1993, AST 34.005 (ARMSCII-8), those of Georgia's
Parliament and Academy, and MIK, of Bulgaria's DOS. Importing this module registers the codecs.
"""

from __future__ import annotations

import codecs

_ASCII = "".join(map(chr, range(128)))
#: What Windows-1252 has in 0x80 to 0xBF; the Georgian ones differ above.
_WESTERN = bytes(range(0x80, 0xC0)).decode("cp1252", "replace")
_LATIN_END = bytes(range(0xC0, 0x100)).decode("latin-1")

_VISCII = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
_TCVN = (
    "ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ\xa0ĂÂÊÔƠƯĐăâêôơưđẰ"
    # The five tones alone.
    "\u0300\u0309\u0303\u0301\u0323"
    "àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụ"
    "ừửữứựỳỷỹýỵỐ"
)
_ARMSCII = (
    "\xa0�և։)(»«—.՝,-֊…՜՛՞ԱաԲբԳգԴդԵեԶզԷէԸըԹթԺժԻիԼլԽխԾծԿկՀհՁձՂղՃճՄմՅյՆնՇշ"
    "ՈոՉչՊպՋջՌռՍսՎվՏտՐրՑցՒւՓփՔքՕօՖֆ՚�"
)
_GEORGIAN_PS = "აბგდევზჱთიკლმნჲოპჟრსტჳუფქღყშჩცძწჭხჴჯჰჵ"
_GEORGIAN_ACADEMY = "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰჱჲჳჴჵჶ"
_MIK = (
    "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя"
    "└┴┬├─┼╣║╚╔╩╦╠═╬┐░▒▓│┤№§╗╝┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\xa0"
)
_VISCII_LOW = str.maketrans("\x02\x05\x06\x14\x19\x1e", "ẲẴẪỶỸỴ")
_TCVN_LOW = str.maketrans(
    "\x01\x02\x04\x05\x06\x11\x12\x13\x14\x15\x16\x17",
    "ÚỤỪỬỮỨỰỲỶỸÝỴ",
)

_TABLES = {
    "mail_viscii": _ASCII.translate(_VISCII_LOW) + _VISCII,
    "mail_tcvn": _ASCII.translate(_TCVN_LOW) + _TCVN,
    "mail_armscii": _ASCII + bytes(range(0x80, 0xA0)).decode("latin-1") + _ARMSCII,
    "mail_georgian_ps": _ASCII + _WESTERN + _GEORGIAN_PS + _LATIN_END[len(_GEORGIAN_PS) :],
    "mail_georgian_academy": (
        _ASCII + _WESTERN + _GEORGIAN_ACADEMY + _LATIN_END[len(_GEORGIAN_ACADEMY) :]
    ),
    "mail_mik": _ASCII + _MIK,
}
#: The names of the codecs.
OWN = frozenset(_TABLES)


def _codec(name: str) -> codecs.CodecInfo | None:
    """Return one of our codecs, for `codecs.register`; None for any other name."""
    if not (table := _TABLES.get(name)):
        return None
    reverse = codecs.charmap_build(table)

    class Incremental(codecs.IncrementalDecoder):
        def decode(self, data: bytes, final: bool = False) -> str:
            return codecs.charmap_decode(data, self.errors, table)[0]

    return codecs.CodecInfo(
        name=name,
        encode=lambda text, errors="strict": codecs.charmap_encode(text, errors, reverse),
        decode=lambda data, errors="strict": codecs.charmap_decode(data, errors, table),
        incrementaldecoder=Incremental,
    )


codecs.register(_codec)
