"""Dates as programs write them in scripts other than Latin → the same in digits and English.

What a Date must not have (RFC 5322 §3.3) and has where a script formats it in the sender's locale:
other digits, names of months that are no single word, halves of the day, eras, other calendars.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from functools import lru_cache
from unicodedata import decimal

_ENGLISH = "jan feb mar apr may jun jul aug sep oct nov dec".split()
#: Beginnings of the names of each month; what follows them in the word does not matter.
_NAMES = (
    # Thai, Hindi, Marathi, Bengali, Tamil, Telugu; then Persian, Urdu, and Arabic of the Levant,
    # Algeria and Morocco, with every alif bare.
    "ม.ค มกรา जन जाने জানু ஜன జన ژانو جنوری كانون_الثاني جانف",
    "ก.พ กุมภา फर फ़र फेब ফেব பிப் ఫిబ్ర فوری فرور شباط فيفر",
    "มี.ค มีนา मार्च মার্চ மார் మార్చి مارس مارچ اذار",
    "เม.ย เมษา अप्रै एप्रि এপ্রি ஏப் ఏప్రి اوری اپری نيسان افري",
    "พ.ค พฤษภา मई मे মে மே మే مه مئی ايار ماي",
    "มิ.ย มิถุนา जून জুন ஜூன் జూన్ ژوئن جون حزيران جوان",
    "ก.ค กรกฎา जुला जुलै জুল ஜூலை జులై ژوئی جولا تموز جويل يوليوز",
    "ส.ค สิงหา अग ऑग আগ ஆக ఆగ اوت اگوس اگست اب غشت",
    "ก.ย กันยา सित सप्टें সেপ செப் సెప్ سپتا ستمبر ايلول شتنبر",
    "ต.ค ตุลา अक्ट अक्टू अक्तू ऑक्टो অক্টো அக் అక్టో اکتب اکتوب تشرين_الاول",
    "พ.ย พฤศจิกา नव नोव्हें নভে நவ నవం نوامب نومبر تشرين_الثاني نونبر",
    "ธ.ค ธันวา दिस डिसें ডিসে டிச డిసె دسامب دسمبر كانون_الاول دجنبر",
)
#: Names that are the beginning of other words, and therefore have to be whole.
_WHOLE = frozenset("मे মে மே మే مه اب ماي".split())
_SOLAR = "فرور اردی خرداد تیر مرداد شهری مهر ابان اذر دی بهمن اسف".split()
#: Letters of one kind in one form: alif; Turkish İ in lower case.
_FORMS = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "\u200c": "", "\u0307": ""})
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))

#: Halves of the day before the clock, and behind it.
_HALF_BEFORE = re.compile(
    r"(上午|午前|오전|凌晨|早上|清晨)?(下午|午後|오후|晚上|傍晚|中午(?=\s*(?:12|[12])\D))?"
    r"\s*([0-9]{1,2}\s?[:時时시點点]\s?[0-9]{2}(?:\s?[:分분]\s?(?:[0-9]{2}[秒초]?)?)?)"
)
_HALF_BEHIND = re.compile(
    r"(?<=[0-9])\s?(?:(π\.?μ\b|ص|ق\.?ظ|öö\b|sa\b|p\.d\b)"
    r"|(?:μ\.?μ\b|م|ب\.?ظ|ös\b|ch\b|m\.d\b))(?!\w)\.?"
)
#: The year before an era's first; ROC is Taiwan's.
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}
_ERA = re.compile(rf"({'|'.join(_ERAS)})\s?([0-9]{{1,3}}|元)(?=\s?年)")
#: What stands for "year" beside one, and for "hour" behind the clock.
_UNIT = re.compile(
    r"(?:พ\.?ศ\.?|ค\.?ศ\.?|\bnăm\b)\s*(?=[0-9])|(?<=[0-9])\s*(?:г\.|года?\b|р\.|року\b|م\.|น\.)(?!\w)"
)
#: The day of the week between a date of the Far East and its clock.
_WEEKDAY = re.compile(
    r"(?<=[日일])[\s,]*\(?(?:[月火水木金土日](?:曜日?)?|(?:星期|週|周)[一二三四五六日天]|[월화수목금토일]요일)\)?"
    r"(?=\s|\d)"
)
_VIETNAMESE_MONTHS = "một hai ba tư năm sáu bảy tám chín mười mười_một mười_hai".split()


def in_latin(text: str) -> str:
    """Return a date in lower case with what belongs to another script or calendar replaced.

    >>> in_latin("5 ต.ค. 2569 10:00"), in_latin("令和8年10月5日 10:00")
    ('5 oct 2569 10:00', '2026年10月5日 10:00')
    """
    text = unicodedata.normalize("NFKC", text.translate(_DASHES)).lower()
    text = "".join(str(decimal(one, one)) for one in text)
    text = _HALF_BEFORE.sub(_half_behind, text)
    text = _HALF_BEHIND.sub(lambda found: " am" if found[1] else " pm", text)
    text = _ERA.sub(_common_year, text).translate(_FORMS)
    text = _solar().sub(_from_solar, _WEEKDAY.sub(" ", text))
    return _UNIT.sub(" ", _names().sub(_in_english, text))


def _half_behind(found: re.Match[str]) -> str:
    half = " am" if found[1] else " pm" if found[2] else ""
    if not half and found[3].isascii():
        return found[0]
    clock = re.sub(r"\s?[:時时시點点分분]\s?", ":", found[3].rstrip("秒초")).rstrip(":")
    return f" {clock}{half}"


def _common_year(found: re.Match[str]) -> str:
    return str(_ERAS[found[1]] + (1 if found[2] == "元" else int(found[2])))


@lru_cache(maxsize=1)
def _names() -> re.Pattern[str]:
    """Return what finds the name of a month; the group that matched is its number."""
    months = (
        "|".join(map(_pattern, sorted(names.split(), key=len, reverse=True))) for names in _NAMES
    )
    vietnamese = zip(_VIETNAMESE_MONTHS, range(1, 13), strict=True)
    written = sorted(vietnamese, key=lambda pair: -len(pair[0]))
    groups = [f"(?P<m{number}>{names})" for number, names in enumerate(months, 1)]
    groups += [rf"(?P<v{n}>tháng\s+{name.replace('_', ' ')}\b)" for name, n in written]
    return re.compile(rf"(?<!\w)(?:{'|'.join(groups)})")


def _pattern(name: str) -> str:
    whole = unicodedata.normalize("NFKC", name).translate(_FORMS)
    escaped = re.escape(whole).replace("_", r"\s+")
    return escaped + (r"(?!\w)" if name in _WHOLE else r"[^\s\d,:+-]*")


def _in_english(found: re.Match[str]) -> str:
    return _ENGLISH[int(found.lastgroup[1:]) - 1]


@lru_cache(maxsize=1)
def _solar() -> re.Pattern[str]:
    names = "|".join(f"({name})" for name in _SOLAR)
    return re.compile(rf"(?<!\d)(\d{{1,2}})\s+(?:{names})[^\s\d]*\s+(1[34]\d\d)(?!\d)")


def _from_solar(found: re.Match[str]) -> str:
    """Return a date of the Persian calendar in ours; as it is if there is no such day."""
    day, year = int(found[1]), int(found[len(_SOLAR) + 2])
    month = next(n for n in range(1, 13) if found[n + 1])
    if not 1 <= day <= 31:
        return found[0]
    ours = _new_year(year) + timedelta(days=31 * (month - 1) - max(0, month - 7) + day - 1)
    return f"{ours.day} {_ENGLISH[ours.month - 1]} {ours.year}"


def _new_year(year: int) -> date:
    """Return the first day of a Persian year: eight leap years in 33, right from 1178 to 1633."""
    leaps = (8 * year + 21) // 33 - (8 * 1400 + 21) // 33
    return date(2021, 3, 21) + timedelta(days=365 * (year - 1400) + leaps)
