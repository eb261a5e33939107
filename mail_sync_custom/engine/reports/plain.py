"""Bounces that are no RFC 3464 reports: recognised by their text, as mail systems write them.

qmail's QSBMF, Exim, Sendmail 8.7 and older, Exchange 5.5, Domino, GroupWise, MDaemon, Yahoo, the
mail of small providers, in several languages. A bounce has words of its own, then the returned
mail or its header behind a line that announces it; a table has the lines and the words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ..addresses import key
from ..errors import safe_text
from .meaning import meaning
from .report import Fate, State
from .status import MAX_FATES

#: Characters of a bounce's own words that are read, and of one recipient's reason.
MAX_TEXT = 32 * 1024
MAX_REASON = 600

#: Lines behind which the returned mail begins, or its header.
_BEHIND = re.compile(
    r"""^[ \t>]*(?:
    -+[ ]?(?:below[ ]this[ ]line|enclosed)[ ]is[ ](?:a[ ]copy|the[ ]original).*
    |-+[ ]?this[ ]is[ ]a[ ]copy[ ]of[ ](?:the|your)[ ]message.*
    |-+[ ]?(?:(?:the[ ])?(?:original|unsent|returned|undelivered|undeliverable|failed|rejected)
        [ ](?:message|mail|e-?mail)(?:[ ](?:follows|text|header|headers?[ ]follow|below|begins?).*)?
        |(?:message|mail)[ ](?:header|text)s?[ ]follows?.*|(?:start|begin)[ ]of[ ].*message.*
        |transcript[ ]of[ ]the[ ]message.*
        |(?:ursprüngliche|originale?)[ ](?:nachricht|mail|e-mail|message).*|message[ ]d'origine.*
        |mensaje[ ]original.*|messaggio[ ]originale.*|mensagem[ ]original.*|oorspronkelijk.*
        |исходное[ ].*|оригинал.*)[ ]?-*[ ]?:?
    |(?:possibly[ ]truncated[ ])?original[ ]message[ ]follows.*
    |(?:the[ ])?(?:headers?[ ]of[ ](?:the|your)[ ].*|(?:original|returned)[ ]message[ ]headers?):?
    |the[ ](?:text|body|header|first[ ].*)[ ]of[ ](?:the|your)[ ](?:message|mail).*:
    |original[ ](?:message|mail)[ ]headers?:?
    )[ \t-]*$""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
# A header block in the middle of a text: lines of fields, with the id of a mail among them.
_FIELD_LINE = r"[A-Za-z][A-Za-z0-9-]{1,40}:[ \t][^\n]*\n(?:[ \t]+[^\n]*\n)*"
_HEADER = re.compile(
    rf"^(?:{_FIELD_LINE}){{0,60}}?message-id:[ \t][^\n]*(?:\n|\Z)", re.MULTILINE | re.IGNORECASE
)

#: What only a bounce says, in the languages of the large mail systems.
_FAILED = re.compile(
    r"(?:could|can|was|is|has|have|were|will)(?: ?not|n['’]t) (?:\w+ ){0,3}(?:deliver|reach|sent\b)|"
    r"undeliver|unable to deliver|"
    r"deliver(?:y|ing)\b.{0,60}(?:fail|abandon|error|impossible|unsuccessful)|"
    r"fail(?:ed|ure|s)?\b.{0,40}(?:deliver|recipient|address)|permanent(?:ly)? (?:fail|error|fatal)|"
    r"did not reach the following|message was not (?:sent|delivered|accepted)|"
    r"returned (?:to (?:the )?sender|mail|message|because|for)|giving up on|"
    r"following (?:recipient|address|e-?mail)\S*.{0,40}(?:fail|reject|error)|"
    r"(?:mail|message|e-?mail).{0,30}(?:been|was|is) (?:rejected|bounced|refused|returned)|"
    r"transcript of session|user unknown|mailbox unavailable|no such user|"
    r"nicht (?:zugestellt|ausgeliefert|zustellbar|erreicht)|unzustellbar|zustellung.{0,40}(?:fehl|nicht)|"
    r"konnte.{0,80}nicht.{0,40}(?:zu(?:ge)?stell|ausgeliefert|übermittel)|"
    r"n'a(?: pas)? (?:pas )?(?:pu|été).{0,40}(?:remis|délivr|distribu|livr|envoy|achemin)|"
    r"impossible de (?:remettre|livrer|distribuer|délivrer)|échec|non[- ]remis|"
    r"no (?:se )?(?:pudo|puede|ha podido|fue|ha sido).{0,40}(?:entreg|envi)|no entregad|devuelto|"
    r"impossibile (?:recapitare|consegnare)|non (?:è stat[oa]|recapit|consegn).{0,30}|"
    r"não (?:foi|pôde|pode|é).{0,30}(?:entreg|envi)|falha n[ao]|"
    r"niet (?:worden |kunnen )?(?:af|be)(?:ge)?(?:lever|zorg)|onbestelbaar|"
    r"kunde inte leverer|kunne ikke lever|ei voitu toimit|"
    r"nie (?:został|mogł|można|udało).{0,40}dostarcz|niedostarcz|nedoruč|"
    r"не (?:было |был[ао]? |может быть |удалось )?(?:доставлен|доставить)|недоставл|"
    r"teslim edileme|配信(?:でき|不能|に失敗)|送信できません|届けられ|未达|无法(?:送达|投递|发送)|"
    r"退信|無法(?:傳遞|傳送|投遞)|투 ?달|배달(?:되지|할 수)|전송(?:되지|할 수)",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"(?:will|still) (?:continue|be(?:ing)?|keep)(?:s| to be)? (?:to )?(?:try|retr|attempt)|"
    r"keep(?:s)? trying|will be retried|still trying|warning message only|no action is required|"
    r"do not (?:need to )?re-?send|has (?:not yet|been delayed)|not yet been delivered|"
    r"(?:delivery|message|mail).{0,30}(?:is |been |was )?delayed|could not send (?:message )?for past|"
    r"verzögert|weiter(?:hin)? versucht|retardé|retard de (?:remise|livraison)|retrasad|"
    r"ritardat|atrasad|vertraagd|försenad|opóźnion|задерж|отлож|延迟|延遲|遅延|지연",
    re.IGNORECASE,
)
#: A bounce that has given up speaks of the time before, too.
_GIVEN_UP = re.compile(
    r"giv(?:en|ing) up|gave up|not be (?:retried|attempted)|no (?:further|more) (?:attempts|delivery)|"
    r"permanent (?:error|fail|fatal)|has expired|(?:is being|has been|was) returned to",
    re.IGNORECASE,
)

