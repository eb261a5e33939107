import time
from collections import Counter
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL, split_every

from ... import vault
from ...transactions import RACES, again, as_superuser
from ...turns import lease
from ...vault import Encryption

SECRETS = ("imap_secret", "smtp_secret")
#: What else is encrypted with the key: by table. No run depends on these rows.
OTHERS = {
    "mail_sync_oauth_grant": ("refresh_secret", "access_secret"),
    "mail_sync_oauth_client": ("secret",),
}
#: Accounts whose passwords are re-encrypted in one transaction.
BATCH = 50
#: The pause between two checks of accounts that are being read.
PAUSE_SECONDS = 0.2


class Renewal(NamedTuple):
    """The result of re-encryption: how many passwords, and how many accounts are being read."""

    passwords: int
    waiting: int


class MailSyncAccount(models.Model):
    """The saved passwords and the key: which it opens, and re-encrypting them with a new one.

    Re-encryption does not change the password: no run ends, and no attempt begins. Hence SQL
    instead of `write`, which would treat new details as a new connection.
    """

    _inherit = "mail.sync.account"

    @api.model
    def _count_secrets(self):
        """Return how many saved passwords have each :class:`~..vault.Encryption`."""
        self.env.flush_all()
        secrets = [secret for account in _saved(self.env) for secret in account[1:] if secret]
        secrets += [secret for _, _, _, secret in _other_secrets(self.env)]
        return Counter(map(vault.encryption, secrets))

    @api.model
    def _encrypt_anew(self, seconds):
        """Re-encrypt with the first key what an older one opens; return the Renewal.

        In separate short transactions that never collide with a run: accounts that are being read
        are waited for, up to ``seconds``. What cannot be decrypted is left as it is.
        """
        until = time.monotonic() + seconds
        # Those transactions must see what this one has changed so far.
        self.env.flush_all()
        with as_superuser(self.env.cr.dbname) as env:
            left = {account[0] for account in _saved(env) if _renewed(account[1:])}
        passwords = again(lambda: _renew_others(self.env.cr.dbname))
        while left:
            for ids in split_every(BATCH, sorted(left)):
                renewed = _renew(self.env.cr.dbname, ids)
                passwords += sum(renewed.values())
                left -= renewed.keys()
            if not left or time.monotonic() >= until:
                break
            time.sleep(PAUSE_SECONDS)
        self.invalidate_model(SECRETS)
        return Renewal(passwords, len(left))


def _saved(env):
    """Return ``(id, secret for IMAP, secret for SMTP)`` of every account that has one."""
    return env.execute_query(
        SQL(
            "SELECT id, imap_secret, smtp_secret FROM mail_sync_account"
            " WHERE imap_secret IS NOT NULL OR smtp_secret IS NOT NULL"
        )
    )


def _other_secrets(env):
    """Return ``(table, field, id, secret)`` of everything else that is encrypted."""
    return [
        (table, name, id_, secret)
        for table, names in OTHERS.items()
        for name in names
        for id_, secret in env.execute_query(
            SQL(
                "SELECT id, %(name)s FROM %(table)s WHERE %(name)s IS NOT NULL",
                name=SQL.identifier(name),
                table=SQL.identifier(table),
            )
        )
    ]


def _renew_others(dbname):
    """Re-encrypt what else is older; return how many. A token renewed meanwhile stays as it is."""
    with as_superuser(dbname) as env:
        older = [
            each for each in _other_secrets(env) if vault.encryption(each[-1]) is Encryption.OLDER
        ]
        for table, name, id_, secret in older:
            env.execute_query(
                SQL(
                    "UPDATE %(table)s SET %(name)s = %(new)s"
                    " WHERE id = %(id)s AND %(name)s = %(old)s RETURNING id",
                    table=SQL.identifier(table),
                    name=SQL.identifier(name),
                    new=vault.encrypt(vault.decrypt(secret)),
                    id=id_,
                    old=secret,
                )
            )
    return len(older)


def _renewed(secrets):
    """Return the re-encrypted secrets of an account that must be saved, by field name."""
    return {
        name: vault.encrypt(vault.decrypt(secret))
        for name, secret in zip(SECRETS, secrets, strict=True)
        if secret and vault.encryption(secret) is Encryption.OLDER
    }


def _renew(dbname, ids):
    """Re-encrypt the secrets of those accounts that nobody is reading or changing.

    Returns the number of passwords, by account.
    """
    try:
        with as_superuser(dbname) as env:
            accounts = env.execute_query(
                SQL(
                    """
                    SELECT id, imap_secret, smtp_secret FROM mail_sync_account
                    WHERE id = ANY(%s) AND %s
                    FOR NO KEY UPDATE SKIP LOCKED
                    """,
                    list(ids),
                    lease.free(fields.Datetime.now()),
                )
            )
            renewed = {account[0]: _renewed(account[1:]) for account in accounts}
            for id_, values in renewed.items():
                for name, secret in values.items():
                    env.execute_query(
                        SQL(
                            "UPDATE mail_sync_account SET %s = %s WHERE id = %s RETURNING id",
                            SQL.identifier(name),
                            secret,
                            id_,
                        )
                    )
    except RACES:
        return {}
    return {id_: len(values) for id_, values in renewed.items()}
