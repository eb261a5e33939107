"""From a server's words to an error: the one place where words become a cause."""

from __future__ import annotations

from ..catalogue import classify
from ..errors import Kind, LoginRefused, MailError, ServerRefused, Step


def refused(words: str, step: Step, protocol: str) -> MailError:
    """Return the error that a refusal means. The words are safe to show.

    Only the catalogue knows which words mean a wrong password.
    """
    cause = classify(words, step=step, protocol=protocol)
    if step is Step.LOGIN and cause.kind is Kind.CRED:
        return LoginRefused(words, code=cause.code)
    return ServerRefused(
        words, code=cause.code, kind=cause.kind, step=step, retry_after=cause.retry_after
    )
