"""Short versions of the long tests: chaos, the oracle itself, sending under faults."""

from __future__ import annotations

import pytest

from soak import oracle
from soak.chaos import Chaos
from soak.firm import Firm
from soak.sending import Sending

from .office import Office


@pytest.fixture(scope="module")
def firm(company: Office) -> Firm:
    """Return a company whose mailboxes have been through chaos."""
    firm = Firm(company.server)
    firm.hire(3)
    firm.win(6)
    return firm


@pytest.fixture(scope="module")
def chaos(firm: Firm) -> Chaos:
    run = Chaos(firm, mails=300, kills=10, seconds=120, seed=1)
    run.run()
    return run


def test_nothing_is_missing_twice_or_wrong_after_chaos(chaos: Chaos):
    assert chaos.is_good, "\n".join(chaos.lines())
    assert chaos.verdict.expected > 100


def test_the_oracle_finds_an_entry_that_was_changed_copied_or_deleted(firm: Firm, chaos: Chaos):
    def found() -> tuple[int, int, int]:
        users = [one.email for one in firm.people]
        verdict = oracle.look(firm.admin, users, chaos.post.gone.values(), perhaps)
        return len(verdict.missing), len(verdict.twice), len(verdict.wrong)

    perhaps = chaos.post.perhaps.values()
    [(entry, lead)] = firm.sql(
        "SELECT id, res_id FROM mail_message WHERE model = 'crm.lead' AND message_type = 'email'"
        " AND message_id NOT LIKE '%%invalid>' ORDER BY id DESC LIMIT 1"
    )
    assert found() == (0, 0, 0)
    firm.sql("UPDATE mail_message SET body = '<p>Other words</p>' WHERE id = %s", entry)
    assert found() == (0, 0, 1)
    firm.sql(
        "INSERT INTO mail_message SELECT (jsonb_populate_record(m, jsonb_build_object('id',"
        " nextval('mail_message_id_seq')))).* FROM mail_message m WHERE id = %s",
        entry,
    )
    assert found()[1] == 1
    firm.sql(
        "DELETE FROM mail_message WHERE message_id ="
        " (SELECT message_id FROM mail_message WHERE id = %s) AND model = 'crm.lead'"
        " AND res_id = %s",
        entry,
        lead,
    )
    assert found() == (1, 0, 0)


def test_a_mail_that_meets_a_fault_is_delivered_once_or_says_why_not(company: Office):
    run = Sending(company.server, count=1)
    run.run()
    assert run.is_good, "\n".join(run.lines())
    assert len(run.sent) == 8
