"""The second table of bad servers: small deviations, most of them reported of other clients."""

from __future__ import annotations

import re

from tests.contract.bad_server import Case
from tests.contract.bad_servers import (
    ALL,
    BAD,
    FETCH,
    bye,
    changed,
    refused,
    search_lines,
)
from tests.contract.scripted import Gone


def in_small_letters(play, uid, line):
    """Write the names of items and answers in other cases."""
    play.raw(line.replace(b"UID", b"uid").replace(b"FETCH", b"Fetch"))


def in_two(play, uid, line):
    """Answer a message in two FETCHes: its size first, its text later."""
    number = line.split(b" ")[1]
    play.say(b"* %b FETCH (UID %d RFC822.SIZE 400)" % (number, uid))
    play.raw(line)


def with_the_one_before(play, tag, arguments, well):
    """Send numbers of the mailbox before, up to CLOSED (RFC 7162 §3.2.11)."""
    play.say(
        b"* 99 EXISTS", b"* OK [UIDVALIDITY 1] old", b"* OK [UIDNEXT 2] old", b"* OK [CLOSED] ."
    )
    well()


def twice_ok(play, tag, arguments, well):
    well()
    play.say(tag + b" OK done again")


def bare_linefeeds(play, tag, arguments, well):
    """End answers with LF alone."""
    uids, part = play.asked(arguments)
    for uid in uids:
        line = play.line(uid, part, arguments)
        play.raw(line[:-2] + b"\n")
    play.raw(tag + b" OK done\n")


def without_text(play, tag, arguments, well):
    uids, part = play.asked(arguments)
    play.raw(b"".join(play.line(uid, part, arguments) for uid in uids))
    play.say(tag + b" OK")


def of_other_messages(play, tag, arguments, well):
    """Send messages that nobody asked for, with UIDs beyond the last."""
    uids, part = play.asked(arguments)
    for uid in uids:
        line = play.line(uid, part, arguments)
        play.raw(line)
        play.raw(re.sub(rb"UID \d+", b"UID %d" % (uid + 5000), line))
    play.ok(tag)


