"""Presets: the mail servers of common providers, and what each expects as a password.

Values only. The text of a note is in the ORM layer, keyed by ``note_code``; so is the remedy for an
error, keyed by ``code``. The source that a host name was checked against is given beside it: the
provider's own page where it could be read, else ISPDB (Mozilla's autoconfig,
thunderbird/autoconfig), nodemailer (its well-known services), or nylas (sync-engine's providers).
Providers change: suspect the preset before the user.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

#: Placeholder in a host name for the domain of the user's own address.
OWN_DOMAIN = "yourdomain.com"

Passwords = Literal["password", "app_password", "authorisation_code", "not_accepted"]


@dataclass(frozen=True, slots=True)
class Preset:
    """One server. ``ssl`` is implicit TLS; without it, STARTTLS is used if offered."""

    host: str
    port: int
    ssl: bool = True


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider's servers and habits.

    ``domains`` are those of its free addresses, ``families`` those it has in many countries
    (``yahoo`` for yahoo.de, yahoo.co.uk …). ``passwords`` says what a login accepts:
    ``not_accepted`` is a provider that only allows its own sign-in (OAuth).
    ``files_sent_copy`` says that mail sent by SMTP appears in Sent by itself, or may: so wait and
    look before filing a copy. The limits apply to sending, ``None`` if not published.
    """

    code: str
    name: str
    imap: Preset
    smtp: Preset
    domains: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    passwords: Passwords = "password"
    note_code: str = ""
    files_sent_copy: bool = False
    per_minute: int | None = None
    per_day: int | None = None

    @property
    def own_domain(self) -> bool:
        """Whether the host names contain the domain of the user's address."""
        return OWN_DOMAIN in self.imap.host


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# --- the table ---------------------------------------------------------------------------------
# In display order. The first four are the product's own suggestions.

GMAIL = Provider(
    # mailconfiguration.com/gmail, nodemailer; about 500 mails a day, 2,000 with Workspace
    code="gmail",
    name="Gmail",
    imap=Preset("imap.gmail.com", 993),
    smtp=Preset("smtp.gmail.com", 465),
    domains=_set("gmail.com googlemail.com"),
    passwords="app_password",
    note_code="gmail",
    files_sent_copy=True,  # jstedfast/MailKit#1193
    per_day=500,
)

GODADDY = Provider(
    # As given: unencrypted unless the server offers STARTTLS. The one below is the safer choice.
    code="godaddy",
    name="GoDaddy",
    imap=Preset("imap.secureserver.net", 143, ssl=False),
    smtp=Preset("smtpout.secureserver.net", 465),
    domains=_set("secureserver.net"),
    note_code="godaddy",
)

REG123 = Provider(
    # nylas
    code="123reg",
    name="123 Reg",
    imap=Preset("imap.123-reg.co.uk", 993),
    smtp=Preset("smtp.123-reg.co.uk", 465),
)

BLUEHOST = Provider(
    # As given, with SSL; 143 without. clean.email/blog/email-settings/bluehost-email-settings
    code="bluehost",
    name="Bluehost",
    imap=Preset(f"mail.{OWN_DOMAIN}", 993),
    smtp=Preset(f"mail.{OWN_DOMAIN}", 465),
    note_code="own_domain",
)

GODADDY_SSL = Provider(
    # nylas
    code="godaddy_ssl",
    name="GoDaddy (SSL)",
    imap=Preset("imap.secureserver.net", 993),
    smtp=Preset("smtpout.secureserver.net", 465),
    note_code="godaddy_ssl",
)

MICROSOFT365 = Provider(
    # nodemailer; limits: learn.microsoft.com/en-us/answers/questions/2258712
    code="microsoft365",
    name="Microsoft 365",
    imap=Preset("outlook.office365.com", 993),
    smtp=Preset("smtp.office365.com", 587, ssl=False),
    domains=_set("onmicrosoft.com"),
    passwords="not_accepted",
    note_code="microsoft",
    files_sent_copy=True,
    per_minute=30,
    per_day=10_000,
)

OUTLOOK = Provider(
    # nodemailer; gist.github.com/gabrielbarros/f494b2ec6e330842b43619f8e2b66481
    code="outlook",
    name="Outlook.com, Hotmail",
    imap=Preset("outlook.office365.com", 993),
    smtp=Preset("smtp-mail.outlook.com", 587, ssl=False),
    domains=_set("msn.com passport.com windowslive.com"),
    families=_set("outlook hotmail live"),
    passwords="not_accepted",
    note_code="microsoft",
    files_sent_copy=True,  # chatmail/core#5013
)

