"""The table of bad servers: what each does wrong, where that was observed, the expected result."""

from __future__ import annotations

import re
import time

from tests.contract.bad_server import Case
from tests.contract.scripted import Gone

ALL = frozenset({"INBOX", "Sent"})
INBOX = frozenset({"INBOX"})
#: A message of Lea's in the middle of the inbox: the bad one.
BAD = 5
ASIDE = frozenset({BAD})
#: Seconds that a client waits for a silent server.
SHORT = 0.4
HUGE = 4 * 1024**3

# -- what a server does instead of what it should ------------------------------------------------


def hang_up(play, *_):
    raise Gone


def silent(play, *_):
    play.wait_for_the_end()
    raise Gone


def drip(play, *_):
    for _ in range(1000):
        play.raw(b"*")
        time.sleep(0.05)


def flood(play, *_):
    while True:
        play.raw(b"* OK still here\r\n" * 1000)


def bye(words):
    def goodbye(play, *_):
        play.say(b"* BYE " + words)
        raise Gone

    return goodbye


def refused(words):
    """Refuse a command."""

    def refuse(play, tag, *_):
        play.say(tag + b" " + words)

    return refuse


def says(line, then=None):
    """Send something that is not IMAP, then go on as if nothing had happened."""

    def talk(play, *_):
        play.raw(line)
        if then:
            then(play)

    return talk


def refused_with(uid, words, part="header"):
    """Refuse a whole FETCH because of one message in it."""

    def refuse(play, tag, arguments, well):
        uids, asked = play.asked(arguments)
        if asked == part and uid in uids and play.box.name == "INBOX":
            play.say(tag + b" " + words)
        else:
            well()

    return refuse


