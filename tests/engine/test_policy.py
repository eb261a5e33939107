"""What a user may have the server connect to, and what lies inside."""

import pytest

from engine.net.policy import MAIL_PORTS, NotAnEntry, Policy, parse

INTERNET = Policy()

INSIDE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.1.2.3
127.255.255.255 168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1
192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1
239.255.255.250 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
::ffff:169.254.169.254 ::ffff:0:10.0.0.1 64:ff9b::10.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1 100::1
2001::1 2001:10::1 2001:db8::1 2002:7f00:1::1 2002:a00:1:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254
2600::5efe:7f00:1 2600::5efe:10.0.0.1 2600::200:5efe:c0a8:1 fe80::1 fe80::1%eth0 fec0::1
ff02::1 ff0e::1
2600::5efe:7f00:1 2600::5efe:10.0.0.1 2600::200:5efe:c0a8:1
""".split()

OUTSIDE = """
1.1.1.1 8.8.8.8 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 169.253.255.255
172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255 192.169.0.1 198.17.255.255 198.20.0.1
223.255.255.255 2001:4860:4860::8888 2606:4700::1111 2a00:1450:4001::6d 64:ff9b::808:808
::ffff:8.8.8.8 2600::5efe:8.8.8.8
""".split()


@pytest.mark.parametrize("ip", INSIDE)
def test_an_address_of_the_inside_is_refused(ip):
    assert not any(INTERNET.allows("imap.client.example", port, ip) for port in MAIL_PORTS)


@pytest.mark.parametrize("ip", OUTSIDE)
def test_an_address_of_the_internet_is_allowed_at_the_ports_of_mail(ip):
    assert all(INTERNET.allows("imap.client.example", port, ip) for port in MAIL_PORTS)


@pytest.mark.parametrize("port", [1, 22, 80, 110, 443, 995, 3306, 5432, 6379, 8069, 65535])
def test_any_other_port_is_refused(port):
    assert not INTERNET.allows("imap.client.example", port, "8.8.8.8")
    assert INTERNET.refuses("imap.client.example", port)


INSIDE_NAMES = """
localhost LOCALHOST. db postgres imap.internal mail.corp x.localhost
nas.local nas.lo\u00adcal nas.local\ufe0f router.lan a.home.arpa ａ.ｌｏｃａｌ a。local
""".split()


@pytest.mark.parametrize("host", INSIDE_NAMES)
def test_a_name_of_the_inside_is_not_even_looked_up(host):
    assert INTERNET.refuses(host, 993)
    assert not INTERNET.allows(host, 993, "8.8.8.8")


LITERAL = """
127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0x7f.0.0.1 017700000001 0177.0.0.1 0177.1 10.1
0xA000001 0xa9fea9fe 2852039166 169.254.43518 ::1 0:0:0:0:0:0:0:1 ::ffff:7f00:1 ::ffff:127.0.0.1
fe80::1 fe80::1%lo １２７.０.０.１ 127。0。0。1
""".split()


@pytest.mark.parametrize("host", LITERAL)
def test_an_internal_address_is_refused_in_any_notation(host):
    assert INTERNET.refuses(host, 993)
    assert INTERNET.refuses(f" {host}. ", 993)


def test_an_address_in_the_list_is_allowed_in_whichever_notation():
    assert not parse("127.0.0.0/8").refuses("2130706433", 993)
    assert parse("10.0.0.0/8").refuses("2130706433", 993)


@pytest.mark.parametrize(
    "host", ["imap.gmail.com", "imap.gmail.com.", "8.8.8.8", "2001:4860:4860::8888", "местный.рф"]
)
def test_a_name_of_the_internet_is_looked_up(host):
    assert not INTERNET.refuses(host, 993)


@pytest.mark.parametrize(
    ("listed", "host", "port", "ip"),
    [
        ("10.0.0.0/8", "imap.client.example", 993, "10.1.2.3"),
        ("10.1.2.3", "imap.client.example", 143, "10.1.2.3"),
        ("10.1.2.3/8", "imap.client.example", 143, "10.9.9.9"),  # host bits are no error
        ("10.0.0.0/8:1143", "imap", 1143, "10.1.2.3"),
        ("127.0.0.0/8:*", "localhost", 20993, "127.0.0.1"),
        ("127.0.0.0/8", "localhost", 993, "::ffff:127.0.0.1"),
        ("fd00::/8", "imap.client.example", 993, "fd12::1"),
        ("[fd00::/8]:1143", "imap.client.example", 1143, "fd12::1"),
        ("::1", "localhost", 993, "::1"),
        ("imap.corp", "IMAP.Corp.", 993, "10.1.2.3"),
        ("imap.corp:1143", "imap.corp", 1143, "10.1.2.3"),
        ("*.corp", "imap.berlin.corp", 587, "192.168.1.1"),
        ("mailserver", "mailserver", 143, "172.18.0.5"),
        ("imap.client.example:10993", "imap.client.example", 10993, "8.8.8.8"),
        ("192.168.0.0/16\n10.0.0.0/8", "x.client.example", 993, "10.0.0.1"),
        ("192.168.0.0/16, 10.0.0.0/8", "x.client.example", 993, "10.0.0.1"),
    ],
)
def test_what_the_administrator_lists_is_allowed(listed, host, port, ip):
    policy = parse(listed)
    assert not policy.refuses(host, port)
    assert policy.allows(host, port, ip)


@pytest.mark.parametrize(
    ("listed", "host", "port", "ip"),
    [
        ("10.0.0.0/8", "imap.client.example", 993, "192.168.0.1"),
        ("10.0.0.0/8", "imap.client.example", 22, "10.0.0.1"),
        ("10.0.0.0/8:1143", "imap.client.example", 993, "10.0.0.1"),
        ("imap.corp", "imap.corp.evil.example", 993, "10.0.0.1"),
        ("imap.corp", "evil-imap.corp", 993, "10.0.0.1"),
        ("*.corp", "corp", 993, "10.0.0.1"),
        ("*.corp", "imap.xcorp", 993, "10.0.0.1"),
        ("imap.corp:1143", "imap.corp", 143, "10.0.0.1"),
    ],
)
def test_what_is_beside_it_is_not(listed, host, port, ip):
    assert not parse(listed).allows(host, port, ip)


@pytest.mark.parametrize(
    "listed", ["10.0.0.0/33", "1.2.3", "host:99999", "host:0", "a b/8", "-:x", "*"]
)
def test_a_line_that_names_nothing_is_said(listed):
    with pytest.raises(NotAnEntry):
        parse(listed)


@pytest.mark.parametrize(
    ("listed", "host"),
    [("10.0.0.0/8", "db"), ("10.0.0.0/8", "db.corp"), ("imap.corp", "db.corp"), ("", "db")],
)
def test_that_a_name_of_the_inside_does_not_exist_is_hidden(listed, host):
    assert parse(listed).hides(host)


@pytest.mark.parametrize(
    ("listed", "host"),
    [("imap.corp", "IMAP.corp."), ("*.corp", "db.corp"), ("10.0.0.0/8", "imap.client.example")],
)
def test_a_typing_error_in_any_other_name_is_said(listed, host):
    assert not parse(listed).hides(host)