YAHOO = Provider(
    # nylas, nodemailer; help.yahoo.com SLN17518: 500 a day, for its business mail
    code="yahoo",
    name="Yahoo",
    imap=Preset("imap.mail.yahoo.com", 993),
    smtp=Preset("smtp.mail.yahoo.com", 465),
    domains=_set("ymail.com rocketmail.com myyahoo.com"),
    families=_set("yahoo"),
    passwords="app_password",
    note_code="app_password",
    files_sent_copy=True,  # reports differ
    per_day=500,
)

ICLOUD = Provider(
    # nylas, nodemailer; support.apple.com/en-ca/102198: 1,000 messages a day
    code="icloud",
    name="iCloud",
    imap=Preset("imap.mail.me.com", 993),
    smtp=Preset("smtp.mail.me.com", 587, ssl=False),
    domains=_set("icloud.com me.com mac.com"),
    passwords="app_password",
    note_code="icloud",
    files_sent_copy=True,  # reports differ: kellylford/QuickMail#150, floatpane/matcha#496
    per_day=1_000,
)

ZOHO = Provider(
    # email-setup.net/zoho-imap-and-smtp-settings, nodemailer
    code="zoho",
    name="Zoho",
    imap=Preset("imap.zoho.com", 993),
    smtp=Preset("smtp.zoho.com", 465),
    domains=_set("zoho.com zohomail.com"),
    note_code="zoho",
    files_sent_copy=True,  # a setting of the mailbox, on at first: nylas/sync-engine#365
)

ZOHO_EU = Provider(
    # Not read on a page of Zoho's: the pattern of its other regions
    code="zoho_eu",
    name="Zoho (Europe)",
    imap=Preset("imap.zoho.eu", 993),
    smtp=Preset("smtp.zoho.eu", 465),
    domains=_set("zoho.eu zohomail.eu"),
    note_code="zoho",
    files_sent_copy=True,
)

ZOHO_IN = Provider(
    # support.bolddesk.com/kb/article/15603
    code="zoho_in",
    name="Zoho (India)",
    imap=Preset("imap.zoho.in", 993),
    smtp=Preset("smtp.zoho.in", 465),
    domains=_set("zoho.in zohomail.in"),
    note_code="zoho",
    files_sent_copy=True,
)

ZOHO_PRO = Provider(
    # wiki.brostweb.com/books/external-accounts/chapter/zoho: organisations with their own domain
    code="zoho_pro",
    name="Zoho (own domain)",
    imap=Preset("imappro.zoho.com", 993),
    smtp=Preset("smtppro.zoho.com", 465),
    note_code="zoho",
    files_sent_copy=True,
)

FASTMAIL = Provider(
    # fastmail.com/help/technical/servernamesandports.html
    code="fastmail",
    name="Fastmail",
    imap=Preset("imap.fastmail.com", 993),
    smtp=Preset("smtp.fastmail.com", 465),
    domains=_set("fastmail.com fastmail.fm fastmail.net fastmail.org sent.com messagingengine.com"),
    passwords="app_password",
    note_code="app_password",
)

GMX = Provider(
    # ISPDB gmx.net; gmx.net/mail/tipps/posts/pop3-imap/36 (IMAP is off at first)
    code="gmx",
    name="GMX (gmx.net, gmx.de)",
    imap=Preset("imap.gmx.net", 993),
    smtp=Preset("mail.gmx.net", 465),
    domains=_set("gmx.net gmx.de gmx.at gmx.ch gmx.eu gmx.biz gmx.org gmx.info"),
    note_code="imap_off",
)

GMX_COM = Provider(
    # nylas, nodemailer
    code="gmx_com",
    name="GMX (gmx.com)",
    imap=Preset("imap.gmx.com", 993),
    smtp=Preset("mail.gmx.com", 587, ssl=False),
    domains=_set("gmx.com gmx.us gmx.co.uk gmx.fr gmx.es gmx.it"),
    note_code="imap_off",
)

AOL = Provider(
    # ISPDB aol.com
    code="aol",
    name="AOL",
    imap=Preset("imap.aol.com", 993),
    smtp=Preset("smtp.aol.com", 465),
    domains=_set("aim.com netscape.net netscape.com compuserve.com cs.com wmconnect.com"),
    families=_set("aol"),
    passwords="app_password",
    note_code="app_password",
    files_sent_copy=True,  # as Yahoo, whose servers these are
    per_day=500,
)

GANDI = Provider(
    # docs.gandi.net/ja/gandimail/standard_email_settings, nylas, nodemailer
    code="gandi",
    name="Gandi",
    imap=Preset("mail.gandi.net", 993),
    smtp=Preset("mail.gandi.net", 465),
)

