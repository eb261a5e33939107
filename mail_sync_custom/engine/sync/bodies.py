"""Fetches the bodies of the mails to be recorded, whole or in part, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..errors import MessageUnreadable
from ..mime.email import email as read_email
from ..reports import notices
from ..reports.automatic import is_automatic
from ..reports.reading import of_a_mail as report_of_a_mail
from ..reports.reading import read as read_report
from ..reports.report import Report
from ..values import Email, Envelope
from .protocols import Failure, Limits, Notice, Record, Session

#: This much of an oversized message is read: its headers and, as a rule, its text.
PARTIAL_BYTES = 256 * 1024
#: This much of a message shows whether it is a report.
GLIMPSE = 16 * 1024


def weight(size: int | None, limits: Limits) -> int:
    """Return how many bytes of a message of that size will be read, as far as is known."""
    size = size or PARTIAL_BYTES
    return size if size <= limits.message_bytes else PARTIAL_BYTES


class Bodies:
    """The mails of one slice. Fetched bodies are kept when the slice is decided again."""

    def __init__(self, session: Session, limits: Limits):
        self.session = session
        self.limits = limits
        self.emails: dict[int, Email] = {}
        self.automatic: set[int] = set()
        self.machines: set[int] = set()
        self.reports: dict[int, Report] = {}
        self.no_reports: set[int] = set()
        self.errors: dict[int, MessageUnreadable] = {}
        self.asked: list[int] = []
        self.came = 0

    def fill(
        self, records: Sequence[Record], sizes: Mapping[int, int | None]
    ) -> tuple[list[Record], list[Failure]]:
        """Return the records with their mail, and the failures to be set aside.

        What turns out to be a report is neither.
        """
        self.machines |= {r.uid for r in records if notices.is_from_a_machine(r.envelope)}
        known = self.emails.keys() | self.reports.keys()
        needed = [r.uid for r in records if r.verdict.missing and r.uid not in known]
        large = {uid for uid in needed if (sizes.get(uid) or 0) > self.limits.message_bytes}
        # A server that gives no size may still send more than we want to hold.
        unsized = {uid for uid in needed if not sizes.get(uid)}
        self._fetch([uid for uid in needed if uid not in large | unsized], None)
        self._fetch(sorted(large), PARTIAL_BYTES)
        self._fetch(sorted(unsized), self.limits.message_bytes)
        self.asked = []
        whole, failures = [], []
        for record in records:
            if record.uid in self.reports:
                continue
            if record.verdict.missing and record.uid not in self.emails:
                failures.append(self._failure(record))
            else:
                email = self.emails.get(record.uid)
                # The whole mail gives its subject and names their charset; its place is decided.
                envelope = (email and email.envelope) or record.envelope
                automatic = record.uid in self.automatic
                whole.append(replace(record, email=email, envelope=envelope, automatic=automatic))
        return whole, failures

    def notices(self, uids: Sequence[int], records: Sequence[Record]) -> tuple[Notice, ...]:
        """Return the reports among these messages and among the records.

        Only the beginning of each message is fetched. One that does not arrive, or cannot be read,
        is no report.
        """
        known = self.fetched()
        self.asked = [uid for uid in uids if uid not in known]
        for uid, raw in self.session.bodies(self.asked, notices.MAX_BYTES) if self.asked else ():
            self.came += 1
            truncated = len(raw) >= notices.MAX_BYTES
            if report := read_report(raw, truncated=truncated):
                self.reports[uid] = report
            else:
                self.no_reports.add(uid)
        self.asked = []
        wanted = {*uids, *(record.uid for record in records)}
        return tuple(Notice(uid, self.reports[uid]) for uid in sorted(wanted & self.reports.keys()))

    def fetched(self) -> set[int]:
        """Return the UIDs of the messages that arrived, whatever they turned out to be."""
        return {*self.emails, *self.errors, *self.reports, *self.no_reports}

    def reports_among(self, envelopes: Mapping[int, Envelope]) -> set[int]:
        """Return which of these messages, by UID, would turn out to be reports if recorded.

        Their header fields do not say so, so the beginning of each is fetched.
        """
        found = set()
        for uid, raw in self.session.bodies(sorted(envelopes), GLIMPSE) if envelopes else ():
            machine = notices.is_from_a_machine(envelopes[uid])
            if report_of_a_mail(raw, from_machine=machine, truncated=len(raw) >= GLIMPSE):
                found.add(uid)
        return found

    def suspect(self, records: Sequence[Record]) -> Failure | None:
        """Return the message at which a fetch failed: the first requested but not received."""
        missing = (uid for uid in self.asked if uid not in self.emails and uid not in self.errors)
        uid = next(missing, None)
        return next((self._failure(record) for record in records if record.uid == uid), None)

    def _fetch(self, uids: Sequence[int], limit: int | None) -> None:
        """Fetch bodies; what an OK answer left out is requested again while anything arrives.

        A server may limit the messages of one answer (RFC 9738).
        """
        wanted = sorted(uids)
        while wanted:
            before, self.asked = self.came, wanted
            self._fetch_once(wanted, limit)
            arrived = self.emails.keys() | self.errors.keys() | self.reports.keys()
            wanted = [uid for uid in wanted if uid not in arrived]
            if self.came == before:
                return

    def _fetch_once(self, uids: Sequence[int], limit: int | None) -> None:
        for uid, raw in self.session.bodies(uids, limit):
            self.came += 1
            truncated = limit is not None and len(raw) >= limit
            machine = uid in self.machines
            if report := report_of_a_mail(raw, from_machine=machine, truncated=truncated):
                self.reports[uid] = report
                continue
            if is_automatic(raw):
                self.automatic.add(uid)
            try:
                self.emails[uid] = read_email(
                    raw, truncated=truncated, max_attachment=self.limits.attachment_bytes
                )
            except MessageUnreadable as error:
                self.errors[uid] = error

    def _failure(self, record: Record) -> Failure:
        error = self.errors.get(record.uid)
        verdict = record.verdict
        return Failure(
            record.uid,
            verdict.message_id,
            error.code if error else "message_not_delivered",
            error.detail if error else "",
            verdict.direction,
            verdict.variant,
            kept_back=error is None,
            envelope=record.envelope,
        )
