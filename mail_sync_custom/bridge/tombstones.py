"""What is kept of a mail that no mailbox may bring again."""

import hashlib


def hash_of(message_id: str) -> str:
    """Return what a tombstone keeps of a Message-ID, which has no brackets."""
    return hashlib.sha256(message_id.encode("utf-8", "surrogateescape")).hexdigest()
