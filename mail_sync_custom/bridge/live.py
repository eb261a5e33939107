"""Updates the owner's open pages during a run, over Odoo's bus."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence

from odoo import models

from ..engine.errors import Step
from ..engine.sync.protocols import Commit, Record

#: Seconds between two updates.
PAUSE = 1.0


class Live:
    """Reports the progress of one run, about once a second, and at its end what it held back.

    Odoo's bus sends updates when the transaction commits, and not at all if it is rolled back. A
    run that finds nothing sends nothing.
    """

    def __init__(self) -> None:
        self._told_at = float("-inf")
        self._changed = False
        self._records: defaultdict[str, set[int]] = defaultdict(set)

    def note(
        self, account: models.BaseModel, commit: Commit, marked: models.BaseModel = ()
    ) -> None:
        """Note what a commit saves, and report it if it is time to.

        ``marked`` are the messages whose delivery has changed.
        """
        if not (commit.records or marked or any(commit.tally.values())):
            return
        self._changed = True
        self._keep(commit.records)
        for message in marked:
            self._records[message.model].add(message.res_id)
        if time.monotonic() - self._told_at >= PAUSE:
            self._tell(account, syncing=True)

    def compared(self, account: models.BaseModel, *, over: bool = False) -> None:
        """Report how far the comparison with the server is."""
        self._changed = True
        if over or time.monotonic() - self._told_at >= PAUSE:
            self._tell(account, syncing=True)

    def end(self, account: models.BaseModel) -> None:
        """Report that the run is over, if it has changed anything."""
        if self._changed:
            self._tell(account, syncing=False)

    def _keep(self, records: Sequence[Record]) -> None:
        for record in records:
            for target in record.verdict.targets:
                self._records[target.model].add(target.res_id)

    def _tell(self, account: models.BaseModel, *, syncing: bool) -> None:
        self._told_at = time.monotonic()
        with account._alone(Step.RECORDING):
            self._send(account, syncing=syncing)

    def _send(self, account: models.BaseModel, *, syncing: bool) -> None:
        account.user_id._bus_send(
            "mail_sync/progress",
            {
                "id": account.id,
                "seen_count": account.seen_count,
                "recorded_count": account.recorded_count,
                "remaining_count": account.remaining_count,
                "check_state": account.check_state,
                "checked_count": account.checked_count,
                "check_total": account.check_total,
                "syncing": syncing,
            },
        )
        if self._records:
            # The salespeople of the leads look at them, too. They only learn that there is
            # something new, which they load with their own rights.
            leads = account.env["crm.lead"].browse(self._records["crm.lead"]).exists()
            told = {model: sorted(ids) for model, ids in self._records.items() if ids}
            (account.user_id | leads.user_id)._bus_send("mail_sync/recorded", told)
            account.env.cr.postcommit.add(self._records.clear)
