"""Which servers a user may have Odoo connect to: mail servers on the internet. Pure.

A user names a host and a port, and Odoo connects to it from inside the company's network. Without a
policy, that lets a user reach, and discover, what only the server can reach (CWE-918). Internal
addresses are refused unless the administrator's list allows them, and every refusal is the same
and takes the same time, so it reveals nothing.

The addresses are from IANA's special-purpose registries (RFC 6890 and its updates).
"""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

#: IMAP (RFC 9051 §2.1, RFC 8314 §3.2), SMTP (RFC 5321 §4.5.4.2), submission (RFC 6409 §3.1,
#: RFC 8314 §3.3), and the port that providers offer where 587 is blocked.
MAIL_PORTS = frozenset({143, 993, 25, 465, 587, 2525})
MAX_PORT = 65535

#: Seconds after which a refusal is returned, however soon it is known.
PAUSE = 1.0

_Address = IPv4Address | IPv6Address
_Network = IPv4Network | IPv6Network

_INSIDE_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network (RFC 791)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # shared by a provider's customers (RFC 6598)
        "127.0.0.0/8",  # loopback (RFC 1122)
        "168.63.129.16/32",  # Azure's host, reachable only from within a virtual machine
        "169.254.0.0/16",  # link-local, and cloud metadata (RFC 3927)
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.88.99.0/24",  # 6to4 relays, deprecated (RFC 7526)
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved, and broadcast (RFC 1112, RFC 8190)
    )
)
#: All global unicast addresses; unique-local, link-local and multicast are outside.
_GLOBAL_6 = IPv6Network("2000::/3")
_INSIDE_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them (RFC 2928, RFC 4380)
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4: contains an IPv4 address (RFC 3056)
        "3fff::/20",  # documentation (RFC 9637)
    )
)
#: An IPv4 address behind the network's own translator (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")
#: The last half of an ISATAP address, before the IPv4 address and without the bit for *global*.
_ISATAP = 0x00005EFE

#: Names with a meaning inside a network only: RFC 6761, 6762, 7686, 8375 and 9476, and those that
#: ICANN keeps out of the root (`internal`, and the most common collisions). So do single labels.
_INSIDE_NAMES = tuple(
    f".{name}"
    for name in (
        "alt corp home home.arpa internal intranet lan local localdomain localhost onion private"
    ).split()
)

#: What a name may look like; a numeric one is an address, in whatever notation.
_NAME = re.compile(r"(?:\*\.)?(?:[\w-]{1,63}\.)*[\w-]{0,62}[^\W\d][\w-]{0,62}")
#: Mapped to nothing by those who look a name up (RFC 3454, table B.1).
_IGNORED = re.compile("[\u00ad\u034f\u1806\u180b-\u180d\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]")
_DOTS = re.compile("[\u3002\uff0e\uff61]")


