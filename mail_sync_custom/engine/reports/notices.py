"""Which messages may report what became of a mail. From their headers alone.

A bounce comes from a machine that is nobody's lead. So besides the mails of leads, messages are
fetched that look like reports: too many is fine, for what is no report leaves no trace. The fields
looked at are those that are fetched anyway, and of new messages two more: a report has an empty
return path, whatever else it says (RFC 5321 §4.5.5), and most have a content type of their own.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from ..mime.fields import fields_of, first_of
from ..values import Envelope

#: Bytes of a report that are read. What failed, and the returned mail's header, are at its
#: beginning.
MAX_BYTES = 128 * 1024

#: Local parts that belong to no person: words, and what may stand between them.
_DAEMONS = frozenset(
    separator.join(words.split())
    for separator in ("", "-", "_", ".")
    for words in (
        "mailer daemon, mail daemon, daemon, mdaemon, postmaster, post master, mailmaster, "
        "mail router, mail system, mailadmin, mail admin, mail administrator, postoffice, "
        "post office, mail delivery, mail delivery system, mail delivery subsystem, "
        "mail delivery service, delivery, undelivered, undeliverable, ndr, dsn, system, "
        "administrator, system administrator, mailer, mta, smtp, smtpd, bounce, bounces, return, "
        "returns"
    ).split(", ")
)
#: With a number, a name or a domain behind it.
_PREFIXES = ("mailer-daemon", "microsoftexchange", "bounces+", "bounce+", "bounces-", "bounce-")

#: Parts of a raw header block that a report may have without any other sign.
_SIGNS = (b"auto-submitted", b"deliver")
#: The subject of a header block, in lower case, if it can be read as it stands.
_EASY_SUBJECT = re.compile(rb"^subject[ \t]*:([\t -~]*)\r?\n(?![ \t])", re.M)

#: Subjects of reports, in lower case, in the languages of the large mail systems.
_SUBJECT = re.compile(
    r"undeliver|non[- ]?deliver|(?:not|never|could ?n[o']t|cannot) (?:be )?deliver|"
    r"deliver(?:y|ed)?\b.{0,30}(?:status|fail|notif|report|delay|problem|error|incomplete|relayed|"
    r"system)|(?:mail|message) (?:delivery|system) |mail delivery (?:sub)?system|failed delivery|"
    r"return(?:ed|ing) (?:mail|message|to sender)|failure notice|mail failure|message status|"
    r"mail system error|delayed (?:mail|message)|(?:mail|message) delayed|warning: message|"
    r"unzustellbar|nicht zu(?:ge)?stell|zustell(?:ung|fehler|bericht).{0,30}|fehlgeschlagen|"
    r"übermittlungs|verzögert|non[- ](?:remis|distribu|délivr|livr)|"
    r"(?:échec|retard|rapport|notification|état).{0,20}(?:remise|livraison|distribution|envoi)|"
    r"no (?:se )?(?:puede|pudo|ha podido|entregad)\w*|no entreg|devuelto|entrega.{0,20}(?:fall|estado|retras)|"
    r"(?:error|estado|fallo|aviso|notificaci).{0,25}entrega|recapit|mancata? consegna|"
    r"não (?:foi |é )?(?:possível )?(?:entreg|enviad)|falha n[ao] (?:entrega|envio)|atraso na entrega|"
    r"onbestelbaar|niet (?:af|be)(?:ge)?(?:lever|zorg)|bezorg|kan inte leverera|går inte att leverera|"
    r"ikke leveres|levering|toimitta|niedostarcz|nie można dostarczyć|nie dostarcz|doręcz|nedoruč|"
    r"не ?доставл|невозможно доставить|недоставл|не может быть доставлен|ошибка доставки|"
    r"teslim edil|iletilemedi|kézbesít|nelivr|παράδοσ|"
    r"配信|配送|送信でき|未達|エラーメール|退信|退回|无法送达|未送达|投递|投遞|無法傳遞|传递|"
    r"반송|배달|전송 실패"
)
_NAMED = re.compile(r"mail delivery (?:sub)?system|mailer[- ]daemon|system ?administrator", re.I)
_AUTO = frozenset([b"auto-submitted"])
_NO_RETURN = re.compile(
    rb"^return-path:[ \t]*(?:\r?\n[ \t]+)?<[ \t]*>", re.IGNORECASE | re.MULTILINE
)
_REPORT = re.compile(
    rb"^content-type:[^\n]*(?:\n[ \t][^\n]*)*?\b(?:multipart/report|delivery-status)\b",
    re.IGNORECASE | re.MULTILINE,
)


def possible(
    blocks: Sequence[tuple[bytes, frozenset[str]]], own: frozenset[str], *, traced: bool = False
) -> list[int]:
    """Return the numbers of the header blocks that may be reports, without parsing them.

    Each comes with the addresses that a glance found in it; ``own`` are the owner's. This runs on
    every header block of a mailbox, so what they have in common is looked for in all at once.
    ``traced`` says that they have Return-Path and Content-Type.
    """
    addresses = frozenset().union(*(emails for _, emails in blocks))
    machines = {email for email in addresses if _local(email) in _DAEMONS}
    machines |= {email for email in addresses if email.startswith(_PREFIXES)}
    signed = _signed([block for block, _ in blocks])
    if traced:
        signed |= {number for number, (block, _) in enumerate(blocks) if _is_traced(block)}
    return [
        number
        for number, (_, emails) in enumerate(blocks)
        # A mail that names nobody but the owner may have no author.
        if number in signed or emails <= own or not machines.isdisjoint(emails)
    ]


def _signed(blocks: Sequence[bytes]) -> set[int]:
    """Return the numbers of the blocks with a sign of a report."""
    text = b"".join(blocks).lower()
    ends = list(accumulate(map(len, blocks)))
    signed = {bisect_right(ends, place) for sign in _SIGNS for place in _places(text, sign)}
    return {number for number in signed if not _only_delivers(blocks[number].lower())}


def _places(text: bytes, sign: bytes) -> Iterator[int]:
    place = text.find(sign)
    while place >= 0:
        yield place
        place = text.find(sign, place + len(sign))


def _only_delivers(block: bytes) -> bool:
    """Whether the only sign is a subject about a delivery that is none of a mail.

    Salespeople write of deliveries all day: most such mails are told from a report here.
    """
    subjects = _EASY_SUBJECT.findall(block)
    if len(subjects) != 1 or b"=?" in subjects[0] or b"auto-submitted" in block:
        return False
    [subject] = subjects
    return block.count(b"deliver") == subject.count(b"deliver") and not is_report(subject.decode())


def _local(email: str) -> str:
    return email[: email.find("@")]


def is_daemon(email: str) -> bool:
    """Whether an address, in lower case, is a mail system's.

    >>> is_daemon("mailer-daemon@googlemail.com"), is_daemon("ann@corp.example")
    (True, False)
    """
    return _local(email) in _DAEMONS or email.startswith(_PREFIXES)


def is_report(subject: str) -> bool:
    """Whether a subject is one that mail systems give their reports.

    >>> is_report("Delivery Status Notification (Failure)"), is_report("Delivery on Monday")
    (True, False)
    """
    return _SUBJECT.search(subject.lower()) is not None


def is_marked(raw: bytes) -> bool:
    """Return whether a message may be a report by its content type, or that of its first part."""
    return b"multipart/report" in raw[:8192].lower()


def weight(size: int | None) -> int:
    """Return how many bytes of a message of that size are read to see whether it is a report."""
    return min(size or MAX_BYTES, MAX_BYTES)


def is_notice(envelope: Envelope, raw: bytes) -> bool:
    """Return whether a message is to be fetched because it may be a report.

    ``raw`` is its header block. What is merely generated by a machine is not: newsletters and
    monitoring say so, too (RFC 3834 §5).
    """
    return (
        is_from_a_machine(envelope)
        or is_report(envelope.subject)
        or _submitted(raw) == "auto-replied"
        or _is_traced(raw)
    )


def _is_traced(block: bytes) -> bool:
    return has_no_return(block) or _REPORT.search(block) is not None


def has_no_return(raw: bytes) -> bool:
    """Whether nothing may be sent back for a message: it is itself a notification, or an answer
    (RFC 5321 §4.5.5). ``raw`` is a message or its header block.
    """
    head = raw[: raw.find(b"\n\r\n") + 1 or raw.find(b"\n\n") + 1 or None]
    return _NO_RETURN.search(head) is not None


def is_from_a_machine(envelope: Envelope) -> bool:
    """Whether a mail system wrote it: it says so, or names nobody as its author."""
    sender = envelope.sender
    return not sender.email or is_daemon(sender.email) or bool(_NAMED.search(sender.name))


def _submitted(raw: bytes) -> str:
    value = first_of(fields_of(raw, _AUTO), b"auto-submitted")
    return value.partition(";")[0].partition("(")[0].strip().lower()
