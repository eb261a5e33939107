"""What happens in the mailboxes: mail is delivered, filed, moved and deleted; folders change."""

from __future__ import annotations

import imaplib
import random
import smtplib
from dataclasses import dataclass, field

from dev import dovecot

from .firm import ABROAD, PROJECTS, UNREAD, Firm
from .letters import Address, Writer
from .mailboxes import folders, opened, quoted, said, uids
from .timelines import Place
from .told import told

READ = ("INBOX", PROJECTS, ABROAD)


@dataclass
class Post:
    """Delivers mails to the people of a firm, and moves them about.

    ``delivered`` counts copies. ``gone`` are mails that left the server after they had been
    recorded, ``perhaps`` those that left before.
    """

    firm: Firm
    random: random.Random
    places: dict[str, frozenset[Place]]
    delivered: int = 0
    gone: dict[str, bytes] = field(default_factory=dict)
    perhaps: dict[str, bytes] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    #: Folders that are to become what they were: (owner, present name, name before).
    away: list[tuple[str, str, str]] = field(default_factory=list)
    #: The ids of each customer's mails.
    threads: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.writer = Writer(self.random, self.firm.mark)

    def count(self, what: str, number: int = 1) -> None:
        """Count something that was done."""
        self.done[what] = self.done.get(what, 0) + number

    # -- delivery -------------------------------------------------------------------------------

    def deliver(self, copies: int) -> None:
        """Deliver mails until there are that many copies more."""
        until = self.delivered + copies
        with smtplib.LMTP("127.0.0.1", dovecot.listening()["lmtp"], timeout=60) as lmtp:
            lmtp.ehlo()
            while self.delivered < until:
                self._one(lmtp)

    def _one(self, lmtp: smtplib.LMTP) -> None:
        pick = self.random.choice
        owner, customer = pick(self.firm.people), pick(self.firm.customers)
        colleague = pick([one for one in self.firm.people if one is not owner])
        kind = self.random.choices(*zip(*_KINDS.items(), strict=True))[0]
        if kind == "stranger":
            self._receive(lmtp, [owner], pick(self.firm.strangers), [owner])
        elif kind == "internal":
            self._receive(lmtp, [owner], colleague, [owner])
        elif kind == "received":
            self._receive(lmtp, [owner], customer, [owner])
        elif kind == "for two":
            self._receive(lmtp, [owner, colleague], customer, [owner], [colleague])
        elif kind == "two copies":
            raw = self._receive(lmtp, [owner], customer, [owner])
            self._file(owner, pick(READ), raw)
        else:
            cc = [colleague] if kind == "sent for two" else []
            raw = self._write(owner, [customer], cc)
            self._file(owner, "Sent", raw)
            for one in cc:
                self._hand(lmtp, one, raw)

    def _write(
        self, sender: Address, to: list[Address], cc: list[Address] = (), anonymous: bool = True
    ) -> bytes:
        customer = next((one for one in (sender, *to) if one in self.firm.customers), None)
        known = self.threads.setdefault(customer.email, []) if customer else []
        answers = self.random.choice(known) if known and self.random.random() < 0.3 else ""
        raw, message_id = self.writer.write(sender, to, cc, answers, anonymous)
        if message_id:
            known.append(message_id)
        return raw

    def _receive(
        self,
        lmtp: smtplib.LMTP,
        owners: list[Address],
        sender: Address,
        to: list[Address],
        cc: list[Address] = (),
    ) -> bytes:
        raw = self._write(sender, to, cc)
        for owner in owners:
            if self.random.random() < 0.7:
                self._hand(lmtp, owner, raw)
            else:
                self._file(owner, self.random.choice(READ), raw)
        return raw

    def _hand(self, lmtp: smtplib.LMTP, owner: Address, raw: bytes) -> None:
        lmtp.sendmail("someone@client.example", [owner.email], raw, ["BODY=8BITMIME"])
        self.delivered += 1

    def _file(self, owner: Address, folder: str, raw: bytes) -> None:
        with opened(owner.email) as imap:
            if folder not in folders(imap):
                folder = "INBOX"  # it has another name just now
            imap.literal = raw  # `imaplib.append` would change the ends of its lines
            said(imap._simple_command("APPEND", quoted(folder)))
        self.delivered += 1

    # -- what mail programs do --------------------------------------------------------------------

    def move(self) -> None:
        """Move some mails from one folder to another, also to and from one that is not read."""
        owner = self.random.choice(self.firm.people)
        with opened(owner.email) as imap:
            there = [name for name in (*READ, UNREAD) if name in folders(imap)]
            source, target = self.random.sample(there, 2)
            said(imap.select(quoted(source)))
            if found := self._some(uids(imap), 12):
                said(imap.uid("MOVE", _set(found), quoted(target)))
                self.count("mails moved", len(found))

    def expunge(self) -> None:
        """Delete some mails for good, most of which have been recorded."""
        owner = self.random.choice(self.firm.people)
        with opened(owner.email) as imap:
            there = [name for name in (*READ, "Sent") if name in folders(imap)]
            said(imap.select(quoted(self.random.choice(there))))
            for uid in self._some(uids(imap), 6):
                [(_, raw), *_] = said(imap.uid("FETCH", str(uid), "(BODY.PEEK[])"))
                kept = self._is_recorded(raw)
                if not kept and self.random.random() < 0.7:
                    continue
                mail = told(raw)
                (self.gone if kept else self.perhaps)[mail.key] = raw
                self.count("mails expunged once recorded" if kept else "mails expunged unread")
                said(imap.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)"))
            said(imap.expunge())

    def _is_recorded(self, raw: bytes) -> bool:
        """Whether a mail stands wherever it belongs."""
        mail = told(raw)
        own = {one.email for one in self.firm.people}
        wanted = {
            place
            for address in {mail.sender, *mail.people} - own
            for place in self.places.get(address, ())
        }
        query = "SELECT model, res_id FROM mail_message WHERE message_type = 'email' AND "
        if mail.message_id:
            rows = self.firm.sql(query + "message_id = %s", f"<{mail.message_id}>")
        else:
            rows = self.firm.sql(query + "subject = %s", mail.subject)
        return wanted <= {Place(*row) for row in rows}

    def rename(self) -> None:
        """Rename a folder that is read; make a new one of its name, or leave none for a while."""
        owner = self.random.choice(self.firm.people)
        with opened(owner.email) as imap:
            name = self.random.choice((PROJECTS, ABROAD))
            if name not in folders(imap) or any(one[0] == owner.email for one in self.away):
                return
            other = f"Old {len(self.done)} {self.random.randrange(10**6)}"
            said(imap.rename(quoted(name), quoted(other)))
            anew = self.random.random() < 0.5
            if anew:
                said(imap.create(quoted(name)))
            self.away.append((owner.email, other, name))
            self.count("folders renamed, and made anew" if anew else "folders renamed")

    def come_back(self, keep: int = 0) -> None:
        """Undo renames but the last ones: by name or, if there is a new folder, mail by mail."""
        while len(self.away) > keep:
            user, other, name = self.away.pop(0)
            with opened(user) as imap:
                below = _below(imap, other)
                if name not in folders(imap):
                    said(imap.rename(quoted(other), quoted(name)))
                    continue
                for folder in (*below, other):
                    target = name + folder.removeprefix(other)
                    if target not in folders(imap):
                        said(imap.create(quoted(target)))
                    said(imap.select(quoted(folder)))
                    if uids(imap):
                        said(imap.uid("MOVE", "1:*", quoted(target)))
                    said(imap.close())
                    said(imap.delete(quoted(folder)))

    def renumber(self) -> None:
        """Give a folder another UIDVALIDITY, as a restored or rebuilt mailbox has."""
        owner = self.random.choice(self.firm.people)
        name = self.random.choice(("INBOX", "Sent", PROJECTS))
        with opened(owner.email) as imap:
            if name not in folders(imap):
                return
            [told_of] = said(imap.status(quoted(name), "(UIDVALIDITY)"))
        validity = int(told_of.rpartition(b"UIDVALIDITY ")[2].rstrip(b")")) + 1
        args = ("mailbox", "update", "-u", owner.email, "--uid-validity", str(validity), name)
        dovecot.doveadm(*args)
        self.count("UIDVALIDITY renewed")

    def settle(self) -> None:
        """Bring all folders, and all mails in the folder that is not read, back."""
        self.come_back()
        for owner in self.firm.people:
            with opened(owner.email) as imap:
                said(imap.select(quoted(UNREAD)))
                if uids(imap):
                    said(imap.uid("MOVE", "1:*", quoted(PROJECTS)))

    def _some(self, found: list[int], most: int) -> list[int]:
        """Return some of the latest UIDs, and some of any age."""
        wanted = min(len(found), self.random.randint(1, most))
        pool = found[-2 * most :] if self.random.random() < 0.6 else found
        return sorted(self.random.sample(pool, min(wanted, len(pool))))


#: What is delivered, and how often.
_KINDS = {
    "received": 45,
    "sent": 20,
    "for two": 8,
    "sent for two": 5,
    "two copies": 5,
    "stranger": 13,
    "internal": 4,
}


def _set(found: list[int]) -> str:
    return ",".join(map(str, found))


def _below(imap: imaplib.IMAP4, name: str) -> list[str]:
    return [one for one in folders(imap) if one.startswith(f"{name}/")]
