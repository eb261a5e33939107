"""Smart Mails: mail templates that salespeople send from their own mailboxes, one to one."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ...bridge import standing

#: Who prepares Smart Mails.
PREPARERS = (
    "base.group_system",
    "mail_sync_custom.group_mail_sync_company_manager",
    "mail_sync_custom.group_mail_sync_marketing_manager",
)
#: What the mailbox of whoever sends it decides: the sender, the server, the way of answers; and to
#: whom it goes, which is one person, at a time that the sender chooses.
DECIDED = {
    "email_from": False,
    "reply_to": False,
    "mail_server_id": False,
    "email_layout_xmlid": False,
    "scheduled_date": False,
    "use_default_to": True,
    "email_to": False,
    "partner_to": False,
    "email_cc": False,
}


class MailTemplate(models.Model):
    _inherit = "mail.template"

    mail_sync_smart = fields.Boolean(
        "Smart Mail",
        help="Salespeople send it from their own mailboxes, as it is or edited: one mail for "
        "each person.",
    )
    # Who prepares Smart Mails need not be able to read Odoo's list of models.
    mail_sync_for = fields.Selection(
        [("crm.lead", "Leads and Opportunities"), ("res.partner", "Contacts")],
        "For",
        compute="_compute_mail_sync_for",
        store=True,
        readonly=False,
    )
    mail_sync_tag_ids = fields.Many2many("mail.sync.smart.tag", string="Tags")

    @api.model_create_multi
    def create(self, vals_list):
        default = bool(self.env.context.get("default_mail_sync_smart"))
        vals_list = [
            {**vals, **DECIDED} if vals.get("mail_sync_smart", default) else vals
            for vals in map(self._mail_sync_with_model, vals_list)
        ]
        templates = super().create(vals_list)
        templates._mail_sync_check_preparer()
        return templates

    def write(self, vals):
        self._mail_sync_check_preparer()
        vals = self._mail_sync_with_model(vals)
        result = super().write(vals)
        self._mail_sync_check_preparer()
        if not vals.keys().isdisjoint(("mail_sync_smart", "model_id", *DECIDED)):
            for template in self.filtered("mail_sync_smart"):
                changed = {name: to for name, to in DECIDED.items() if bool(template[name]) != to}
                if changed:
                    super(MailTemplate, template).write(changed)
        return result

    def unlink(self):
        self._mail_sync_check_preparer()
        return super().unlink()

    @api.depends("model")
    def _compute_mail_sync_for(self):
        for template in self:
            template.mail_sync_for = template.model in standing.MODELS and template.model

    @api.onchange("mail_sync_for")
    def _onchange_mail_sync_for(self):
        """What can be inserted into the text depends on the model."""
        if self.mail_sync_for:
            self.model_id = self.env["ir.model"]._get_id(self.mail_sync_for)

    @api.model
    def _mail_sync_with_model(self, vals):
        """Return values with the model that a Smart Mail is for."""
        if chosen := vals.get("mail_sync_for"):
            return {**vals, "model_id": self.env["ir.model"]._get_id(chosen)}
        return vals

    @api.model
    def _mail_sync_may_prepare(self):
        """Whether the user prepares Smart Mails."""
        return self.env.su or any(map(self.env.user.has_group, PREPARERS))

    def _mail_sync_check_preparer(self):
        """Raise AccessError if one of these is a Smart Mail, and the user prepares none."""
        if any(self.mapped("mail_sync_smart")) and not self._mail_sync_may_prepare():
            raise AccessError(
                self.env._(
                    "Smart Mails are prepared by Marketing Managers, Company Managers and "
                    "administrators. Ask one of them, or use Personalize to change what you send."
                )
            )

    @api.constrains("mail_sync_smart", "model_id")
    def _check_mail_sync_smart(self):
        # sudo: which model it is for
        for template in self.sudo().filtered("mail_sync_smart"):
            if template.model not in standing.MODELS:
                raise ValidationError(
                    self.env._("A Smart Mail is for leads and opportunities, or for contacts.")
                )

    @api.model
    def _mail_sync_smart_for(self, model):
        """Return the Smart Mails that the user may send on records of a model."""
        return self.search(
            [
                ("mail_sync_smart", "=", True),
                ("model", "=", model),
                ("user_id", "in", (False, self.env.uid)),
            ],
            order="name, id",
        )
