"""The settings that are suggested, and to whom."""

import pytest

from engine.providers import OWN_DOMAIN, PROVIDERS, hosts, suggest

BY_CODE = {one.code: one for one in PROVIDERS}


def shown(code: str) -> tuple[str, int, bool]:
    imap = BY_CODE[code].imap
    return imap.host, imap.port, imap.ssl


def test_the_first_four_are_as_the_product_gives_them():
    assert [one.code for one in PROVIDERS[:4]] == ["gmail", "godaddy", "123reg", "bluehost"]
    assert shown("gmail") == ("imap.gmail.com", 993, True)
    assert shown("godaddy") == ("imap.secureserver.net", 143, False)
    assert shown("123reg") == ("imap.123-reg.co.uk", 993, True)
    assert shown("bluehost") == ("mail.yourdomain.com", 993, True)


def test_godaddy_has_a_safer_choice():
    assert shown("godaddy_ssl") == ("imap.secureserver.net", 993, True)


def test_every_provider_of_the_specification_is_there():
    wanted = (
        "microsoft365 outlook yahoo icloud zoho fastmail gmx aol gandi namecheap yandex ovh "
        "ionos hover cpanel other"
    )
    assert not set(wanted.split()) - set(BY_CODE)


@pytest.mark.parametrize(
    ("email", "code"),
    [
        ("ann@gmail.com", "gmail"),
        ("Ann.Lee@GoogleMail.com", "gmail"),
        ("ann@outlook.com", "outlook"),
        ("ann@hotmail.co.uk", "outlook"),
        ("ann@live.com.mx", "outlook"),
        ("ann@msn.com", "outlook"),
        ("ann@shop.onmicrosoft.com", "microsoft365"),
        ("ann@yahoo.com", "yahoo"),
        ("ann@yahoo.com.br", "yahoo"),
        ("ann@ymail.com", "yahoo"),
        ("ann@yahoo.co.jp", "other"),
        ("ann@me.com", "icloud"),
        ("ann@zoho.eu", "zoho_eu"),
        ("ann@fastmail.fm", "fastmail"),
        ("ann@gmx.de", "gmx"),
        ("ann@gmx.com", "gmx_com"),
        ("ann@aol.de", "aol"),
        ("ann@yandex.kz", "yandex"),
        ("ann@ya.ru", "yandex"),
        ("ann@shop.example", "other"),
        ("ann@yahoo.shop.example", "other"),
        ("ann@notgmail.com", "other"),
        ("gmail.com", "gmail"),
        ("ann", "other"),
        ("", "other"),
    ],
)
def test_a_provider_is_suggested_from_the_address(email, code):
    assert suggest(email).code == code


def test_a_host_of_the_users_own_domain_is_filled_in():
    assert hosts(BY_CODE["bluehost"], "ann@Shop.example") == (
        "mail.shop.example",
        "mail.shop.example",
    )
    assert hosts(BY_CODE["gmail"], "ann@shop.example") == ("imap.gmail.com", "smtp.gmail.com")
    assert hosts(BY_CODE["cpanel"], "") == (f"mail.{OWN_DOMAIN}", f"mail.{OWN_DOMAIN}")


def test_own_domain_is_said_where_the_host_has_it():
    assert {one.code for one in PROVIDERS if one.own_domain} == {"bluehost", "cpanel"}


def test_the_port_and_the_tick_go_together():
    for one in PROVIDERS:
        assert one.imap.port == (993 if one.imap.ssl else 143), one.code
        assert one.smtp.port == (465 if one.smtp.ssl else 587), one.code


def test_no_code_and_no_domain_is_there_twice():
    assert len(BY_CODE) == len(PROVIDERS)
    domains = [domain for one in PROVIDERS for domain in one.domains]
    assert len(domains) == len(set(domains))


def test_microsoft_is_known_to_take_no_password():
    assert BY_CODE["microsoft365"].passwords == BY_CODE["outlook"].passwords == "not_accepted"
    assert BY_CODE["gmail"].passwords == "app_password"