class NotAnEntry(ValueError):
    """A line of the administrator's list that is neither a network nor a host."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A network, or a host by name; ``*.`` before a name stands for all its subdomains.

    ``ports`` are the allowed ports; ``None`` stands for all.
    """

    network: _Network | None = None
    name: str = ""
    ports: frozenset[int] | None = MAIL_PORTS

    def covers_name(self, host: str) -> bool:
        """Whether a host is allowed by name, whatever it resolves to."""
        if self.name.startswith("*."):
            return host.endswith(self.name[1:])
        return bool(self.name) and host == self.name

    def covers_address(self, address: _Address) -> bool:
        """Whether an address is in the network."""
        return self.network is not None and address in self.network

    def covers_port(self, port: int) -> bool:
        """Whether a port is allowed there."""
        return self.ports is None or port in self.ports


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be connected to. Without entries: any internet address, at one of the ports.

    ``pause`` is in seconds.
    """

    entries: tuple[Entry, ...] = ()
    pause: float = PAUSE
    ports: frozenset[int] = MAIL_PORTS

    def allows(self, host: str, port: int, ip: str) -> bool:
        """Whether the address that a host resolved to may be connected to at a port."""
        address = _unwrapped(ipaddress.ip_address(ip))
        if port in self.ports and _is_outside(address) and not _means_inside(plain(host)):
            return True
        return any(
            entry.covers_port(port)
            and (entry.covers_name(plain(host)) or entry.covers_address(address))
            for entry in self.entries
        )

    def hides(self, host: str) -> bool:
        """Whether to hide that a name does not exist: it is one of the inside, and not listed."""
        name = plain(host)
        return _means_inside(name) and not any(entry.covers_name(name) for entry in self.entries)

    def refuses(self, host: str, port: int) -> bool:
        """Whether a host is refused whatever it resolves to, so that it need not be looked up.

        Whether an internal name exists is no user's business either.
        """
        if address := _literal(plain(host)):
            return not self.allows(host, port, str(address))
        entries = [entry for entry in self.entries if entry.covers_port(port)]
        if any(entry.network or entry.covers_name(plain(host)) for entry in entries):
            return False
        return port not in self.ports or _means_inside(plain(host))


INTERNET = Policy()


def parse(text: str, pause: float = PAUSE) -> Policy:
    """Return the policy of an administrator's list: entries separated by lines, commas or spaces.

    An entry is a network, an address or a host, optionally followed by a colon and the one port
    that is allowed there, or ``*`` for all. Raises NotAnEntry, with the entry, for anything else.

    >>> [entry] = parse("10.0.0.0/8").entries
    >>> entry.covers_address(IPv4Address("10.1.2.3")), entry.covers_port(993), entry.covers_port(80)
    (True, True, False)
    """
    return Policy(tuple(map(_entry, re.findall(r"[^\s,;]+", text))), pause)


def _entry(text: str) -> Entry:
    where, ports = _parted(text)
    try:
        return Entry(network=ipaddress.ip_network(where, strict=False), ports=ports)
    except ValueError:
        name = plain(where)
        if not _NAME.fullmatch(name):
            raise NotAnEntry(text) from None
        return Entry(name=name, ports=ports)


def _parted(text: str) -> tuple[str, frozenset[int] | None]:
    """Split an entry from its port: ``host:1143``, ``10.0.0.0/8:*``, ``[fd00::/8]:1143``.

    >>> _parted("fd00::/8")[0], _parted("[fd00::1]:1143")
    ('fd00::/8', ('fd00::1', frozenset({1143})))
    """
    found = re.fullmatch(r"(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}|\*))?", text)
    if not found:
        return text, MAIL_PORTS
    bracketed, bare, port = found.groups()
    if port and port != "*" and not 0 < int(port) <= MAX_PORT:
        raise NotAnEntry(text)
    ports = MAIL_PORTS if port is None else None if port == "*" else frozenset({int(port)})
    return bracketed or bare, ports


def plain(host: str) -> str:
    """Return a host's name without the root's dot, capitals, other forms and what is not seen.

    It is compared, looked up and asked for in the certificate in this one form: a name that a
    resolver takes for another than the policy does would pass for a listed one.

    >>> plain(" ＩＭＡＰ.client。example. ")
    'imap.client.example'
    """
    name = unicodedata.normalize("NFKC", _DOTS.sub(".", host.strip())).lower()
    return _IGNORED.sub("", name).removesuffix(".")


def _literal(name: str) -> _Address | None:
    """Return the address that a name spells out, as a resolver would read it; None for a name.

    >>> _literal("0x7f.1"), _literal("2130706433"), _literal("017700000001")
    (IPv4Address('127.0.0.1'), IPv4Address('127.0.0.1'), IPv4Address('127.0.0.1'))
    """
    try:
        return IPv4Address(socket.inet_aton(name))
    except OSError:
        pass
    try:
        return IPv6Address(name)
    except ValueError:
        return None


def _means_inside(name: str) -> bool:
    """Whether a name can only be internal."""
    return not _literal(name) and ("." not in name or name.endswith(_INSIDE_NAMES))


def _unwrapped(address: _Address) -> _Address:
    """Return the IPv4 address embedded in an IPv6 address.

    RFC 4291 §2.5.5.2, RFC 6052, and RFC 5214 §6.1 (ISATAP) whatever the network's prefix.
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64 or (int(address) >> 32) & 0xFDFFFFFF == _ISATAP:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_outside(address: _Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _INSIDE_4)
    return address in _GLOBAL_6 and not any(address in network for network in _INSIDE_6)