_ADDRESS = re.compile(
    r"(?<![\w.+%@/-])[<(\"']?([A-Za-z0-9!#$%&*+/=?^_{|}~.'-]{1,64}@[A-Za-z0-9.-]{1,200}"
    r"[A-Za-z0-9])(?![\w@])"
)
# The summary of the mail that some systems begin with: it names those whom it reached, too.
_SUMMARY = re.compile(
    r"^[ \t]*(?:from|to|cc|bcc|subject|sent|date|reply-to|message-id|von|an|betreff|gesendet|"
    r"datum|de|à|objet|envoyé|para|asunto|enviado|da|a|oggetto|inviato)[ \t]*:[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
_SUBJECT = re.compile(
    r"^[ \t]*(?:subject|betreff|objet|asunto|oggetto|件名)[ \t]*:[ \t]*(.*)$", re.I | re.M
)


@dataclass(frozen=True, slots=True)
class Read:
    """What a text says: its recipients' fates, the returned header, the subject that it names."""

    fates: tuple[Fate, ...]
    returned: str = ""
    subject: str = ""


def read(text: str, failed: tuple[str, ...] = (), own: frozenset[str] = frozenset()) -> Read | None:
    """Return what a bounce's text says; None if it is no bounce's.

    ``failed`` are addresses that its header names as failed, ``own`` the keys of those that it was
    sent between. The fates have the addresses that its own words name.
    """
    said, _ = _divided(text[:MAX_TEXT])
    flat = " ".join(said.split())
    if not _FAILED.search(flat) and not _DELAYED.search(flat):
        return None
    return _read(text, failed, own)


def in_any_language(text: str, own: frozenset[str] = frozenset()) -> Read:
    """Return what the text of a bounce says, known to be one: who is named, and the words.

    If nobody is named, the mail's only recipient is meant.
    """
    found = _read(text, (), own)
    anybody = replace(found.fates[0], addresses=())
    return replace(found, fates=(*found.fates, anybody))


def _read(text: str, failed: tuple[str, ...], own: frozenset[str]) -> Read:
    said, returned = _divided(text[:MAX_TEXT])
    flat = " ".join(said.split())
    subject = _SUBJECT.search(said)
    said = _SUMMARY.sub("", said)
    state = _state(flat)
    named = [
        (found.span(), address)
        for found in _ADDRESS.finditer(said)
        if (address := key(found[1])) and address not in own
    ]
    firsts = sorted({address: span for span, address in reversed(named)}.items(), key=_span)
    if failed:
        firsts = [pair for pair in firsts if pair[0] in failed]
    fates = []
    for number, (address, (_, behind)) in enumerate(firsts[:MAX_FATES]):
        end = firsts[number + 1][1][0] if number + 1 < len(firsts) else len(said)
        fates.append(_fate((address,), state, said[behind:end]))
    left = [address for address in failed if address not in dict(firsts)]
    fates += [_fate((address,), state, said) for address in left]
    if not fates:
        fates = [_fate((), state, said)]
    return Read(tuple(fates), returned, subject[1].strip() if subject else "")


def _span(pair: tuple[str, tuple[int, int]]) -> tuple[int, int]:
    return pair[1]


def _state(flat: str) -> State:
    delayed = _DELAYED.search(flat) and not _GIVEN_UP.search(flat)
    return State.DELAYED if delayed else State.FAILED


def _divided(text: str) -> tuple[str, str]:
    """Return a bounce's own words, and the returned mail from the first line of its header on."""
    if (found := _BEHIND.search(text)) is not None:
        return text[: found.start()], text[found.end() :].lstrip()
    if (found := _HEADER.search(text)) is not None:
        return text[: found.start()], text[found.start() :]
    return text, ""


def _fate(addresses: tuple[str, ...], state: State, said: str) -> Fate:
    """Return the fate of a recipient from the words about it."""
    words = _reason(said)
    found = _ENHANCED.search(words)
    status = found[1] if found else ""
    return Fate(addresses, state, status, words, meaning(status, words, state))


def _reason(said: str) -> str:
    """Return the words about a recipient, as one line: what is in its paragraph and the next."""
    lines = said.lstrip(" \t\r\n>:;,)\"'").rstrip().splitlines()
    kept: list[str] = []
    blanks = 0
    for line in lines:
        blanks += not line.strip()
        if blanks > 1 and len(" ".join(kept)) > 60:
            break
        kept.append(line.strip())
    return safe_text(" ".join(filter(None, kept))[:MAX_REASON])
