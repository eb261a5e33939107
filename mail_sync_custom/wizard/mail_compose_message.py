"""Odoo's composer as a mail program's: From and how it leaves, To, Cc and Bcc."""

from odoo import api, fields, models
from odoo.exceptions import UserError

#: Odoo's own buttons → the prefix of the subject.
PREFIXES = {"reply_all": "Re:", "forward": "Fwd:"}


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    # It answers or forwards a mail: to the people named here, and to nobody else outside.
    mail_sync_exact = fields.Boolean()
    mail_sync_cc_ids = fields.Many2many(
        "res.partner", "mail_compose_message_mail_sync_cc_rel", string="Cc"
    )
    mail_sync_bcc_ids = fields.Many2many(
        "res.partner", "mail_compose_message_mail_sync_bcc_rel", string="Bcc"
    )
    mail_sync_remind_on = fields.Date(
        "Remind me on", help="You get an activity on this day, unless there is an answer before."
    )
    mail_sync_is_mail = fields.Boolean(compute="_compute_mail_sync_is_mail")
    mail_sync_route = fields.Char("From", compute="_compute_mail_sync_route")

    @api.model
    def default_get(self, fields):
        """*Reply All* and *Forward* of the chatter: one *Re:* or *Fwd:*, and no name of a deal."""
        values = super().default_get(fields)
        prefix = PREFIXES.get(values.get("composition_comment_option"))
        subject = values.get("subject")
        models = self.env["mail.thread"]._mail_sync_models()
        own = values.get("model") in models and self.env["mail.sync.account"]._of_author(
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
        models = self.env["mail.thread"]._mail_sync_models()
        for composer in self.filtered(lambda c: c.model in models):
            if composer.email_from == self.env.user.email_formatted:
                composer.email_from = account_sudo._formatted_email()

    @api.constrains("parent_id")
    def _check_parent_id(self):
        self.parent_id._mail_sync_check_answered()

    @api.depends("parent_id")
    def _compute_partner_ids(self):
        """Suggest nobody from a mail that the user cannot read."""
        self._check_parent_id()
        return super()._compute_partner_ids()

    @api.depends("model")
    def _compute_subject(self):
        """Suggest *Re:* and the subject of the answered mail, never the name of the deal.

        Nothing of a mail that the user cannot read.
        """
        self._check_parent_id()
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

    @api.depends("model", "composition_mode", "composition_batch", "subtype_is_log")
    def _compute_mail_sync_is_mail(self):
        models = self.env["mail.thread"]._mail_sync_models()
        for composer in self:
            composer.mail_sync_is_mail = (
                composer.model in models
                and composer.composition_mode == "comment"
                and not composer.composition_batch
                and not composer.subtype_is_log
            )

    @api.depends("email_from", "mail_sync_is_mail")
    def _compute_mail_sync_route(self):
        """Say from which address the mail leaves, and by which way."""
        account_sudo = self.env["mail.sync.account"]._of_author(self.env.user.partner_id.id)
        for composer in self:
            sender = composer.email_from or ""
            if not composer.mail_sync_is_mail:
                composer.mail_sync_route = False
            elif not account_sudo:
                composer.mail_sync_route = self.env._(
                    "%s, by the company's mail server, because you have no mailbox connected",
                    sender,
                )
            elif not account_sudo._can_send():
                composer.mail_sync_route = self.env._(
                    "%(sender)s. Your mailbox %(mailbox)s cannot send at the moment: the mail "
                    "waits, and goes by itself as soon as it can",
                    sender=sender,
                    mailbox=account_sudo.email,
                )
            elif account_sudo.email in sender:
                composer.mail_sync_route = self.env._("%s, from your own mailbox", sender)
            else:
                composer.mail_sync_route = self.env._(
                    "%(sender)s, from your own mailbox %(mailbox)s",
                    sender=sender,
                    mailbox=account_sudo.email,
                )

    def _mail_sync_own(self):
        """Return those in which a user with a mailbox writes a mail of their own."""
        if not self.env["mail.sync.account"]._of_author(self.env.user.partner_id.id):
            return self.browse()
        models = self.env["mail.thread"]._mail_sync_models()
        return self.filtered(lambda one: one.model in models and one.composition_mode == "comment")

    def _mail_sync_record(self):
        """Return the only record written on; empty if there are several."""
        ids = [] if self.composition_batch else self._evaluate_res_ids()
        return self.env[self.model].browse(ids if len(ids) == 1 else ())

    # -- what leaves -------------------------------------------------------------------------------

    def _mail_sync_is_exact(self):
        """Whether it goes to those named in To, Cc and Bcc, and to no other customer."""
        named = self.mail_sync_exact or self.mail_sync_cc_ids or self.mail_sync_bcc_ids
        return bool(named) and self.mail_sync_is_mail

    def _prepare_mail_values(self, res_ids):
        """Hand Cc and Bcc over to the message, which goes to all of them."""
        values = super()._prepare_mail_values(res_ids)
        if not self._mail_sync_is_exact():
            return values
        thread = self.env["mail.thread"]
        also_to, also_cc = self._mail_sync_new_people()
        to, cc = self.partner_ids | also_to, self.mail_sync_cc_ids | also_cc
        bcc = self.mail_sync_bcc_ids
        if not to | cc | bcc:
            raise UserError(self.env._("Enter at least one recipient."))
        for one in values.values():
            one.update(
                {
                    "partner_ids": (to | cc).ids,
                    "parent_id": self.parent_id.id or thread._mail_sync_answers_none,
                    "mail_sync_exact": True,
                    "mail_sync_cc_ids": (cc - to).ids,
                    "mail_sync_bcc_ids": (bcc - to - cc).ids,
                    "mail_sync_forwarded": self.composition_comment_option == "forward",
                    "notify_author_mention": True,
                }
            )
        return values

    def _prepare_schedule_message_post_values(self, post_values):
        """Keep until it is sent that it answers a private mail, and its reminder."""
        values = super()._prepare_schedule_message_post_values(post_values)
        if self._mail_sync_is_exact():
            # sudo: whoever answers a mail could read it
            values["mail_sync_private"] = self.parent_id.sudo().mail_sync_private
        if self.mail_sync_is_mail and self.model == "crm.lead":
            values["mail_sync_remind_on"] = self.mail_sync_remind_on
        return values

    def _action_send_mail_comment(self, res_ids):
        """Plan the reminder of what is sent to a lead."""
        messages = super()._action_send_mail_comment(res_ids)
        if self.mail_sync_remind_on and self.mail_sync_is_mail and self.model == "crm.lead":
            messages._mail_sync_sent_to_leads()._mail_sync_remind(self.mail_sync_remind_on)
        return messages
