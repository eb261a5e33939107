from functools import partial
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL, frozendict, ormcache

#: The fields that :meth:`MailSyncAccount._owners` depends on.
_KEPT = frozenset(("active", "email", "mail_server_id", "user_id"))


class Owner(NamedTuple):
    """The facts about a user's mailbox account that decide whether a mail concerns it.

    ``connected`` is false after it was disabled.
    """

    account_id: int
    email: str
    server_id: int | None
    connected: bool


class MailSyncAccount(models.Model):
    """Who has a mailbox, kept in memory.

    Every posted message and every sent mail needs this, on any record. For a user without a mailbox
    the answer costs no query.
    """

    _inherit = "mail.sync.account"

    @api.model
    @ormcache(cache="stable")
    def _owners(self):
        """Return an :class:`Owner` for the id of each user who has, or had, a mailbox."""
        query = SQL(
            "SELECT user_id, id, email, mail_server_id, active IS TRUE FROM mail_sync_account",
            to_flush=[self._fields[name] for name in _KEPT],
        )
        return frozendict((row[0], Owner(*row[1:])) for row in self.env.execute_query(query))

    @api.model
    def _owner(self, user):
        """Return the :class:`Owner` of a mailbox that is connected; None for any other user."""
        owner = self._owners().get(user.id)
        return owner if owner and owner.connected else None

    @api.model
    def _of_author(self, author_id):
        """Return, as superuser, the account that sends this author's mail.

        Empty unless the author is the current user: nobody sends through a colleague's mailbox.
        """
        # sudo: a sender's address and name are no secret of their account
        accounts_sudo = self.sudo()
        user, owner = self.env.user, self._owner(self.env.user)
        if not owner or author_id != user.partner_id.id or not user._is_internal():
            return accounts_sudo.browse()
        return accounts_sudo.browse(owner.account_id)

    @api.model
    def _of_writer(self):
        """Return, as superuser, the account of the current user; empty without a mailbox."""
        return self._of_author(self.env.user.partner_id.id)

    @api.model
    def _of_server(self, server_id):
        """Return the account, as superuser, that sends through this server; empty for any other."""
        # sudo: the sender need not be able to read the account
        accounts_sudo = self.sudo()
        for owner in self._owners().values() if server_id else ():
            if owner.connected and owner.server_id == server_id:
                return accounts_sudo.browse(owner.account_id)
        return accounts_sudo.browse()

    @api.model
    def _forget_owners(self, vals=_KEPT):
        """Reload the owners if one of these fields was written."""
        if _KEPT.isdisjoint(vals):
            return
        forget = partial(self.env.registry.clear_cache, "stable")
        forget()
        # Until this is committed, another thread may load the old values and cache them.
        self.env.cr.postcommit.add(forget)
