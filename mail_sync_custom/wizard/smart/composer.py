"""*Personalize*: the composer with a Smart Mail, for one recipient after the other."""

from odoo import api, fields, models


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    #: Whose turn it is after this one.
    mail_sync_rest_ids = fields.Json(readonly=True)
    mail_sync_rest_template_id = fields.Many2one("mail.template", readonly=True)
    mail_sync_has_next = fields.Boolean(compute="_compute_mail_sync_has_next")
    mail_sync_number = fields.Integer(default=1, readonly=True)
    mail_sync_had = fields.Char("Already Written", readonly=True)

    @api.depends("mail_sync_rest_ids")
    def _compute_mail_sync_has_next(self):
        for composer in self:
            composer.mail_sync_has_next = bool(composer.mail_sync_rest_ids)

    @api.model
    def _mail_sync_personalize(self, model, ids, template, number=1):
        """Return the composer for the first of these records; the others follow."""
        records = self.env[model].browse(ids).exists()
        if not records:
            return {"type": "ir.actions.act_window_close"}
        record = records[0]
        had = record._mail_sync_had(template).get((template.id, record.id))
        composer = record._mail_sync_smart_composer(
            template,
            mail_sync_rest_ids=records[1:].ids,
            mail_sync_rest_template_id=template.id,
            mail_sync_number=number,
            mail_sync_had=had and had.told(self.env),
        )
        many = number > 1 or len(records) > 1
        place = self.env._("%(n)s of %(all)s", n=number, all=number + len(records) - 1)
        return {
            "name": self.env._("Personalize: %s", record._mail_sync_smart_name())
            + (f" ({place})" if many else ""),
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": composer.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_model": model, "default_res_ids": record.ids},
        }

    def action_send_mail(self):
        result = super().action_send_mail()
        return self._mail_sync_next() or result

    def action_schedule_message(self):
        result = super().action_schedule_message()
        return self._mail_sync_next() or result

    def action_mail_sync_skip(self):
        """Return the composer for the next recipient: this one gets no mail."""
        self.ensure_one()
        return self._mail_sync_next() or {"type": "ir.actions.act_window_close"}

    def _mail_sync_next(self):
        """Return the composer for the next recipient; nothing after the last one."""
        if len(self) != 1 or not self.mail_sync_rest_ids:
            return None
        # The one that was chosen at first, whatever became of it in this composer.
        template = self.mail_sync_rest_template_id
        return self._mail_sync_personalize(
            self.model, self.mail_sync_rest_ids, template, self.mail_sync_number + 1
        )

    # -- what leaves -------------------------------------------------------------------------------

    def _mail_sync_smart_template(self):
        """Return the Smart Mail that this is, edited or not; empty for other mails."""
        is_mail = self.composition_mode == "comment" and not self.subtype_is_log
        smart = self.template_id.filtered("mail_sync_smart")
        return smart if is_mail and self.model == smart.model else smart.browse()

    def _prepare_mail_values(self, res_ids):
        values = super()._prepare_mail_values(res_ids)
        if template := self._mail_sync_smart_template():
            for one in values.values():
                one["mail_sync_template_id"] = template.id
        return values

    def _prepare_schedule_message_post_values(self, post_values):
        template_id = post_values.get("mail_sync_template_id")
        if template_id:
            self.env["mail.sync.account"]._check_may_send_smart_mail()
        values = super()._prepare_schedule_message_post_values(post_values)
        return {**values, "mail_sync_template_id": template_id}
