"""The figures in docs/benchmarks.md, their plots and their bars."""

import json
import re

from dev import figures
from dev.paths import ROOT

KEPT = json.loads(figures.FIGURES.read_text())

PRINTED = """\
- Starting Dovecot …
# a round: ours 0.900 s, peer 1.300 s
name                ours      peer    ratio  unit
headers              0.5      1.25      0.4  s
unknown                1         2      0.5  s
"""


def test_the_page_shows_the_figures_that_are_kept():
    text = figures.PAGE.read_text()
    assert figures.page(text, KEPT) == text


def test_each_figure_is_measured_by_a_script_of_its_own():
    for figure in KEPT.values():
        script = figure["command"].partition("ONLY=")[2]
        assert (ROOT / "bench" / f"{script}.py").exists()


def test_the_bars_are_those_of_the_readme():
    rows = (ROOT / "bench/README.md").read_text().splitlines()
    told = {row.split("`")[1]: row.rsplit("|", 2)[1] for row in rows if row.startswith("| `")}
    for name in KEPT.keys() & told.keys():
        for _, _, limit in KEPT[name]["bars"]:
            assert re.search(rf"\b{limit:,}\b", told[name]), name


def test_what_a_command_prints_replaces_the_figures():
    taken = {"headers": {"what": "…", "command": "…", "against": "…", "unit": "seconds"}}
    taken["headers"] |= {"ours": 1.0, "peer": 1.0, "ratio": 1.0, "bars": [["ratio", "≤", 0.5]]}
    assert figures.is_met(taken["headers"]) is False
    figures.take(taken, PRINTED)
    assert (taken["headers"]["ours"], taken["headers"]["peer"]) == (0.5, 1.25)
    assert figures.is_met(taken["headers"]) is True
    assert list(taken) == ["headers"]
