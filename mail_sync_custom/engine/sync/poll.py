"""The shortest run there is: has any mailbox of an account changed?"""

from __future__ import annotations

from collections.abc import Mapping

from .. import plan
from ..values import MailboxState
from .protocols import Session


def unchanged(session: Session, covered: Mapping[str, MailboxState]) -> bool:
    """Return whether none of these mailboxes has anything to read; takes one round trip.

    ``covered`` has what is saved of each. False says that it takes a whole run to find out, and is
    returned without asking if the saved state says so. Raises MailError.
    """
    if not all(state.complete and not state.at_once for state in covered.values()):
        return False
    told = session.status(list(covered))
    return all(
        (snapshot := told.get(name)) is not None and plan.unchanged(state, snapshot)
        for name, state in covered.items()
    )
