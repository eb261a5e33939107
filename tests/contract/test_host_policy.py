"""Internal hosts are refused on every path to a server: one error, after the same time."""

import contextlib
import socket
import time

import pytest

from engine.errors import HostNotAllowed, MailError
from engine.imap import session
from engine.net import policy
from engine.net.policy import Policy
from engine.smtp import check, handover
from engine.values import Credentials, Endpoint
from tests.contract.loopback import LOOPBACK

ANYBODY = Credentials("lea@client.example", "secret")

#: Each path on which the engine connects to a host named by a user.
WAYS = {
    "imap": lambda endpoint, **how: session.connect(endpoint, ANYBODY, **how),
    "imap certificate": lambda endpoint, **how: session.inspect_certificate(endpoint, **how),
    "smtp": lambda endpoint, **how: check.check(endpoint, ANYBODY, **how),
    "smtp certificate": lambda endpoint, **how: check.inspect_certificate(endpoint, **how),
    "sending": lambda endpoint, **how: handover.connect(endpoint, ANYBODY, **how),
}

#: Hosts that resolve to this machine, its network, or its host machine, in any notation.
HOSTS = """
127.0.0.1 127.0.0.2 127.1 127.0.1 0.0.0.0 0 2130706433 0x7f000001 0x7f.1 0x7F.0.0.1 017700000001
0177.0.0.1 localhost LOCALHOST localhost. ip6-localhost localhost.localdomain ::1
0:0:0:0:0:0:0:1 :: ::ffff:127.0.0.1 ::ffff:7f00:1 ::127.0.0.1 64:ff9b::7f00:1 2002:7f00:1::
10.0.0.1 10.1 172.16.0.1 172.31.255.254 192.168.0.1 192.168.1 3232235521 100.64.0.1
100.100.100.200 169.254.169.254 2852039166 0xa9fea9fe 168.63.129.16 198.18.0.1 224.0.0.1
255.255.255.255 fe80::1 fe80::1%lo fc00::1 fd00:ec2::254 ff02::1 １２７.０.０.１ 127。0。0。1
db postgres imap.internal mail.corp nas.local
""".split()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("host", HOSTS)
def test_an_internal_host_is_refused(way, host):
    with pytest.raises(HostNotAllowed) as caught:
        WAYS[way](Endpoint(host, 993), policy=Policy(pause=0))
    assert (caught.value.code, caught.value.step) == ("host_not_allowed", "lookup")


@pytest.fixture
def names(monkeypatch):
    """A name service of our own: each name's addresses, in the order in which it returns them."""
    answers = {}

    def getaddrinfo(host, port, *args, **kwargs):
        if host not in answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        ips = answers[host]
        ips = ips.pop(0) if isinstance(ips[0], list) else ips
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in ip], socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ips]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return answers


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ip", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1"])
def test_a_name_that_leads_inside_is_refused(names, way, ip):
    names["imap.evil.example"] = [ip]
    with pytest.raises(HostNotAllowed):
        WAYS[way](Endpoint("imap.evil.example", 993), policy=Policy(pause=0))


def test_the_address_that_was_allowed_is_the_one_that_is_connected_to(names, scripted):
    """Only the first answer counts, whatever the name resolves to later, or for somebody else."""
    server = scripted(lambda client: None)
    names["imap.evil.example"] = [["127.0.0.9"], ["127.0.0.1"]]
    only = policy.parse("127.0.0.9:*", pause=0)
    with pytest.raises(MailError):
        session.connect(Endpoint("imap.evil.example", server.endpoint().port), ANYBODY, policy=only)
    assert server.clients == []


def test_only_the_allowed_of_several_addresses_are_connected_to(names, scripted):
    server = scripted(lambda client: client.say(b"* BYE"))
    names["imap.client.example"] = ["10.0.0.1", "127.0.0.1"]
    only = policy.parse("127.0.0.1:*", pause=0)
    endpoint = Endpoint("imap.client.example", server.endpoint().port, implicit_tls=False)
    with pytest.raises(MailError) as caught:
        session.connect(endpoint, ANYBODY, policy=only)
    assert caught.value.code != "host_not_allowed" and server.clients


