from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine.exclusion import NotAPattern, normalize


class MailSyncExclusion(models.Model):
    """Whose mail is not recorded from now on: an address, or a domain with its subdomains.

    On the list of a company, for all of its mailboxes, or on a user's own, for theirs. A user's own
    list is private, even from administrators.
    """

    _name = "mail.sync.exclusion"
    _description = "Never Recorded"
    _rec_name = "pattern"
    _order = "user_id.id, company_id, pattern"  # a user's own come first: the company's have none

    pattern = fields.Char(
        "Address or Domain",
        required=True,
        help="A mail address, such as ann@example.com, or a domain, such as example.com, for "
        "everyone there. From now on no mail with such an address on it is recorded, be it as "
        "sender, recipient or in copy. What was recorded before stays until you remove it.",
    )
    kind = fields.Selection(
        [("address", "This address"), ("domain", "Everyone at this domain")],
        "Applies to",
        compute="_compute_kind",
    )
    note = fields.Char(help="Why it is never recorded. Anyone who reads the list reads this too.")
    user_id = fields.Many2one("res.users", ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", ondelete="cascade", index=True)
    whose = fields.Selection(
        [("own", "Yours"), ("company", "Your company's")], "List", compute="_compute_whose"
    )

    _one_list = models.Constraint(
        "CHECK ((user_id IS NULL) != (company_id IS NULL))",
        "An address is on the list of a company, or on that of a user.",
    )
    # These also serve the look-up of the addresses of a batch of mails.
    _once_a_user = models.UniqueIndex(
        "(pattern, user_id) WHERE user_id IS NOT NULL",
        "This address or domain is on the list already.",
    )
    _once_a_company = models.UniqueIndex(
        "(pattern, company_id) WHERE company_id IS NOT NULL",
        "This address or domain is on the list already.",
    )

    @api.depends("pattern")
    def _compute_kind(self):
        for exclusion in self:
            pattern = exclusion.pattern
            exclusion.kind = pattern and ("address" if "@" in pattern else "domain")

    @api.depends("company_id")
    def _compute_whose(self):
        for exclusion in self:
            exclusion.whose = "company" if exclusion.company_id else "own"

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._normalized(vals) for vals in vals_list])

    def write(self, vals):
        """Write; an entry cannot be moved to a list that its writer may not change."""
        result = super().write(self._normalized(vals))
        if not vals.keys().isdisjoint(("user_id", "company_id")):
            # Odoo has only checked the list that it was on before.
            self.check_access("write")
        return result

    def action_remove(self):
        """Remove it from its list: from now on its mails are recorded again."""
        self.unlink()

    # -- what was recorded before ------------------------------------------------------------------

    def action_open_apply(self):
        """Ask whether to remove what was recorded before, and show how much it is."""
        self.ensure_one()
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_sync_custom.mail_sync_exclusion_apply_action"
        )
        return {**action, "context": {"default_exclusion_id": self.id}}

    def _recorded_sudo(self):
        """Return the recorded messages that it covers, and the accounts that it is for.

        As superuser: it replaces the right of users to take back what their mailbox brought, and
        that of a company's managers for all of its mailboxes.
        """
        self.ensure_one()
        self.check_access("write")
        accounts_sudo = self.env["mail.sync.account"].sudo().with_context(active_test=False)
        domain = [("user_id", "=", self.user_id.id)]
        if self.company_id:
            domain = [("user_id.company_ids", "in", self.company_id.ids)]
        accounts_sudo = accounts_sudo.search(domain)
        return self.env["mail.sync.person"].sudo()._mails(
            [self.pattern], accounts_sudo
        ), accounts_sudo

    def _apply(self):
        """Remove what was recorded before; what other mailboxes hold stays."""
        mails_sudo, accounts_sudo = self._recorded_sudo()
        self.env["mail.sync.person"].sudo()._release(mails_sudo, accounts_sudo)

    def _normalized(self, vals):
        """Return values with the pattern in the form that mails carry. Raises ValidationError."""
        if "pattern" not in vals:
            return vals
        entered = vals["pattern"] or ""
        try:
            return {**vals, "pattern": normalize(entered)}
        except NotAPattern as error:
            raise ValidationError(self._wrong(error.code, entered.strip())) from error

    def _wrong(self, code, entered):
        """Return what is wrong with the pattern entered, and what to enter instead."""
        return {
            "empty": self.env._("Enter a mail address, or a domain."),
            "several": self.env._(
                "Enter one address or domain in each line. This line has several: %s", entered
            ),
            "space": self.env._(
                "A mail address or a domain has no space in it: %s\n"
                "Enter the address alone, without a name.",
                entered,
            ),
            "no_domain": self.env._(
                "This is neither a mail address nor a domain: %s\n"
                "Enter an address like ann@example.com, or a domain like example.com.",
                entered,
            ),
            "no_dot": self.env._(
                "There is no dot after the @: %s\nEnter the whole address, like ann@example.com.",
                entered,
            ),
            "bad_domain": self.env._(
                "This is not a domain that a mail address can have: %s\n"
                "Enter it like example.com, without anything before or after it.",
                entered,
            ),
            "bad_address": self.env._(
                "This is not a mail address: %s\nEnter it like ann@example.com, without a name, "
                "quotes or brackets.",
                entered,
            ),
        }[code]