def dies_half_way(play, tag, arguments, well):
    """Say NO after half of the messages came."""
    uids, part = play.asked(arguments)
    for uid in uids[: max(1, len(uids) // 2)]:
        play.raw(play.line(uid, part, arguments))
    if len(uids) > 1:
        play.say(tag + b" NO Some messages could not be FETCHed (Failure)")
    else:
        play.ok(tag)


def first_command_lost(command):
    """Hang up at a command, on every odd connection."""

    def lose(play, tag, arguments, well):
        if play.number % 2:
            raise Gone
        well()

    return {command: lose}


def empty_then_full(play, tag, arguments, well):
    """Tell of an empty mailbox on the first connection."""
    if play.number > 1:
        well()
        return
    play.box = box = play._box_of("EXAMINE", arguments)
    play.ok(
        tag,
        b"* 0 EXISTS",
        b"* OK [UIDVALIDITY %d] ." % box.uidvalidity,
        b"* OK [UIDNEXT %d] ." % box.uidnext,
    )


def in_sequence_numbers(play, tag, uids):
    """Answer SEARCH with a zero, and with UIDs beyond the range that was asked for."""
    play.ok(tag, b"* SEARCH " + b" ".join(b"%d" % uid for uid in [0, *uids, 999_999]))


def trailing_space(play, tag, uids):
    play.ok(tag, b"* SEARCH " + b"".join(b"%d " % uid for uid in uids))


def with_modseq(play, tag, uids):
    play.ok(tag, b"* SEARCH " + b"".join(b"%d " % uid for uid in uids) + b"(MODSEQ 917162500)")


def searched_lower_case(play, tag, uids):
    play.ok(tag, b"* search" + b"".join(b" %d" % uid for uid in uids))


def badcharset(play, tag, arguments, well):
    if b"CHARSET" in arguments:
        play.say(tag + b" NO [BADCHARSET (US-ASCII)] no such charset")
    else:
        well()


def stale(play, tag, arguments, well):
    """Answer STATUS with the UIDNEXT of some time ago on every odd connection."""
    box = play._box_of("STATUS", arguments)
    uidnext = 3 if play.number % 2 else box.uidnext
    play.ok(
        tag,
        b'* STATUS "%b" (UIDNEXT %d UIDVALIDITY %d)'
        % (box.name.encode(), uidnext, box.uidvalidity),
    )


def status_of_another(play, tag, arguments, well):
    play.say(b'* STATUS "Archive" (UIDNEXT 1 UIDVALIDITY 9)')
    well()


def unquoted_status(play, tag, arguments, well):
    box = play._box_of("STATUS", arguments)
    play.ok(
        tag,
        b"* STATUS %b (UIDVALIDITY %d UIDNEXT %d ) "
        % (box.name.encode(), box.uidvalidity, box.uidnext),
    )


def alert(play, tag, arguments, well):
    play.say(
        b"* NO [ALERT] Mailbox is at 98% of quota", b"* BAD internal warning", b"* OK [UNSEEN 3] x"
    )
    well()


def limited(play, tag, arguments, well):
    """Send the newest four messages alone, and say so (RFC 9738 §3.1)."""
    uids, part = play.asked(arguments)
    for uid in uids[-4:]:
        play.raw(play.line(uid, part, arguments))
    code = b"[MESSAGELIMIT 4 %d] " % uids[-4:][0] if len(uids) > 4 else b""
    play.say(tag + b" OK " + code + b"done")


def last_words(play, tag, arguments, well):
    well()
    if play.number % 2:
        bye(b"Session expired, please login again")(play)


def progress(play, tag, arguments, well):
    play.say(b"* OK Searched 91% of the mailbox, ETA 0:01")
    well()


def space_at_the_end(line):
    return line[:-3] + b" )\r\n"


def dated(value):
    """The same wrong date before a message's headers and its body."""
    send = changed(lambda line: re.sub(rb'INTERNALDATE "[^"]*"', b"INTERNALDATE " + value, line))
    return {"header": {BAD: send}, "body": {BAD: send}}


SWITCHED_OFF = refused(b"NO [ALERT] Please enable IMAP access in your account settings first.")

MORE_CASES = [
    Case(
        "lets in and then asks to enable IMAP",
        "MailKit#860",
        on={"STATUS": SWITCHED_OFF, "EXAMINE": SWITCHED_OFF},
        lost=ALL,
        code="imap_disabled",
    ),
    Case("writes in small letters", "RFC 9051 §9", header={BAD: in_small_letters}),
    Case(
        "sends a message in two answers",
        "RFC 9051 §7.5.2",
        header={BAD: in_two},
        body={BAD: in_two},
    ),
    Case(
        "tells of the mailbox before",
        "RFC 7162 §3.2.11",
        on={"EXAMINE": with_the_one_before},
    ),
    Case("ends a command twice", "RFC 9051 §2.2.2", on={"SEARCH": twice_ok}),
    Case("ends lines with LF alone", "MailKit#225", on=dict.fromkeys(FETCH, bare_linefeeds)),
    Case("says OK without a word", "node-imap#537", on=dict.fromkeys(FETCH, without_text)),
    Case(
        "sends messages that nobody asked for",
        "RFC 9051 §7",
        on=dict.fromkeys(FETCH, of_other_messages),
    ),
    Case(
        "says NO after half of the messages",
        "RFC 2180 §4.1.1",
        on=dict.fromkeys(FETCH, dies_half_way),
    ),
    Case(
        "sends four messages at a time",
        "RFC 9738; imap-proto#198",
        on=dict.fromkeys(FETCH, limited),
    ),
    Case(
        "hangs up at every second EXAMINE",
        "twenty#15842",
        on=first_command_lost("EXAMINE"),
    ),
    Case(
        "hangs up at every second SEARCH",
        "twenty#15842",
        on=first_command_lost("SEARCH"),
    ),
    Case(
        "says goodbye with every second SEARCH",
        "Gmail: BYE Session expired",
        on={"SEARCH": last_words},
    ),
    Case("shows an empty inbox at first", "RFC 9051 §7.4.1", on={"EXAMINE INBOX": empty_then_full}),
    Case("finds UIDs that it never had", "RFC 9051 §6.4.9", on=search_lines(in_sequence_numbers)),
    Case("ends SEARCH with a space", "imap-proto#108", on=search_lines(trailing_space)),
    Case("answers SEARCH with MODSEQ", "MailKit#166", on=search_lines(with_modseq)),
    Case(
        "answers SEARCH in small letters",
        "RFC 9051 §9",
        on=search_lines(searched_lower_case),
    ),
    Case("tells how far a search is", "rust-imap#179", on={"SEARCH": progress}),
    Case("knows no charset", "go-imap#48; MailKit#16", on={"SEARCH": badcharset}),
    Case("tells an old UIDNEXT now and then", "espocrm#3654", on={"STATUS": stale}),
    Case(
        "tells of another mailbox's status",
        "RFC 9051 §7.3.4",
        on={"STATUS": status_of_another},
    ),
    Case("ends STATUS with spaces", "modern-email/defects#9", on={"STATUS": unquoted_status}),
    Case(
        "ends FETCH with a space",
        "mail-api#209",
        header={BAD: changed(space_at_the_end)},
        body={BAD: changed(space_at_the_end)},
    ),
    Case("has no date", "thunderbird-android#1819", **dated(b"NIL")),
    Case(
        "has a date of zeros",
        "MailKit#1236",
        **dated(b'"00-Jan-0000 00:00:00 +0000"'),
    ),
    Case(
        "has a date of before 1970",
        "RFC 9051 §2.3.3",
        **dated(b'" 1-Jan-1900 00:00:00 +0000"'),
    ),
    Case("has a zone of a week", "RFC 5322 §3.3", **dated(b'"17-Jul-2026 02:44:25 +9999"')),
    Case(
        "writes a day of one digit", "swift-nio-imap#735", **dated(b'"8-Mar-2023 12:16:47 +0800"')
    ),
    Case(
        "writes dates as headers do",
        "asimap#458",
        **dated(b'"Wed, 08 Mar 2023 12:16:47 +0800"'),
    ),
    Case(
        "warns before each answer",
        "RFC 9051 §7.1.2, §7.1.3",
        on=dict.fromkeys((*FETCH, "SEARCH", "EXAMINE", "STATUS"), alert),
    ),
]
