"""`python3 -m dev figures [OUTPUT …]`: the table and plots of docs/benchmarks.md.

They are written from `bench/figures.json`. Each OUTPUT is what `make bench`, `make scale`,
`make soak` or `make fuzz` printed: its lines `name ours peer ratio unit` replace the figures of
these names first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from .paths import ROOT

FIGURES = ROOT / "bench/figures.json"
PAGE = ROOT / "docs/benchmarks.md"
BEGIN, END = "<!-- figures: python3 -m dev figures -->", "<!-- end of figures -->"

_LINE = re.compile(r"^(\w+) +([\d.e+-]+) +([\d.e+-]+) +([\d.e+-]+) +\S", re.MULTILINE)


def run(*outputs: str) -> int:
    """Take over what was printed, and write the page anew; return 0."""
    figures = json.loads(FIGURES.read_text())
    for output in outputs:
        take(figures, Path(output).read_text())
    FIGURES.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    PAGE.write_text(page(PAGE.read_text(), figures))
    return 0


def take(figures: Mapping[str, dict], printed: str) -> None:
    """Replace figures by those that a command printed."""
    for name, ours, peer, ratio in _LINE.findall(printed):
        if name in figures:
            figures[name] |= {"ours": float(ours), "peer": float(peer), "ratio": float(ratio)}


def page(text: str, figures: Mapping[str, dict]) -> str:
    """Return the page with the table and the plots of these figures."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    parts = [BEGIN, "", *table(figures), ""]
    for name, figure in figures.items():
        parts += [*plot(name, figure), ""] if figure["ours"] is not None else []
    return before + "\n".join((*parts, END)) + after


def table(figures: Mapping[str, dict]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| figure | command | ours | peer | ratio | bar | met |"
    yield "|---|---|---|---|---|---|---|"
    for name, figure in figures.items():
        cells = (
            f"`{name}`: {figure['what']}",
            f"`{figure['command']}`",
            _number(figure["ours"]),
            f"{_number(figure['peer'])}: {figure['against']}",
            _number(figure["ratio"]),
            _bar(figure),
            {True: "yes", False: "**no**", None: ""}[is_met(figure)],
        )
        yield f"| {' | '.join(cells)} |"


def plot(name: str, figure: Mapping[str, object]) -> Iterator[str]:
    """Yield the lines of a plot, which GitHub and others draw (Mermaid)."""
    top = max(figure["ours"], figure["peer"]) * 1.05
    yield "```mermaid"
    yield "xychart-beta horizontal"
    yield f'    title "{name}: {figure["unit"]}"'
    yield f'    x-axis ["ours", "{figure["against"]}"]'
    yield f"    y-axis 0 --> {top:.3g}"
    yield f"    bar [{figure['ours']:g}, {figure['peer']:g}]"
    yield "```"


def is_met(figure: Mapping[str, object]) -> bool | None:
    """Whether a figure reaches its bars: ``["ratio" or "ours", "≤" or "≥", number]`` each.

    None if it has not been measured.
    """
    if figure["ours"] is None:
        return None
    return all(
        figure[which] <= limit if way == "≤" else figure[which] >= limit
        for which, way, limit in figure["bars"]
    )


def _bar(figure: Mapping[str, object]) -> str:
    return ", ".join(f"{which} {way} {limit:,}" for which, way, limit in figure["bars"])


def _number(value: float | None) -> str:
    if value is None:
        return "not measured"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
