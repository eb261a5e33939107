from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

#: The states of an account that has a place, from the set-up until it is disabled.
HAS_A_PLACE = ("enabled", "error", "connection")


class ResCompany(models.Model):
    _inherit = "res.company"

    mail_sync_plan_id = fields.Many2one(
        "mail.sync.plan",
        ondelete="restrict",
        default=lambda self: self.env.ref("mail_sync_custom.plan_trial", raise_if_not_found=False),
        groups="base.group_system",
        help="A new company begins with Trial. A plan may limit how many mails are recorded a day.",
    )
    mail_sync_account_limit = fields.Integer(
        "Mailbox Limit",
        groups="base.group_system",
        help="How many mailboxes can be connected. Users who connect once the limit is reached are "
        "Pending, and start in order of arrival as soon as a place is free. 0: no limit. A "
        "limit below the number of connected mailboxes disconnects nobody.",
    )

    mail_sync_history_limit = fields.Selection(
        selection=lambda self: (
            self.env["mail.sync.account"]._fields["history"]._description_selection(self.env)
        ),
        string="How Far Back",
        required=True,
        default="all",
        groups="base.group_system",
        help="How far back a mailbox may be read at most. Users who were connected before a change "
        "keep what they chose.",
    )

    mail_sync_plus_tags = fields.Boolean(
        "Ignore What Follows a Plus Sign",
        groups="base.group_system",
        help="ann+shop@example.com is the same as ann@example.com, as with most providers.",
    )
    mail_sync_gmail_dots = fields.Boolean(
        "Ignore Dots in Gmail Addresses",
        groups="base.group_system",
        help="a.nn@gmail.com and ann@googlemail.com are the same as ann@gmail.com.",
    )

    mail_sync_record_internal = fields.Boolean(
        "Record Internal Mails",
        groups="base.group_system",
        help="Mails between colleagues only are recorded, too, where a colleague's address is that "
        "of a lead or a contact, or where they answer a mail that was written on a record.",
    )

    _mail_sync_account_limit_positive = models.Constraint(
        "CHECK (mail_sync_account_limit >= 0)", "The number of mailboxes cannot be negative."
    )

    def write(self, vals):
        """Write; a raised limit starts those who wait, another plan those who used up today's."""
        result = super().write(vals)
        if "mail_sync_account_limit" in vals:
            self.env["mail.sync.account"]._free_places(self)
        if "mail_sync_plan_id" in vals:
            self._mail_sync_plan_changed()
        return result

    @api.model
    def _mail_sync_begin_with_trial(self):
        """Give the companies that existed before the plans the plan of a new company."""
        self.search([("mail_sync_plan_id", "=", False)]).mail_sync_plan_id = self.env.ref(
            "mail_sync_custom.plan_trial"
        )

    def _mail_sync_plan_changed(self):
        """Read now what was to wait for the next day."""
        # sudo: the plan is the administrator's to change, and it holds for everyone
        waiting_sudo = (
            self.env["mail.sync.account"]
            .sudo()
            .search(
                [
                    ("company_id", "in", self.ids),
                    # Failing accounts wait for another reason, and keep waiting.
                    ("state", "=", "enabled"),
                    ("failure_count", "=", 0),
                ]
            )
        )
        if waiting_sudo:
            waiting_sudo._schedule_now()

    # -- how far back ------------------------------------------------------------------------

    def _mail_sync_histories(self):
        """Return how far back a mailbox may be read, as values of ``history``, shortest first."""
        self.ensure_one()
        # sudo: the limit is the administrator's, and its effect everyone's
        limit = self.sudo().mail_sync_history_limit
        histories = self.env["mail.sync.account"]._fields["history"].get_values(self.env)
        return histories[: histories.index(limit) + 1]

    def _mail_sync_check_history(self, history):
        """Raise UserError for a longer time than the administrator allows."""
        allowed = self._mail_sync_histories()
        if history not in allowed:
            labels = (
                self.env["mail.sync.account"]._fields["history"]._description_selection(self.env)
            )
            raise UserError(
                self.env._(
                    "Your administrator lets mailboxes be read back no further than: %(limit)s. "
                    "Under Read back, choose that or less.",
                    limit=dict(labels)[allowed[-1]],
                )
            )

    # -- places ------------------------------------------------------------------------------

    def _mail_sync_lock_places(self):
        """Reserve the company's places until the end of the transaction.

        A lock alone would not do: a transaction that has waited for it would still count what its
        snapshot holds. The update makes PostgreSQL refuse the second of two concurrent
        transactions, and Odoo then repeats that request, which sees what the first one did.
        """
        for company in self.filtered("mail_sync_account_limit"):
            self.env.execute_query(
                SQL(
                    "UPDATE res_company SET write_date = write_date WHERE id = %s RETURNING id",
                    company.id,
                )
            )

    def _mail_sync_places_left(self):
        """Return how many more mailboxes may be connected; ``None`` where there is no limit."""
        self.ensure_one()
        # sudo: the limit is the administrator's, and its effect everyone's
        company_sudo = self.sudo()
        if not company_sudo.mail_sync_account_limit:
            return None
        taken = company_sudo.env["mail.sync.account"].search_count(
            [("company_id", "=", self.id), ("state", "in", HAS_A_PLACE)]
        )
        return max(company_sudo.mail_sync_account_limit - taken, 0)
