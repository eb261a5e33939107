"""Whatever a server does wrong: nothing crashes, hangs, is lost, or is recorded twice."""

import re

import pytest

from engine.sync.line import MAX_RECONNECTS
from tests.contract.bad_server import play
from tests.contract.bad_servers import CASES as FIRST
from tests.contract.more_bad_servers import MORE_CASES

CASES = [*FIRST, *MORE_CASES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_server_stops_nothing_but_what_it_is_bad_at(case):
    result = play(case)
    assert result.crashed is None
    assert not result.stuck, result.became
    assert result.aside >= case.aside
    assert result.codes == ([case.code] if case.code else []), result.became
    assert result.most_connections <= MAX_RECONNECTS + 1
    # Once it is well again, each mail is recorded once.
    assert sorted(result.after) == sorted(result.all_of_them)


def test_every_bad_server_has_a_unique_name_and_a_source():
    assert len({case.name for case in CASES}) == len(CASES) >= 60
    # A standard, a thread or a number in a list of weaknesses, or who says it: what they say.
    source = re.compile(r"(RFC \d+|CVE-\d|[\w/-]+ ?(PR)?#\d|emailengine \w|[A-Z][\w ,]+: \w)")
    assert [case.name for case in CASES if not source.match(case.source)] == []
