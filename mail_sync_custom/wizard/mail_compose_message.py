from odoo import api, models

MODELS = ("crm.lead", "res.partner")
#: Odoo's own buttons → the prefix of the subject.
PREFIXES = {"reply_all": "Re:", "forward": "Fwd:"}


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    @api.model
    def default_get(self, fields):
        """*Reply All* and *Forward* of the chatter: one *Re:* or *Fwd:*, and no name of a deal."""
        values = super().default_get(fields)
        prefix = PREFIXES.get(values.get("composition_comment_option"))
        subject = values.get("subject")
        own = values.get("model") in MODELS and self.env["mail.sync.account"]._of_author(
            self.env.user.partner_id.id
        )
        if prefix and subject and own:
            values["subject"] = self.env["mail.message"]._mail_sync_answered_subject(
                subject, prefix
            )
        return values

    @api.depends("model")
    def _compute_authorship(self):
        """Show the mailbox's address instead of the user's own as the sender."""
        super()._compute_authorship()
        account_sudo = self.env["mail.sync.account"]._of_author(self.env.user.partner_id.id)
        if not account_sudo:
            return
        for composer in self.filtered(lambda c: c.model in MODELS):
            if composer.email_from == self.env.user.email_formatted:
                composer.email_from = account_sudo._formatted_email()

    @api.depends("model")
    def _compute_subject(self):
        """Suggest *Re:* and the subject of the answered mail, never the name of the deal."""
        result = super()._compute_subject()
        for composer in self._mail_sync_own():
            if composer.template_id and composer.subject:
                continue
            if composer.parent_id.subject:
                composer.subject = self.env["mail.message"]._mail_sync_answered_subject(
                    composer.parent_id.subject
                )
            elif composer.subject == composer._mail_sync_record().display_name:
                composer.subject = False
        return result

    @api.depends("model")
    def _compute_email_add_signature(self):
        """Sign a mail from a template as well: a person sends it all the same."""
        result = super()._compute_email_add_signature()
        self._mail_sync_own().email_add_signature = True
        return result

    def _mail_sync_own(self):
        """Return those in which a user with a mailbox writes a mail of their own."""
        if not self.env["mail.sync.account"]._of_author(self.env.user.partner_id.id):
            return self.browse()
        return self.filtered(
            lambda one: (
                one.model in ("crm.lead", "res.partner") and one.composition_mode == "comment"
            )
        )

    def _mail_sync_record(self):
        """Return the only record written on; empty if there are several."""
        ids = [] if self.composition_batch else self._evaluate_res_ids()
        return self.env[self.model].browse(ids if len(ids) == 1 else ())