@pytest.mark.parametrize(
    "host", ["im\u1d2cp.client.example", "imap.c\u00adlient.example", "IMAP。CLIENT。example."]
)
def test_a_name_is_looked_up_in_the_form_in_which_it_was_allowed(names, scripted, host):
    """A listed name in another spelling is that name, and never one that a stranger registered."""
    server = scripted(lambda client: client.say(b"* BYE"))
    port = server.endpoint().port
    names[host] = names[host.encode("idna").decode()] = ["127.0.0.9"]
    names["imap.client.example"] = ["127.0.0.1"]
    with pytest.raises(MailError):
        session.connect(
            Endpoint(host, port, implicit_tls=False),
            ANYBODY,
            policy=policy.parse(f"imap.client.example:{port}", pause=0),
        )
    assert server.clients


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("host", ["db", "db.corp", "d\u00adb.local"])
def test_whether_a_name_of_the_inside_exists_is_not_told(names, way, host):
    """Not even where the list has networks, so that a name has to be looked up."""
    listed = policy.parse("10.0.0.0/8", pause=0.3)
    met = []
    for answers in ({}, {policy.plain(host): ["192.168.0.1"]}):
        names.clear()
        names.update(answers)
        begun = time.monotonic()
        with pytest.raises(MailError) as caught:
            WAYS[way](Endpoint(host, 993), policy=listed)
        assert time.monotonic() - begun >= 0.3
        met.append((caught.value.code, caught.value.detail))
    assert met[0] == met[1]


REFERRALS = {
    "to a login": [
        b"* OK [CAPABILITY IMAP4rev1 LOGIN-REFERRALS] hello",
        b"NO [REFERRAL imap://lea@127.0.0.1:%d/] Try elsewhere",
    ],
    "with a login": [
        b"* OK IMAP4rev1 hello",
        b"OK [REFERRAL imap://lea@127.0.0.1:%d/] Elsewhere is nearer",
    ],
    "in the greeting": [b"* BYE [REFERRAL imap://127.0.0.1:%d/] Moved", b""],
}


@pytest.mark.parametrize("said", REFERRALS.values(), ids=REFERRALS)
def test_a_referral_is_not_followed(scripted, said):
    """RFC 2221 lets a client go elsewhere with the same password. Ours stays where it was sent."""
    elsewhere = scripted(lambda client: client.say(b"* OK IMAP4rev1"))
    greeting, answer = (
        line % elsewhere.endpoint().port if b"%d" in line else line for line in said
    )

    def script(client):
        client.say(greeting)
        while True:
            tag, command = client.hear()
            if command.upper().startswith((b"LOGIN", b"AUTH")):
                client.say(tag + b" " + answer)
            else:
                client.say(b"* CAPABILITY IMAP4rev1", tag + b" OK done")

    server = scripted(script)
    with (
        contextlib.suppress(MailError),
        session.connect(server.endpoint(), ANYBODY, policy=LOOPBACK),
    ):
        pass
    assert server.clients and elsewhere.clients == []


@pytest.fixture
def ports(scripted):
    """A port of this machine in each state that a prying user would like to distinguish."""
    with socket.socket() as silent, socket.socket() as closed:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        closed.bind(("127.0.0.1", 0))
        yield {
            "refused": closed.getsockname()[1],
            "silent": silent.getsockname()[1],
            "hangs up": scripted(lambda client: None).endpoint().port,
            "speaks HTTP": scripted(lambda c: c.say(b"HTTP/1.1 400 ", b"")).endpoint().port,
            "speaks IMAP": scripted(lambda c: c.say(b"* OK IMAP4rev1")).endpoint().port,
            "of mail": 993,
        }


@pytest.mark.parametrize("way", WAYS)
def test_a_refusal_reveals_nothing_about_the_host(ports, way):
    met, times = set(), []
    for port in ports.values():
        begun = time.monotonic()
        with pytest.raises(HostNotAllowed) as caught:
            WAYS[way](Endpoint("127.0.0.1", port), policy=Policy(pause=0.3))
        times.append(time.monotonic() - begun)
        met.add((caught.value.code, caught.value.kind, caught.value.step))
    assert len(met) == 1
    assert min(times) >= 0.3 and max(times) - min(times) < 0.2


def test_hosts_on_the_administrators_list_are_connected_to(scripted):
    server = scripted(lambda client: client.say(b"* BYE"))
    with pytest.raises(MailError):
        session.connect(server.endpoint(), ANYBODY, policy=LOOPBACK)
    assert server.clients
