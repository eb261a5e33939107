"""Many salespeople at once: an account, its user and its mailbox, copied as often as needed.

Through Odoo, thousands of users take many minutes. Here each row is copied in the database with
what has to differ: ids, names, addresses.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extras import Json, execute_values

from . import postgres
from .dovecot import MAIL

_COPY = """
    INSERT INTO {table}
    SELECT (jsonb_populate_record(old, %s::jsonb || made.new)).*
    FROM {table} old, (SELECT {new} AS new FROM crowd) made
    WHERE old.id = %s
"""
#: What differs in each copy of a row, by its table.
_NEW = {
    "res_partner": "jsonb_build_object('id', partner, 'name', name, 'complete_name', name,"
    " 'email', name, 'email_normalized', name, 'commercial_partner_id', partner)",
    "res_users": "jsonb_build_object('id', person, 'partner_id', partner, 'login', name)",
    "mail_sync_account": "jsonb_build_object('id', account, 'user_id', person, 'email', name,"
    " 'imap_username', name, 'smtp_username', name, 'lease_token', NULL, 'lease_until', NULL)",
}
_MAILBOXES = """
    INSERT INTO mail_sync_mailbox
    SELECT (jsonb_populate_record(old, jsonb_build_object(
        'id', nextval('mail_sync_mailbox_id_seq'), 'account_id', account))).*
    FROM mail_sync_mailbox old, crowd WHERE old.account_id = %s
"""
_RIGHTS = """
    INSERT INTO res_company_users_rel (user_id, cid)
    SELECT person, cid FROM res_company_users_rel, crowd WHERE user_id = %(old)s;
    INSERT INTO res_groups_users_rel (uid, gid)
    SELECT person, gid FROM res_groups_users_rel, crowd WHERE uid = %(old)s;
"""


def accounts(
    db: str, account: int, names: Sequence[str], values: Mapping[str, object] | None = None
) -> list[int]:
    """Copy an account, with its user and mailboxes, for each of these addresses.

    ``values`` are set on all copies. Returns the ids of the new accounts, in order.
    """
    connected = psycopg2.connect(**postgres.connection(), dbname=db)
    with closing(connected), connected, connected.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE crowd (name text, number int,"
            " partner int DEFAULT nextval('res_partner_id_seq'),"
            " person int DEFAULT nextval('res_users_id_seq'),"
            " account int DEFAULT nextval('mail_sync_account_id_seq')) ON COMMIT DROP"
        )
        rows = [(name, number) for number, name in enumerate(names)]
        execute_values(cursor, "INSERT INTO crowd (name, number) VALUES %s", rows)
        cursor.execute("SELECT user_id FROM mail_sync_account WHERE id = %s", [account])
        [person] = cursor.fetchone()
        cursor.execute("SELECT partner_id FROM res_users WHERE id = %s", [person])
        [partner] = cursor.fetchone()
        for table, old in (
            ("res_partner", partner),
            ("res_users", person),
            ("mail_sync_account", account),
        ):
            changes = values if table == "mail_sync_account" and values else {}
            query = sql.SQL(_COPY).format(table=sql.Identifier(table), new=sql.SQL(_NEW[table]))
            cursor.execute(query, [Json(dict(changes)), old])
        cursor.execute(_MAILBOXES, [account])
        cursor.execute(_RIGHTS, {"old": person})
        cursor.execute("SELECT account FROM crowd ORDER BY number")
        return [id_ for [id_] in cursor.fetchall()]


def mailboxes(of: str, names: Sequence[str]) -> None:
    """Copy somebody's mail on Dovecot for each of these addresses, numbering included."""
    for name in names:
        shutil.rmtree(MAIL / name, ignore_errors=True)
        shutil.copytree(MAIL / of, MAIL / name, copy_function=shutil.copy2)
        _own(MAIL / of, MAIL / name)


def forget_mailboxes(names: Sequence[str]) -> None:
    """Remove these people's mail from Dovecot."""
    for name in names:
        shutil.rmtree(MAIL / name, ignore_errors=True)


def _own(like: Path, folder: Path) -> None:
    """Give a copied folder, and all that is in it, the owner of the original."""
    stat = like.stat()
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, stat.st_uid, stat.st_gid)
