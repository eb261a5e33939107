"""When a mail was written: by its Date, however that is written, or by nothing."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.mime.dates import read_date
from engine.mime.months import MONTHS
from engine.mime.zones import ZONES


def utc(text: str) -> str | None:
    found = read_date(text)
    return found and found.strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("zone", "read"),
    [
        ("AEST", "2026-11-23 00:00"), ("AEDT", "2026-11-22 23:00"), ("ACST", "2026-11-23 00:30"),
        ("NZDT", "2026-11-22 21:00"), ("JST", "2026-11-23 01:00"), ("HKT", "2026-11-23 02:00"),
        ("IST", "2026-11-23 04:30"), ("MSK", "2026-11-23 07:00"), ("MESZ", "2026-11-23 08:00"),
        ("(CEST)", "2026-11-23 08:00"), ("CET", "2026-11-23 09:00"), ("GMT", "2026-11-23 10:00"),
        ("BRT", "2026-11-23 13:00"), ("NST", "2026-11-23 13:30"), ("AKST", "2026-11-23 19:00"),
        ("HST", "2026-11-23 20:00"), ("XYZ", "2026-11-23 10:00"), ("", "2026-11-23 10:00"),
        ("+0200 (CEST)", "2026-11-23 08:00"), ("GMT+02:00", "2026-11-23 08:00"),
        ("(GMT+02:00)", "2026-11-23 08:00"), ("+02", "2026-11-23 08:00"),
        ("-0330", "2026-11-23 13:30"), ("+9900", "2026-11-23 10:00"),
        ("Pacific Daylight Time", "2026-11-23 17:00"),
        ("W. Europe Standard Time", "2026-11-23 09:00"),
        ("MET DST", "2026-11-23 08:00"), ("EST5EDT", "2026-11-23 15:00"),
        ("Europe/Berlin", "2026-11-23 09:00"), ("America/Argentina/Salta", "2026-11-23 13:00"),
        ("+0100 (Europe/London)", "2026-11-23 09:00"), ("Europe/Nowhere", "2026-11-23 10:00"),
        ("America/Argentina", "2026-11-23 10:00"),
        ("-0800 (Pacific Standard Time)", "2026-11-23 18:00"),
    ],
)  # fmt: skip
def test_a_zone_is_known_by_its_name(zone, read):
    assert utc(f"Mon, 23 Nov 2026 10:00:00 {zone}") == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Fri, 20 Nov 2026 13:2:1 -0800", "2026-11-20 21:02"),
        ("lunes, 23 de noviembre de 2026 3:05:00 p. m.", "2026-11-23 15:05"),
        ("23 de noviembre de 2026 3:05:00 p.\xa0m. +0100", "2026-11-23 14:05"),
        ("23 nov. 2026 12:05:00 a. m.", "2026-11-23 00:05"),
        ("2026年11月23日 下午3:05:00", "2026-11-23 15:05"),
        ("2026年11月23日 下午3時05分", "2026-11-23 15:05"),
        ("2026年11月23日 上午10:05", "2026-11-23 10:05"),
        ("2026/11/23 午後 3:05 +0900", "2026-11-23 06:05"),
        ("2026년 11월 23일 오후 3:05:00", "2026-11-23 15:05"),
        ("23 Νοε 2026 3:05:00 μ.μ.", "2026-11-23 15:05"),
        ("23 Νοε 2026 3:05:00 πμ", "2026-11-23 03:05"),
        ("الاثنين, ٢٣ نوفمبر ٢٠٢٦ ٠٣:٠٥:٠٠ م", "2026-11-23 15:05"),
        ("الاثنين، ٢٣ نوفمبر ٢٠٢٦ ١٠:٠٥:٠٠ +0300", "2026-11-23 07:05"),
        ("सोम, २३ Nov २०२६ १०:०५:०० +0530", "2026-11-23 04:35"),
        ("Fri, 20 Nov 2026 13 : 02 : 01 -0800", "2026-11-20 21:02"),
        ("Fri, 20 Nov 2026 13.02.01 -0800", "2026-11-20 21:02"),
        ("Mo, 5 Okt 2026 10:00:00 +0200", "2026-10-05 08:00"),
        ("Do, 5. März 2026 10:00:00 +0100", "2026-03-05 09:00"),
        ("ven., 14 août 2026 10:00:00 +0200", "2026-08-14 08:00"),
        ("5 juin 2026 10:00:00 +0200", "2026-06-05 08:00"),
        ("5 juil. 2026 10:00:00 +0200", "2026-07-05 08:00"),
        ("lun, 5 ene 2026 10:00:00 +0100", "2026-01-05 09:00"),
        ("5 de octubre de 2026 10:00:00 +0200", "2026-10-05 08:00"),
        ("lun, 05 ott 2026 10:00:00 +0200", "2026-10-05 08:00"),
        ("seg, 5 out 2026 10:00:00 -0300", "2026-10-05 13:00"),
        ("ma, 5 mrt 2026 10:00:00 +0100", "2026-03-05 09:00"),
        ("pon, 5 paź 2026 10:00:00 +0200", "2026-10-05 08:00"),
        ("po, 5 říj 2026 10:00:00 +0200", "2026-10-05 08:00"),
        ("Pzt, 5 Eki 2026 10:00:00 +0300", "2026-10-05 07:00"),
        ("ma, 5 loka 2026 10:00:00 +0300", "2026-10-05 07:00"),
        ("Пн, 5 окт 2026 10:00:00 +0300", "2026-10-05 07:00"),
        ("пн, 5 жов 2026 10:00:00 +0300", "2026-10-05 07:00"),
        ("Δευ, 5 Οκτ 2026 10:00:00 +0300", "2026-10-05 07:00"),
        ("2026年10月5日 10:00:00 +0900", "2026-10-05 01:00"),
        ("05.10.2026 10:00:00 +0200", "2026-10-05 08:00"),
        ("2026/10/05 10:00:00", "2026-10-05 10:00"),
        ("Oct 5, 2026 1:00:00 PM -0400", "2026-10-05 17:00"),
        ("周一, 5 十月 2026 10:00:00 +0800", "2026-10-05 02:00"),
        ("周四, 5 十一月 2026 10:00:00 +0800", "2026-11-05 02:00"),
        ("월, 5 10월 2026 10:00:00 +0900", "2026-10-05 01:00"),
        ("Th 2, 5 thg 10 2026 10:00:00 +0700", "2026-10-05 03:00"),
        ("чет, 5 дец 2024 10:00:00 +0100", "2024-12-05 09:00"),
        ("5 אוק׳ 2026 10:00:00 +0300", "2026-10-05 07:00"),
        ("5 أكتوبر 2026 10:00:00 +0300", "2026-10-05 07:00"),
        ("2026. október 5. 10:00:00 +0200", "2026-10-05 08:00"),
        ("Mon, Oct 05 2026 10:00:00 -0700", "2026-10-05 17:00"),
        ("Mon Oct 05 2026 10:00:00 GMT+0200 (Central European Summer Time)", "2026-10-05 08:00"),
        ("Mon , 5 (five) Oct (of) 2026 10:00 -0330 (Newfoundland)", "2026-10-05 13:30"),
        ("5 Xyz 2026 10:00:00", None),
        ("5 Oct 2026", None),
        ("31 Feb 2026 10:00:00", None),
    ],
)
def test_a_month_is_known_by_its_name_in_the_senders_language(text, read):
    assert utc(text) == read


@pytest.mark.parametrize("year", ["1904", "1969", "1970", "1980", "0026", "2101", "9999"])
def test_a_clock_that_was_never_set_says_nothing(year):
    assert read_date(f"Thu, 1 Jan {year} 00:00:00 +0000") is None


@pytest.mark.parametrize(
    ("year", "read"), [("26", 2026), ("126", 2026), ("99", 1999), ("2026", 2026)]
)
def test_a_year_may_have_lost_its_century(year, read):
    assert read_date(f"Mon, 5 Oct {year} 10:00:00 +0000") == datetime(read, 10, 5, 10, tzinfo=UTC)


@given(
    st.integers(1, 28), st.sampled_from(sorted(MONTHS)), st.sampled_from(sorted(ZONES)),
)  # fmt: skip
def test_every_month_and_zone_in_the_tables_is_read(day, month, zone):
    found = read_date(f"{day} {month} 2026 12:00:00 {zone}")
    assert found.month == MONTHS[month] or abs(found.day - day) > 20
    assert found.hour == int(12 - ZONES[zone]) % 24 or ZONES[zone] % 1


@given(st.text(max_size=60))
def test_any_text_is_a_date_or_none(text):
    found = read_date(text)
    assert found is None or 1990 <= found.year <= 2100