def half(then):
    """Send half of the message, and then something else."""

    def cut(play, uid, line):
        play.raw(line[: len(line) // 2])
        then(play)

    return cut


def changed(change):
    """Send the answer for a message, changed."""

    def send(play, uid, line):
        play.raw(change(line))

    return send


def announced(more):
    """Announce more or fewer bytes than are sent."""
    return changed(
        lambda line: re.sub(rb"\{(\d+)\}\r\n", lambda m: b"{%d}\r\n" % (int(m[1]) + more), line)
    )


def literal_of(size):
    def send(play, uid, line):
        play.raw(re.sub(rb"\{\d+\}", b"{%d}" % size, line))
        play.wait_for_the_end()

    return send


def nil(line):
    return re.sub(rb"\{\d+\}\r\n.*\)\r\n\Z", b"NIL)\r\n", line, flags=re.DOTALL)


def quoted(line):
    literal = re.search(rb"\{\d+\}\r\n(.*)\)\r\n\Z", line, re.DOTALL)[1].replace(b"\r\n", b" ")
    literal = literal.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return re.sub(rb"\{\d+\}\r\n.*", lambda _: b'"' + literal + b'")\r\n', line, flags=re.DOTALL)


def uid_last(line):
    uid = re.search(rb"UID \d+ ", line)[0]
    return line.replace(uid, b"", 1)[:-3] + b" " + uid.strip() + b")\r\n"


def with_noise(*lines, before=True):
    """Say something else before, or after, the proper answer to a command."""

    def noisy(play, tag, arguments, well):
        if before:
            play.say(*lines)
        well()

    return noisy


def told(**changes):
    """Answer STATUS and EXAMINE with other numbers, or without them."""

    def numbers(play, box):
        found = {"UIDNEXT": box.uidnext, "UIDVALIDITY": box.uidvalidity}
        for name, change in changes.items():
            found[name] = change(play, box) if callable(change) else change
        return {name: value for name, value in found.items() if value is not None}

    def status(play, tag, arguments, well):
        box = play._box_of("STATUS", arguments)
        items = b" ".join(b"%b %d" % (n.encode(), v) for n, v in numbers(play, box).items())
        play.ok(tag, b'* STATUS "%b" (%b)' % (box.name.encode(), items))

    def examine(play, tag, arguments, well):
        play.box = box = play._box_of("EXAMINE", arguments)
        codes = [b"* OK [%b %d] ." % (n.encode(), v) for n, v in numbers(play, box).items()]
        play.ok(tag, b"* %d EXISTS" % len(box.messages), *codes)

    return {"STATUS": status, "EXAMINE": examine}


def search_lines(form):
    def search(play, tag, arguments, well):
        form(play, tag, play.found(arguments))

    return {"SEARCH": search}


def after_answers(count):
    """End each connection after this many messages."""

    def fetch(play, tag, arguments, well):
        uids, part = play.asked(arguments)
        for uid in uids:
            if play.answers >= count:
                raise Gone
            play.answers += 1
            play.raw(play.line(uid, part, arguments))
        play.ok(tag)

    return {"FETCH HEADER": fetch, "FETCH BODY": fetch}


def in_parts(play, tag, arguments, well):
    """Answer FETCH a few bytes at a time."""
    uids, part = play.asked(arguments)
    data = b"".join(play.line(uid, part, arguments) for uid in uids)
    for start in range(0, len(data), 97):
        play.raw(data[start : start + 97])
    play.ok(tag)


def backwards(play, tag, arguments, well):
    uids, part = play.asked(arguments)
    play.raw(b"".join(play.line(uid, part, arguments) for uid in reversed(uids)))
    play.ok(tag)


def with_the_last(play, tag, arguments, well):
    """Always add the last message, as with n:*."""
    uids, part = play.asked(arguments)
    last = max(play.box.messages)
    play.raw(b"".join(play.line(uid, part, arguments) for uid in [*uids, last]))
    play.ok(tag)


def late(play, tag, arguments, well):
    """Leave half of the messages out the first time."""
    uids, part = play.asked(arguments)
    for uid in uids[::2] if len(uids) > 2 else uids:
        play.raw(play.line(uid, part, arguments))
    play.ok(tag)


def first_connection_only(play):
    if play.number > 1 and play.number % 2 == 0:
        play.say(b"* BYE [ALERT] Too many simultaneous connections. (Failure)")
        raise Gone


def starttls_injected(play, tag, *_):
    play.say(tag + b" OK begin", b"* CAPABILITY IMAP4rev1 AUTH=PLAIN", b"A2 OK", b"A3 OK")
    play.wait_for_the_end()


def nothing(play, tag, *_):
    play.ok(tag)


FETCH = ("FETCH HEADER", "FETCH BODY")
OFFER = b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hello"

# -- before the login ----------------------------------------------------------------------------

AT_THE_DOOR = [
    Case("does not greet", "zammad#2321", greet=silent, patience=SHORT, code="timeout"),
    Case("greets a byte at a time", "twenty#15842", greet=drip, patience=SHORT, code="timeout"),
    Case("hangs up at once", "twenty#15842", greet=hang_up, code="connection_lost"),
    Case(
        "is full",
        "Gmail, above 15 connections: Too many simultaneous connections",
        code="too_many_connections",
        greet=bye(b"[ALERT] Too many simultaneous connections. (Failure)"),
    ),
    Case(
        "says goodbye instead of hello",
        "RFC 9051 §7.1.5",
        greet=bye(b"So long"),
        code="connection_lost",
    ),
    Case(
        "logs us in by itself",
        "CVE-2020-14093; RFC 9051 §7.1.4",
        code="preauth",
        greeting=b"* PREAUTH [CAPABILITY IMAP4rev1] welcome",
    ),
    Case(
        "speaks SMTP",
        "RFC 9051 §7.1; RFC 5321 §4.2",
        greeting=b"220 mail.example.com ESMTP",
        code="not_imap",
    ),
    Case(
        "greets with a line that never ends",
        "CVE-2013-1752",
        code="protocol",
        greet=says(b"* OK " + b"x" * 2_000_000, then=silent),
    ),
    Case(
        "injects answers before TLS",
        "CVE-2021-33515; CVE-2011-0411",
        greeting=OFFER,
        on={"STARTTLS": starttls_injected},
        code="starttls_injection",
    ),
    Case(
        "offers STARTTLS and refuses it",
        "RFC 9051 §6.2.1",
        greeting=OFFER,
        on={"STARTTLS": refused(b"BAD what")},
        code="command_refused",
    ),
    Case(
        "greets and goes silent",
        "zammad#2321",
        on={"AUTHENTICATE": silent},
        patience=SHORT,
        code="timeout",
    ),
    Case(
        "refuses the password",
        "RFC 5530 §3",
        code="login_refused",
        on={"AUTHENTICATE": refused(b"NO [AUTHENTICATIONFAILED] Invalid credentials")},
    ),
    Case(
        "cannot check passwords now",
        "frappe#4968; Dovecot: Temporary authentication failure",
        code="login_unavailable",
        on={"AUTHENTICATE": refused(b"NO [UNAVAILABLE] Temporary authentication failure.")},
    ),
    Case(
        "says goodbye at the login",
        "Yahoo: BYE IMAP4rev1 Server logging out",
        code="connection_lost",
        on={"AUTHENTICATE": bye(b"IMAP4rev1 Server logging out")},
    ),
    Case(
        "talks for ever at the login", "CVE-2013-1752", on={"AUTHENTICATE": flood}, code="protocol"
    ),
    Case(
        "lets in who is not connected",
        "Microsoft 365: User is authenticated but not connected",
        code="authenticated_not_connected",
        on={
            "STATUS": refused(b"BAD User is authenticated but not connected."),
            "EXAMINE": refused(b"BAD User is authenticated but not connected."),
        },
    ),
]
AT_THE_DOOR = [Case(**{**vars(case), "lost": ALL}) for case in AT_THE_DOOR]

# -- one mailbox ---------------------------------------------------------------------------------

WAYS = {
    "hangs up": (hang_up, "connection_lost"),
    "says goodbye": (bye(b"Internal error"), "connection_lost"),
    "is silent": (silent, "timeout"),
    "floods": (flood, "protocol"),
    "answers nonsense": (says(b"\x00\xff what\r\n", then=silent), "protocol"),
}
MAILBOXES = [
    Case(
        f"{way} at {command} of the inbox",
        source,
        on={f"{command} INBOX": action},
        lost=INBOX if command != "STATUS" else frozenset(),
        code=code if command != "STATUS" else "",
        patience=SHORT if action is silent else 3.0,
    )
    for command, source in (
        ("STATUS", "RFC 9051 §6.3.11; mailcore2#821"),
        ("EXAMINE", "nextcloud/mail#3025"),
        ("SEARCH", "msgvault#212"),
    )
    for way, (action, code) in WAYS.items()
] + [
    Case(
        "cannot open the inbox",
        "Dovecot: Mailbox isn't a valid mbox file",
        on={"EXAMINE INBOX": refused(b"NO [CANNOT] Mailbox isn't a valid mbox file")},
        lost=INBOX,
        code="mailbox_missing",
    ),
    Case(
        "has lost the inbox",
        "RFC 5530 §3, NONEXISTENT",
        on={
            "STATUS INBOX": refused(b"NO [NONEXISTENT] no such mailbox"),
            "EXAMINE INBOX": refused(b"NO [NONEXISTENT] no such mailbox"),
        },
        lost=INBOX,
        code="mailbox_missing",
    ),
    Case(
        "refuses STATUS of the inbox",
        "RFC 5530 §3, NONEXISTENT; RFC 9051 §6.3.11",
        on={"STATUS INBOX": refused(b"NO [NONEXISTENT] no such mailbox")},
    ),
    Case(
        "cannot search the inbox",
        "MailKit#839; S22.Imap#98",
        lost=INBOX,
        code="server_fault",
        on={"SEARCH INBOX": refused(b"NO [SERVERBUG] UID SEARCH Server error")},
    ),
    Case(
        "is busy with the inbox",
        "RFC 5530 §3, INUSE",
        lost=INBOX,
        code="mailbox_busy",
        on={"EXAMINE INBOX": refused(b"NO [INUSE] Mailbox is locked by another process")},
    ),
    Case("tells no UIDNEXT", "frappe PR#6960", on=told(UIDNEXT=None)),
    Case("tells no UIDVALIDITY", "sync-engine#76; chatmail/core#1577", on=told(UIDVALIDITY=None)),
    Case("has a UIDVALIDITY of zero", "RFC 9051 §2.3.1.1", on=told(UIDVALIDITY=0)),
    Case(
        "has another UIDVALIDITY every time",
        "nextcloud/mail#13350; proton-bridge#220",
        on=told(UIDVALIDITY=lambda play, box: 100 + play.number),
    ),
    Case("tells numbers of 64 bits", "RFC 9051 §9, nz-number", on=told(UIDNEXT=2**40)),
    Case(
        "leaves a gap of 420,000 UIDs",
        "bichon#342",
        uids=(*range(1, 7), *range(420_001, 420_007)),
    ),
    Case(
        "answers SEARCH in many lines",
        "davmail#35",
        on=search_lines(
            lambda play, tag, uids: play.ok(tag, *(b"* SEARCH %d" % uid for uid in uids))
        ),
    ),
    Case("answers ESEARCH with SEARCH", "cyrus-imapd#1720", capabilities=b"IMAP4rev1 ESEARCH"),
    Case(
        "answers ESEARCH without UID",
        "cyrus-imapd#1725",
        capabilities=b"IMAP4rev1 ESEARCH",
        on=search_lines(
            lambda play, tag, uids: play.ok(
                tag,
                b'* ESEARCH (TAG "%b")' % tag
                + (b" ALL " + b",".join(b"%d" % uid for uid in uids) if uids else b""),
            )
        ),
    ),
    Case(
        "searches in no order, and twice",
        "Wino-Mail#575",
        on=search_lines(
            lambda play, tag, uids: play.ok(
                tag, b"* SEARCH " + b" ".join(b"%d" % uid for uid in [*reversed(uids), *uids])
            )
        ),
    ),
    Case(
        "cannot search for addresses",
        "node-imap#737",
        on={
            "SEARCH": lambda play, tag, arguments, well: (
                play.say(tag + b" BAD no such key") if b"FROM" in arguments else well()
            )
        },
    ),
    Case(
        "wants to know who we are",
        "RFC 2971; NetEase: Unsafe Login",
        capabilities=b"IMAP4rev1 ID X-CM-EXT-1",
    ),
]

# -- one message's headers -----------------------------------------------------------------------

DOVECOT = b"FETCH failed. Internal error occurred. Refer to server log for more information."


def both(name, source, say, **fields):
    """The same for a message's headers and its body."""
    return [
        Case(f"{name}: a message's {part}", source, **{part: {BAD: say}}, aside=ASIDE, **fields)
        for part in ("header", "body")
    ]


MESSAGES = [
    *both("hangs up", "imapsync#433", hang_up),
    *both("says goodbye", "modoboa#3258", bye(DOVECOT)),
    *both("is silent", "LockerProject#94; mail-api#16", silent, patience=SHORT),
    *both("drips", "twenty#15842", drip, patience=SHORT),
    *both("floods", "CVE-2013-1752", flood),
    *both("ends within the literal", "async-imap#94; imapsync#469", half(hang_up)),
    *both("stalls within the literal", "MailKit#361", half(silent), patience=SHORT),
    *both("announces 4 GB", "CVE-2013-1752; go-imap#747", literal_of(HUGE)),
    *both("announces more than there is", "RFC 9051 §4.3", literal_of(10**30)),
    *both("announces more than comes", "MailKit#361", announced(400), patience=SHORT),
    *both("announces less than comes", "RFC 9051 §4.3; aerion#209", announced(-40)),
    *both(
        "writes a line without end",
        "CVE-2013-1752",
        says(b"* " + b"x" * 3_000_000, then=hang_up),
    ),
    *both("talks nonsense", "offlineimap#574", says(b"\x00\xff what\r\n")),
    *both("answers a tag of nobody's", "RFC 9051 §2.2.1", says(b"ZZZ OK done\r\n")),
    *both("answers NIL", "imapsync#79; RFC 2180 §4.1.3", changed(nil)),
    *both("leaves it out", "emailengine b78b314; offlineimap#62", changed(lambda line: b"")),
    *both(
        "leaves out the UID",
        "offlineimap#479; RFC 9051 §6.4.9",
        changed(lambda line: line.replace(b"UID 5 ", b"")),
    ),
    *both(
        "calls it UID 0",
        "offlineimap#336",
        changed(lambda line: line.replace(b"UID 5 ", b"UID 0 ")),
    ),
    *(
        Case(
            f"{words.decode()[:28]}…: a message's {part}",
            source,
            aside=ASIDE,
            on={f"FETCH {part.upper()}": refused_with(BAD, words, part)},
        )
        for part in ("header", "body")
        for words, source in (
            (b"NO [SERVERBUG] Internal error occurred.", "zammad#2754; thunderbird-android#6205"),
            (
                b"NO [UNAVAILABLE] UID FETCH Server error while fetching messages",
                "imapsync#119; MailKit#358",
            ),
            (b"BAD Command Argument Error. 11", "Exchange: Command Argument Error"),
            (b"NO Some of the requested messages no longer exist", "RFC 2180 §4.1.1"),
            (b"NO [LIMIT] enough for now", "RFC 5530 §3; imap_tools#229"),
        )
    ),
    Case(
        "says that it is too much, at one message",
        "Gmail: Account exceeded command or bandwidth limits",
        aside=ASIDE,
        header={BAD: bye(b"[OVERQUOTA] Account exceeded command or bandwidth limits")},
    ),
    Case(
        "cannot read four in a row",
        "imapsync#280",
        header=dict.fromkeys((3, 4, 5, 6), hang_up),
        aside=frozenset({3, 5}),
    ),
    Case("cannot read the newest", "imapsync#433", header={12: hang_up}),
    Case(
        "cannot read the only one",
        "imapsync#433",
        uids=(1,),
        header={1: hang_up},
        aside=frozenset({1}),
    ),
    Case(
        "sends messages twice",
        "modern-email/defects#39",
        header={BAD: changed(lambda line: line * 2)},
    ),
    Case(
        "sends the UID last",
        "mailio#135",
        header={BAD: changed(uid_last)},
        body={BAD: changed(uid_last)},
    ),
    Case(
        "sends a literal8",
        "RFC 3516 §4.2",
        body={BAD: changed(lambda line: re.sub(rb"\{(\d+)\}\r\n", rb"~{\1}\r\n", line))},
    ),
    Case(
        "sends a body as a quoted string",
        "RFC 9051 §4.3",
        body={BAD: changed(quoted)},
    ),
    Case(
        "has messages of no size",
        "msgvault#739; hmailserver#476",
        header={BAD: changed(lambda line: re.sub(rb"RFC822.SIZE \d+", b"RFC822.SIZE 0", line))},
    ),
    Case(
        "tells of flags in between",
        "getmail6#93; imapclient#334",
        on={
            "FETCH HEADER": with_noise(b"* 2 FETCH (FLAGS (\\Seen))", b"* 9 FETCH (UID 9 FLAGS ())")
        },
    ),
    Case(
        "expunges in between",
        "RFC 9051 §7.5.1; MailKit#1926",
        on={"FETCH BODY": with_noise(b"* 2 EXPUNGE", b"* 11 EXISTS", b"* VANISHED 77")},
    ),
    Case("asks to go on", "RFC 9051 §7.6", on={"FETCH HEADER": with_noise(b"+ go on", b"+")}),
    Case("answers backwards", "RFC 9051 §7.5.2", on=dict.fromkeys(FETCH, backwards)),
    Case("sends the last message along", "node-imap#473", on=dict.fromkeys(FETCH, with_the_last)),
    Case("answers a few bytes at a time", "RFC 9051 §2.2", on=dict.fromkeys(FETCH, in_parts)),
    Case("leaves out what it is slow to load", "emailengine b78b314", on={"FETCH HEADER": late}),
]

# -- all of it -----------------------------------------------------------------------------------

WHOLE = [
    Case(
        "says OK and hands out nothing",
        "offlineimap#429; velo#272",
        lost=ALL,
        on=dict.fromkeys(FETCH, nothing),
        code="nothing_delivered",
    ),
    Case(
        "says NO to every FETCH",
        "zammad#2754",
        lost=ALL,
        code="nothing_delivered",
        on=dict.fromkeys(FETCH, refused(b"NO [SERVERBUG] Internal error occurred.")),
    ),
    Case(
        "says BAD to every FETCH",
        "imapclient#334",
        lost=ALL,
        code="nothing_delivered",
        on=dict.fromkeys(FETCH, refused(b"BAD Error in IMAP command")),
    ),
    Case(
        "is unavailable for every FETCH",
        "imap_tools#229",
        lost=ALL,
        code="server_unavailable",
        on=dict.fromkeys(FETCH, refused(b"NO [UNAVAILABLE] Server error - Please try again")),
    ),
    Case(
        "hangs up at every FETCH",
        "IMAPdedup#41; imapsync#18",
        lost=ALL,
        on=dict.fromkeys(FETCH, hang_up),
        code="connection_lost",
    ),
    Case(
        "is silent at every FETCH",
        "velo#272",
        lost=ALL,
        on=dict.fromkeys(FETCH, silent),
        code="timeout",
        patience=SHORT,
    ),
    Case(
        "hands out headers and hangs up at every body",
        "imapsync#18",
        lost=ALL,
        on={"FETCH BODY": hang_up},
        code="connection_lost",
    ),
    *(
        Case(
            f"ends each connection after {count} messages",
            "Exchange: Connection closed. 14",
            on=after_answers(count),
        )
        for count in (3, 7)
    ),
    Case(
        "lets in every second time",
        "imapsync#61",
        greet=first_connection_only,
        header={BAD: hang_up},
        aside=ASIDE,
    ),
    Case("hangs up at STATUS", "mailcore2#821", on={"STATUS": hang_up}),
    Case(
        "refuses STATUS",
        "RFC 9051 §7.1.3",
        on={"STATUS": refused(b"BAD unknown command")},
    ),
]

CASES = [*AT_THE_DOOR, *MAILBOXES, *MESSAGES, *WHOLE]
