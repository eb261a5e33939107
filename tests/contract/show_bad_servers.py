"""Read an account from every bad server and print the results, one line per server."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from tests.contract.bad_server import Result, play
from tests.contract.bad_servers import CASES as FIRST
from tests.contract.more_bad_servers import MORE_CASES

CASES = [*FIRST, *MORE_CASES]

#: Servers that are played at once: most of the time each waits for the other side.
AT_ONCE = 4


def line(result: Result) -> str:
    """Return a line of the table: server | source | survived | stuck | result."""
    crashed = "yes" if result.survived else f"no: {result.crashed!r}"
    became = result.became
    if sorted(result.after) != sorted(result.all_of_them):
        became += "; NOT ALL ONCE when it was well again"
    stuck = "yes" if result.stuck else "no"
    return " | ".join([result.case.name, result.case.source, crashed, stuck, became])


def main() -> int:
    """Print the table and its totals; return 1 if a server crashes us or leaves us stuck."""
    print("server | source | survived | stuck | what became of it")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = []
        for result in pool.map(play, CASES):
            results.append(result)
            print(line(result), flush=True)
    survived = sum(result.survived for result in results)
    stuck = sum(result.stuck for result in results)
    whole = sum(sorted(result.after) == sorted(result.all_of_them) for result in results)
    print(
        f"{len(results)} servers, {survived} survived, {stuck} stuck; "
        f"each mail once when well again: {whole}"
    )
    return 0 if survived == whole == len(results) and not stuck else 1


if __name__ == "__main__":
    sys.exit(main())
