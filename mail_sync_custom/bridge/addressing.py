"""Whose address it is: how leads and contacts are found by ``engine.addresses``.

Odoo's ``email_normalized`` is indexed, and for nearly every record it is the key of the only
address. ``mail_sync_keys`` has whatever that column lacks, one key per line, and is NULL for all
others: the second address of a field, a domain in its other form, a local part beyond ASCII. A line
that begins with ``~`` is a key as loose as a company may choose (``LOOSEST``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from odoo import api
from odoo.tools import SQL, formataddr
from odoo.tools.sql import column_exists, create_column

from ..engine.addresses import STRICT, Rules, key, keys
from ..engine.values import Address

LOOSEST = Rules(plus_tags=True, gmail_dots=True)
#: Records per batch when the keys are computed on installation.
BATCH = 10_000

_SEPARATOR = "\n"
#: The keys of a record as an array, as the index has them.
ARRAY = "string_to_array(mail_sync_keys, E'\\n')"
INDEX = f"USING gin (({ARRAY})) WHERE mail_sync_keys IS NOT NULL"
_KEYS = SQL("string_to_array(r.mail_sync_keys, E'\\n')")
#: Keys that the index is asked for at once.
SLICE = 400


def stored(text: str | None, normalized: str | None) -> str | bool:
    """Return ``mail_sync_keys`` of a record; False if ``email_normalized`` is enough."""
    found = keys(text or "")
    others = [one for one in found if one != normalized]
    loose = [f"~{loosest}" for one in found if (loosest := key(one, LOOSEST)) != one]
    return _SEPARATOR.join((*others, *loose)) or False


def make_column(model, email: str) -> None:
    """Add ``mail_sync_keys`` to a large table without computing it for each of its records.

    ``email`` is the column that people fill in. The database selects the few that need keys.
    """
    cr, table = model.env.cr, model._table
    if column_exists(cr, table, "mail_sync_keys"):
        return
    create_column(cr, table, "mail_sync_keys", "text")
    fill_column(model, email)


def fill_column(model, email: str) -> None:
    """Compute the keys of the records that need any, in an empty column."""
    cr, table, last = model.env.cr, model._table, 0
    while True:
        cr.execute(
            SQL(
                """
                SELECT id, %(email)s, email_normalized FROM %(table)s
                WHERE id > %(last)s AND %(email)s LIKE %(any)s
                  AND (lower(%(email)s) IS DISTINCT FROM email_normalized
                       OR %(email)s ~ %(odd)s
                       OR email_normalized ~ %(gmail)s)
                ORDER BY id LIMIT %(batch)s
                """,
                email=SQL.identifier(email),
                table=SQL.identifier(table),
                last=last,
                any="%@%",
                odd=r"[^!-~]|[+\"]",
                gmail=r"@(gmail|googlemail)\.com$",
                batch=BATCH,
            )
        )
        rows = cr.fetchall()
        if not rows:
            return
        last = rows[-1][0]
        found = [(id_, one) for id_, *field in rows if (one := stored(*field))]
        cr.execute(
            SQL(
                """
                UPDATE %s SET mail_sync_keys = found.keys
                FROM unnest(%s::int[], %s::text[]) AS found(id, keys) WHERE %s.id = found.id
                """,
                SQL.identifier(table),
                [id_ for id_, _ in found],
                [one for _, one in found],
                SQL.identifier(table),
            )
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """Addresses to look for, under a company's rules.

    ``forms`` maps each key that the database may have to the addresses that it means.
    """

    forms: dict[str, tuple[str, ...]]
    rules: Rules = STRICT

    @classmethod
    def of(cls, emails: Iterable[str], rules: Rules = STRICT) -> Asked:
        """Return the question for addresses that are keys already."""
        if rules == STRICT:
            return cls({email: (email,) for email in emails})
        forms: defaultdict[str, list[str]] = defaultdict(list)
        for email in emails:
            loosest = key(email, LOOSEST)
            for form in dict.fromkeys((email, loosest, f"~{loosest}")):
                forms[form].append(email)
        return cls({form: tuple(found) for form, found in forms.items()}, rules)

    def emails(self, form: str, found: Collection[str] = ()) -> list[str]:
        """Return the addresses of a record that was found by a form.

        ``found`` are the record's own keys, if the rules have to be applied to them.
        """
        emails = self.forms.get(form, ())
        if self.rules == STRICT:
            return list(emails)
        same = {key(one, self.rules) for one in found if not one.startswith("~")}
        return [email for email in emails if key(email, self.rules) in same]

    def query(self, table: str, columns: str) -> SQL:
        """Return a query of (form, keys, …) for each record of a table ``r`` that has a form.

        It uses two indexes. ``columns`` is SQL of ours.
        """
        return SQL(
            """
            WITH asked AS MATERIALIZED (SELECT %(forms)s AS forms)
            SELECT r.email_normalized AS form, r.email_normalized AS own, r.mail_sync_keys AS keys,
                   %(columns)s
            FROM %(table)s r WHERE r.email_normalized = ANY((SELECT forms FROM asked)::text[])
            UNION ALL
            SELECT form, r.email_normalized, r.mail_sync_keys, %(columns)s
            FROM %(table)s r CROSS JOIN unnest(%(keys)s) form WHERE %(has_asked)s
            """,
            forms=array(self.forms),
            columns=SQL(columns),
            table=SQL.identifier(table),
            keys=_KEYS,
            has_asked=self._has_asked(),
        )

    def query_keys(self, table: str, model: str) -> SQL:
        """Return a query of (form, keys, model, id) for the records of a table with only keys."""
        return SQL(
            """
            (WITH asked AS MATERIALIZED (SELECT %(forms)s AS forms)
             SELECT form, r.mail_sync_keys, %(model)s, r.id
             FROM %(table)s r CROSS JOIN unnest(%(keys)s) form WHERE %(has_asked)s)
            """,
            forms=array(self.forms),
            model=model,
            table=SQL.identifier(table),
            keys=_KEYS,
            has_asked=self._has_asked(),
        )

    def _has_asked(self) -> SQL:
        """Return the condition that a record ``r`` has one of the ``asked`` keys in ``form``.

        A GIN index compares each word that it is asked for with all before it, so it is asked for
        a portion of them at a time.
        """
        portions = (
            SQL("%s && (SELECT forms[%s:%s] FROM asked)::text[]", _KEYS, start + 1, start + SLICE)
            for start in range(0, len(self.forms) or 1, SLICE)
        )
        return SQL(
            """
            r.mail_sync_keys IS NOT NULL AND (%s)
            AND form = ANY((SELECT forms FROM asked)::text[])
            """,
            SQL(" OR ").join(portions),
        )


def array(words: Iterable[str]) -> SQL:
    """Return an array of words, of which none has a line break, for use with ``ANY`` and ``&&``.

    It is sent as one string, and hidden from the planner: to quote, parse and estimate thousands
    of words takes several times as long as to look them up.
    """
    lines = _SEPARATOR.join(word for word in words if _SEPARATOR not in word)
    return SQL("(SELECT string_to_array(%s, E'\\n'))::text[]", lines)


def found_keys(own: str | None, lines: str | None) -> list[str]:
    """Return the keys of a record, from its two columns."""
    return [*filter(None, [own]), *(lines or "").split(_SEPARATOR)]


def contacts(env: api.Environment, emails: Collection[str]) -> dict[str, int]:
    """Return the contact of each address; of several, the oldest."""
    asked = Asked.of(emails)
    rows = env.execute_query(
        SQL(
            "SELECT form, id FROM (%s) found WHERE active ORDER BY id DESC",
            asked.query("res_partner", "r.id, r.active"),
        )
    )
    return dict(rows)


def formatted(*addresses: Address) -> str:
    """Return addresses as Odoo writes them: ``"Ann Lee" <ann@example.com>, bob@example.com``."""
    return ", ".join(formataddr((a.name, a.email)) for a in addresses if a.email)
