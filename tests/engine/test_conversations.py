"""Which mails are one conversation."""

import pytest

from engine.conversations import Link, conversations


@pytest.mark.parametrize(
    ("links", "found"),
    [
        pytest.param([], [], id="none"),
        pytest.param([Link(1, "a"), Link(2, "b")], [[1], [2]], id="two that have no tie"),
        pytest.param(
            [Link(3, "c", 2, "b"), Link(2, "b", 1, "a"), Link(1, "a")],
            [[3, 2, 1]],
            id="an answer to an answer",
        ),
        pytest.param(
            [Link(3, "c", 0, "a"), Link(2, "x"), Link(1, "a")],
            [[3, 1], [2]],
            id="an answer whose parent was not noted",
        ),
        pytest.param(
            [Link(2, "c", 0, "gone"), Link(1, "b", 0, "gone")],
            [[2, 1]],
            id="two answers to a mail that is not here",
        ),
        pytest.param(
            [Link(2, "c", 1, "", "Offer"), Link(1, "a", 0, "", "Offer")],
            [[2, 1]],
            id="written here under a mail with its subject",
        ),
        pytest.param(
            [Link(2, "c", 1, "", "Invoice"), Link(1, "a", 0, "", "Offer")],
            [[2], [1]],
            id="put by the program under a mail about something else",
        ),
        pytest.param(
            [Link(4, "d", 2), Link(3, "c", 1, "a"), Link(2, "b"), Link(1, "a")],
            [[4, 2], [3, 1]],
            id="two that alternate",
        ),
        pytest.param(
            [Link(2, "b", 1, "a"), Link(1, "a", 2, "b")], [[2, 1]], id="each answers the other"
        ),
        pytest.param([Link(1, "a", 1, "a")], [[1]], id="it answers itself"),
        pytest.param([Link(1), Link(2)], [[1], [2]], id="without any id"),
    ],
)
def test_conversations(links, found):
    assert conversations(links) == found


def test_a_long_conversation_costs_little():
    count = 20_000
    links = [Link(n, str(n), n - 1, str(n - 1)) for n in range(count, 0, -1)]
    assert conversations(links) == [list(range(count, 0, -1))]