NAMECHEAP = Provider(
    # nylas; 465: the README of pushkarsingh32/privateemail-mcp
    code="namecheap",
    name="Namecheap Private Email",
    imap=Preset("mail.privateemail.com", 993),
    smtp=Preset("mail.privateemail.com", 465),
    domains=_set("privateemail.com"),
)

YANDEX = Provider(
    # tech.yandex.com/oauth/doc/imap; yandex.com/support/passport/authorization/app-passwords.html
    code="yandex",
    name="Yandex",
    imap=Preset("imap.yandex.com", 993),
    smtp=Preset("smtp.yandex.com", 465),
    domains=_set("ya.ru narod.ru"),
    families=_set("yandex"),
    passwords="app_password",
    note_code="imap_off",
    files_sent_copy=True,  # a setting of the mailbox
)

OVH = Provider(
    # quai-des-entrepreneurs.com/ovh-mail: MX Plan
    code="ovh",
    name="OVH",
    imap=Preset("ssl0.ovh.net", 993),
    smtp=Preset("ssl0.ovh.net", 465),
    domains=_set("ovh.net ovh.fr"),
)

IONOS = Provider(
    # ISPDB ionos.com; other countries have hosts of their own (imap.ionos.fr …)
    code="ionos",
    name="IONOS",
    imap=Preset("imap.ionos.com", 993),
    smtp=Preset("smtp.ionos.com", 465),
    domains=_set("ionos.com 1and1.com online.de onlinehome.de"),
    note_code="ionos",
)

HOVER = Provider(
    # nylas; ports: help.hover.com/hc/en-us/articles/217282007
    code="hover",
    name="Hover",
    imap=Preset("mail.hover.com", 993),
    smtp=Preset("mail.hover.com", 465),
    domains=_set("hover.com"),
)

CPANEL = Provider(
    # hostingcentre.in, knowledgebase 187, as cPanel's own page for its mail clients has it
    code="cpanel",
    name="cPanel hosts",
    imap=Preset(f"mail.{OWN_DOMAIN}", 993),
    smtp=Preset(f"mail.{OWN_DOMAIN}", 465),
    note_code="own_domain",
)

OTHER = Provider(
    code="other",
    name="Other",
    imap=Preset("", 993),
    smtp=Preset("", 465),
)

PROVIDERS: tuple[Provider, ...] = (
    GMAIL, GODADDY, REG123, BLUEHOST,
    GODADDY_SSL, MICROSOFT365, OUTLOOK, YAHOO, ICLOUD, ZOHO, ZOHO_EU, ZOHO_IN, ZOHO_PRO, FASTMAIL,
    GMX, GMX_COM, AOL, GANDI, NAMECHEAP, YANDEX, OVH, IONOS, HOVER, CPANEL, OTHER,
)  # fmt: skip

_BY_DOMAIN = {domain: one for one in PROVIDERS for domain in one.domains}
_BY_FAMILY = {family: one for one in PROVIDERS for family in one.families}

# What follows a family's name: com, net, de, co.uk, com.br.
_COUNTRY = re.compile(r"com|net|[a-z]{2}|(?:com|co)\.[a-z]{2}")
#: Another company under a family's name, with servers of its own.
_STRANGERS = frozenset(["yahoo.co.jp"])


def _domain(email: str) -> str:
    return email.rpartition("@")[2].strip(" >.").lower()


def suggest(email: str) -> Provider:
    """Return the provider for the domain of an address; ``OTHER`` if the domain is unknown.

    A user's own domain says nothing about who hosts it.
    """
    domain = _domain(email)
    if domain in _STRANGERS:
        return OTHER
    if domain in _BY_DOMAIN:
        return _BY_DOMAIN[domain]
    if domain.endswith(".onmicrosoft.com"):
        return MICROSOFT365
    family, _, country = domain.partition(".")
    return _BY_FAMILY.get(family, OTHER) if _COUNTRY.fullmatch(country) else OTHER


def hosts(provider: Provider, email: str) -> tuple[str, str]:
    """Return the IMAP and SMTP hosts, including the domain of the address where they need it.

    >>> hosts(BLUEHOST, "ann@shop.example")
    ('mail.shop.example', 'mail.shop.example')
    """
    domain = _domain(email) or OWN_DOMAIN
    imap, smtp = provider.imap.host, provider.smtp.host
    return imap.replace(OWN_DOMAIN, domain), smtp.replace(OWN_DOMAIN, domain)
