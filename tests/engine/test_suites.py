"""The order of the suites: which run beside which."""

from dev import suites

EVERYTHING = list(suites.SUITES)


def test_everything_is_run_once_and_nothing_beside_the_system_tests():
    planned = suites.planned(EVERYTHING)
    assert planned == [("addon", ["style", "engine", "contract", "shared"]), ("system", [])]
    assert sorted(n for name, others in planned for n in (name, *others)) == sorted(EVERYTHING)


def test_a_short_suite_runs_beside_the_addons_whatever_the_order_of_their_names():
    assert suites.planned(["addon", "style"]) == [("addon", ["style"])]
    assert suites.planned(["style", "addon"]) == [("addon", ["style"])]


def test_without_the_addons_suite_they_run_in_turn():
    named = ["style", "engine", "system"]
    assert suites.planned(named) == [(name, []) for name in named]
