from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

#: Who sees the status of everyone's mailbox in the list of users.
MANAGERS = "base.group_system,mail_sync_custom.group_mail_sync_company_manager"


class ResUsers(models.Model):
    _inherit = "res.users"

    mail_sync_account_ids = fields.One2many("mail.sync.account", "user_id")
    mail_sync_account_id = fields.Many2one(
        "mail.sync.account",
        "Mail Sync",
        compute="_compute_mail_sync_account_id",
        search="_search_mail_sync_account_id",
    )
    # The status of a colleague's mailbox is for those who manage it, in the companies they work
    # in. Users can read their own.
    mail_sync_state = fields.Selection(
        selection=lambda self: (
            self.env["mail.sync.account"]._fields["state"]._description_selection(self.env)
        ),
        string="Mail Sync Status",
        compute="_compute_mail_sync_status",
        search="_search_mail_sync_state",
        groups=MANAGERS,
    )
    mail_sync_last_sync_at = fields.Datetime(
        "Last Mail Sync", compute="_compute_mail_sync_status", groups=MANAGERS
    )
    mail_sync_headline = fields.Char(
        "Mail Sync Error", compute="_compute_mail_sync_status", groups=MANAGERS
    )

    mail_sync_disabled_words = fields.Char(
        "Disabled Mailbox", compute="_compute_mail_sync_disabled_words"
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return [
            *super().SELF_READABLE_FIELDS,
            "mail_sync_account_ids",
            "mail_sync_account_id",
            "mail_sync_state",
            "mail_sync_last_sync_at",
            "mail_sync_headline",
            "mail_sync_disabled_words",
        ]

    @api.depends_context("lang", "uid", "tz")
    def _compute_mail_sync_disabled_words(self):
        """Say to whoever has disabled their mailbox, or lost it, what has become of it."""
        self.mail_sync_disabled_words = False
        for user in self.filtered(lambda user: user == self.env.user):
            # sudo: a user may know what became of their own mailbox
            account_sudo = self.env["mail.sync.account"].sudo()._ever_of_user(user)
            if account_sudo and not account_sudo.active:
                words = f"{account_sudo.email}: {account_sudo.disabled_words}"
                user.mail_sync_disabled_words = words

    @api.depends("mail_sync_account_ids.active")
    def _compute_mail_sync_account_id(self):
        for user in self:
            user.mail_sync_account_id = user.mail_sync_account_ids[:1]

    def _search_mail_sync_account_id(self, operator, value):
        return [("mail_sync_account_ids", operator, value)]

    @api.depends(
        "mail_sync_account_ids.state",
        "mail_sync_account_ids.last_sync_at",
        "mail_sync_account_ids.headline",
    )
    @api.depends_context("lang", "uid", "allowed_company_ids")
    def _compute_mail_sync_status(self):
        # With the reader's own rights to the accounts, as in the list of accounts.
        accounts = self.env["mail.sync.account"]
        if accounts.has_access("read"):
            accounts = accounts.search([("user_id", "in", self.ids), ("active", "=", True)])
        account_of = accounts.grouped("user_id")
        for user in self:
            account = account_of.get(user._origin, accounts.browse())
            user.mail_sync_state = account.state
            user.mail_sync_last_sync_at = account.last_sync_at
            user.mail_sync_headline = account.headline

    def _search_mail_sync_state(self, operator, value):
        """Find users by their status; False finds those without a connected mailbox."""
        # Whoever may not read the field may not find its value by searching either.
        self._check_field_access(self._fields["mail_sync_state"], "read")
        if operator != "in":
            return NotImplemented
        connected = Domain("state", "!=", False)
        found = Domain("mail_sync_account_ids", "any", [("state", "in", list(value))])
        if False in value:
            found |= Domain("mail_sync_account_ids", "not any", connected)
        return found

    def _field_to_sql(self, alias, field_expr, query=None):
        """Group and sort users by the status of their account.

        It is not stored on the user: each change of status would have to write it there as well.
        """
        if field_expr != "mail_sync_state":
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        account = self.env["mail.sync.account"]
        joined = query.make_alias(alias, "mail_sync_account_ids")
        # Each user has at most one account, so the join returns nobody twice.
        condition = SQL(
            "%s = %s AND %s IN %s",
            SQL.identifier(alias, "id"),
            SQL.identifier(joined, "user_id"),
            SQL.identifier(joined, "id"),
            account._search(Domain.TRUE).subselect(),
        )
        query.add_join("LEFT JOIN", joined, account._table, condition)
        # sudo: the right to the field is checked above, the right to the account in the condition
        account_sudo = account.sudo()
        return account_sudo._field_to_sql(joined, "state", query)

    def action_open_mail_sync_disable(self):
        """Ask whether to keep or remove what a user's mailbox recorded, then disable it."""
        self.ensure_one()
        if not self.mail_sync_account_id:
            raise UserError(self.env._("This user has no mailbox that you could disable."))
        return self.mail_sync_account_id.action_open_disable()

    def _compute_outgoing_mail_server_id(self):
        """Set a synced user's server to the one of their account, whatever its login name is.

        Odoo recognises a personal server by the user's own address and deletes all others every
        night. A server with another login name or address would be lost.
        """
        result = super()._compute_outgoing_mail_server_id()
        for user in self:
            owner = self.env["mail.sync.account"]._owner(user._origin)
            if owner and owner.server_id:
                user.outgoing_mail_server_id = owner.server_id
                user.outgoing_mail_server_type = "default"
        return result

    def write(self, vals):
        """Disable the mailbox of a user who is archived, and keep what it recorded."""
        result = super().write(vals)
        if "active" in vals and not vals["active"]:
            # sudo: whoever may archive a user may stop what runs on their behalf
            self.sudo().mail_sync_account_ids._disable("keep")
        if "company_id" in vals:
            # sudo: whoever may move a user moves their mailbox with them
            self.sudo().mail_sync_account_ids._follow_users()
        return result

    def unlink(self):
        """Disable the mailbox as for an archived user, and keep what only its account held."""
        self.check_access("unlink")
        # sudo: as above
        accounts_sudo = self.sudo().with_context(active_test=False).mail_sync_account_ids
        accounts_sudo._disable("keep")
        accounts_sudo._leave_for_good()
        return super().unlink()

    def action_open_mail_sync(self):
        """Open the Mail Sync page from the preferences."""
        return self.env["mail.sync.account"].action_open_mine()
