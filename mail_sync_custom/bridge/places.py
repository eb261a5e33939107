"""The records on which an account knows a mail to have been recorded, as one text.

An entry that is deleted in the database takes every trace of itself along; this stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from odoo import api
from odoo.tools import SQL

from ..engine.matching import Target
from . import standing


def of(text: str | None) -> tuple[Target, ...]:
    """Return the records in a text: a line ``model,id`` for each."""
    pairs = (line.partition(",") for line in (text or "").splitlines())
    return tuple(Target(model, int(res_id)) for model, _, res_id in pairs)


def join(before: Iterable[Target], more: Iterable[Target]) -> str | bool:
    """Return the text for these records, each once, or False if there are none."""
    found = dict.fromkeys((*before, *more))
    return "\n".join(f"{target.model},{target.res_id}" for target in found) or False


def existing(
    env: api.Environment, targets: Collection[Target], companies: Sequence[int]
) -> Mapping[Target, bool]:
    """Return those that exist, and whether each is within the companies."""
    wanted: defaultdict[str, list[int]] = defaultdict(list)
    for target in targets:
        wanted[target.model].append(target.res_id)
    found = {}
    for model in wanted.keys() & {*standing.models(env)}:
        rows = env.execute_query(
            SQL(
                "SELECT r.id, %s FROM %s r WHERE r.id = ANY(%s)",
                standing.within(env[model], companies),
                SQL.identifier(env[model]._table),
                wanted[model],
            )
        )
        found |= {Target(model, id_): is_ours for id_, is_ours in rows}
    return found
