from odoo import api, fields, models
from odoo.tools import formataddr

from ...engine.addresses import Rules, key, routable


class MailSyncAccount(models.Model):
    """One user's connection to their mailbox.

    Each other file in this package adds the fields and methods of one topic, and no two define the
    same name. Only this file overrides ``create``, ``write`` and ``unlink``: what a topic does
    there, it does in a hook that is named here.
    """

    _name = "mail.sync.account"
    _description = "Synchronised Mailbox"
    _rec_name = "email"
    _order = "id"

    user_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    email = fields.Char("Mail Address", required=True, readonly=True)
    provider_id = fields.Many2one("mail.sync.provider", readonly=True)
    # A disabled account is archived, not deleted, to remember what it has recorded or removed: when
    # its owner connects again, nothing is recorded twice and nothing that was removed comes back.
    active = fields.Boolean(default=True, readonly=True)
    state = fields.Selection(
        [
            ("enabled", "Enabled"),
            ("error", "Error"),
            ("pending", "Pending"),
            ("connection", "Connection"),
        ],
        "Status",
        default="enabled",
        readonly=True,
        help="Empty for a mailbox that was disabled.",
    )

    _user_unique = models.UniqueIndex("(user_id)", "Each user has only one mailbox.")
    _state_while_active = models.Constraint(
        "CHECK ((active IS TRUE) = (state IS NOT NULL))", "A mailbox has a status until disabled."
    )

    # -- create, write, unlink -----------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Create accounts: count their first day, and update their owners' top bars."""
        accounts = super().create(vals_list)
        self._forget_owners()
        accounts._count_today()
        accounts._tell_top_bar()
        return accounts

    def write(self, vals):
        """Write on accounts, with everything that follows from it.

        A billable day is counted for both the old and the new state. The top bar comes after both,
        and freed places last, because they write on other accounts.
        """
        vals = self._end_run_of_old_connection(vals)
        freed = self._companies_losing_an_account(vals)
        shown = self._shown_before(vals)
        if "state" in vals:
            self._count_today()
        result = super().write(vals)
        self._forget_owners(vals)
        if "state" in vals:
            self._count_today()
        self._tell_top_bar_of_changes(shown)
        self._free_places(freed)
        return result

    def unlink(self):
        """Delete accounts: count their last day, and free their places."""
        self._count_today()
        users, freed = self.user_id, self.filtered("active").company_id
        result = super().unlink()
        self._forget_owners()
        self._send_top_bar(users.exists())
        self._free_places(freed)
        return result

    # -- ownership ---------------------------------------------------------------------------

    @api.model
    def _of_user(self, user):
        """Return a user's account, or an empty recordset."""
        return self.search([("user_id", "=", user.id)], limit=1)

    @api.model
    def _ever_of_user(self, user):
        """Return a user's account, even a disabled one."""
        return self.search([("user_id", "=", user.id), ("active", "in", (True, False))], limit=1)

    def _own_emails(self):
        """Return the owner's own addresses, as keys."""
        self.ensure_one()
        names = (self.email, self.imap_username, self.smtp_username)
        return frozenset(filter(None, (key(name or "") for name in names)))

    def _address_rules(self):
        """Return the rules by which the mailbox's company considers two addresses equal."""
        self.ensure_one()
        company = self.company_id
        return Rules(company.mail_sync_plus_tags, company.mail_sync_gmail_dots)

    def _formatted_email(self):
        """Return the sender of the owner's mail: their name and the mailbox's address."""
        self.ensure_one()
        return formataddr((self.user_id.name, self.email))

    def _mail_domain(self):
        """Return the domain of the mailbox's address, as headers have it (RFC 5890 §2.3.2.1)."""
        self.ensure_one()
        return routable(self.email).rpartition("@")[2]
