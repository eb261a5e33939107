"""The password key is exchanged while everybody works, and nobody re-enters a password."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet, InvalidToken

from dev import demo

from .office import (
    PATIENCE,
    Office,
    barrier,
    meanwhile,
    office,
    somebody,
    start_again,
    wait_until,
)

pytestmark = pytest.mark.shared


def restart(company: Office, monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    """Restart Odoo with other keys in its environment, at a time when nobody is being read."""
    monkeypatch.setenv("MAIL_SYNC_KEY", ",".join(keys))
    leased = "SELECT FROM mail_sync_account WHERE lease_token IS NOT NULL"
    wait_until(lambda: not company.sql(leased), "the turns that were due are over")
    company.server.stop()
    start_again(company)


def encrypt_anew(company: Office) -> str:
    """Press *Re-encrypt* in the settings; return what it says."""
    settings = company.admin.create("res.config.settings")
    said = company.admin.call("res.config.settings", "action_mail_sync_encrypt_anew", [settings])
    return said["params"]["message"]


def opened_by(company: Office, key: str) -> int:
    """Return how many saved passwords a key opens."""
    rows = company.sql("SELECT imap_secret, smtp_secret FROM mail_sync_account")
    return sum(opens(key, secret) for row in rows for secret in row if secret)


def opens(key: str, secret: str) -> bool:
    try:
        return bool(Fernet(key).decrypt(secret))
    except InvalidToken:
        return False


def test_the_key_is_exchanged_while_a_mailbox_is_being_read(monkeypatch: pytest.MonkeyPatch):
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    monkeypatch.setenv("MAIL_SYNC_KEY", old)
    with office("key") as company:
        ann, ben = company.salesperson("ann"), company.salesperson("ben")
        lead = company.lead(somebody("lena"), ann)
        for person in (ann, ben):
            person.connect()
        restart(company, monkeypatch, new, old)

        ann.has(demo.mail(lead.customer, ann.person, "Question", "?"))
        with barrier(company, "mail_sync_entry", "INSERT") as place:
            reading = meanwhile(ann.sync)
            place.reached()
            pressed = meanwhile(lambda: encrypt_anew(company))
            wait_until(lambda: opened_by(company, new) == 2, "Ben's are encrypted anew")
            assert not pressed.done(), "it waits for Ann's"
        reading.result(PATIENCE)
        assert pressed.result(PATIENCE) == "Passwords re-encrypted with the first key: 4."
        assert (opened_by(company, new), opened_by(company, old)) == (4, 0)
        assert lead.subjects() == ["Question"]
        assert ann.log() == [], "her run was not disturbed"

        restart(company, monkeypatch, new)
        ann.receives(demo.mail(lead.customer, ann.person, "Once more", "?"))
        assert sorted(lead.subjects()) == ["Once more", "Question"]
        assert ann.log() == []
