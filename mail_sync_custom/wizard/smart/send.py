from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from .choice import named


class MailSyncSmartMailSend(models.TransientModel):
    """Asks before a Smart Mail is sent as it is: to whom, and when."""

    _name = "mail.sync.smart.mail.send"
    _description = "Quick Send of a Smart Mail"

    res_model = fields.Char(readonly=True)
    res_ids = fields.Json(readonly=True)
    template_id = fields.Many2one(
        "mail.template", "Smart Mail", readonly=True, ondelete="cascade", required=True
    )
    again = fields.Boolean(
        "Send It Again", help="Also to those who already have it, or for whom it is scheduled."
    )
    scheduled_at = fields.Datetime(
        "Send Later", help="Empty: now. You can change or cancel it on each record until then."
    )
    headline = fields.Char(compute="_compute_people")
    recipients = fields.Text("To", compute="_compute_people")
    have_it = fields.Text("Already Sent or Scheduled", compute="_compute_people")
    left_out = fields.Text("Not Sent To", compute="_compute_people")
    count = fields.Integer(compute="_compute_people")
    in_turn = fields.Boolean(compute="_compute_people")
    route = fields.Char("From", compute="_compute_route")
    subject = fields.Char(compute="_compute_preview")
    body = fields.Html(compute="_compute_preview", sanitize=False)
    preview_of = fields.Char("Preview", compute="_compute_preview")

    def _records(self):
        return self.env["mail.sync.timeline"]._mail_sync_selected(self.res_model, self.res_ids)

    def _people(self):
        """Return who gets it, who already has it and why not again, and who is left out."""
        people, left = self._records()._mail_sync_smart_people()
        everybody = self._records().browse([one.record.id for one in people])
        had = everybody._mail_sync_had(self.template_id)
        have = {
            one: mark
            for one in people
            if (mark := had.get((self.template_id.id, one.record.id))) and mark.got
        }
        return [one for one in people if self.again or one not in have], have, left

    @api.depends("again", "res_ids", "template_id")
    def _compute_people(self):
        for wizard in self:
            to, have, left = wizard._people()
            wizard.count = len(to)
            wizard.in_turn = self.env["mail.sync.timeline"]._mail_sync_smart_in_turn(len(to))
            wizard.headline = wizard._headline(to, have)
            wizard.recipients = named(self.env, [f"{one.name} <{one.email}>" for one in to])
            wizard.have_it = named(
                self.env, [f"{one.name}: {mark.words}" for one, mark in have.items()]
            )
            wizard.left_out = named(
                self.env, [f"{one.record.display_name} {one.why}" for one in left]
            )

    def _headline(self, to, have):
        name = self.template_id.name
        if not to and have:
            return self._headline_had(have)
        if not to:
            return self.env._("Nobody gets “%s”.", name)
        if len(to) == 1:
            return self.env._("Send “%(mail)s” to %(person)s?", mail=name, person=to[0].name)
        return self.env._(
            "Send “%(mail)s” to %(count)s people, one mail each?", mail=name, count=len(to)
        )

    def _headline_had(self, have):
        """Return why nobody is left to get it."""
        name = self.template_id.name
        if any(mark.state != "sent" for mark in have.values()):
            return self.env._("“%s” has already been sent to everybody, or will be.", name)
        if len(have) == 1:
            [one] = have
            return self.env._("%(person)s already has “%(mail)s”.", person=one.name, mail=name)
        return self.env._("Everybody already has “%s”.", name)

    @api.depends_context("uid", "lang")
    def _compute_route(self):
        account_sudo = self.env["mail.sync.account"]._of_writer()
        for wizard in self:
            if not account_sudo:
                wizard.route = self.env["mail.sync.account"]._no_mailbox_words()
            elif account_sudo._can_send():
                wizard.route = f"{account_sudo.email} ({account_sudo.sent_words})"
            else:
                wizard.route = self.env._(
                    "%s cannot send at the moment: the mails wait, and go by themselves as soon as "
                    "it can",
                    account_sudo.email,
                )

    @api.depends("again", "template_id")
    def _compute_preview(self):
        for wizard in self:
            to, have, _left = wizard._people()
            first = next(iter([*to, *have]), None)
            if not first:
                wizard.subject = wizard.body = wizard.preview_of = False
                continue
            ids = first.record.ids
            written = wizard.template_id._generate_template(ids, {"subject", "body_html"})[ids[0]]
            wizard.subject = written["subject"]
            wizard.body = written["body_html"]
            wizard.preview_of = first.name

    def action_send(self):
        """Send it, or schedule it; return what says so."""
        self.ensure_one()
        self.env["mail.sync.account"]._check_may_send_smart_mail()
        to, _have, _left = self._people()
        if not to:
            raise UserError(self.env._("Nobody gets it: choose at least one recipient."))
        if self.scheduled_at and self.scheduled_at <= fields.Datetime.now():
            raise UserError(self.env._("Choose a time that is still to come."))
        records = self._records().browse([one.record.id for one in to])
        records._mail_sync_smart_send(self.template_id, self.scheduled_at)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self._said(to),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _said(self, to):
        whom = to[0].name if len(to) == 1 else self.env._("%s people", len(to))
        values = {"mail": self.template_id.name, "whom": whom}
        if self.scheduled_at:
            values["time"] = format_datetime(self.env, self.scheduled_at, dt_format="short")
            return self.env._("“%(mail)s” is scheduled for %(whom)s: %(time)s.", **values)
        if self.env["mail.sync.timeline"]._mail_sync_smart_in_turn(len(to)):
            return self.env._(
                "“%(mail)s” is scheduled for %(whom)s, and leaves in the next minutes.", **values
            )
        if not self.env["mail.sync.account"]._of_writer()._can_send():
            return self.env._("“%(mail)s” to %(whom)s waits for your mailbox.", **values)
        return self.env._("“%(mail)s” is on its way to %(whom)s.", **values)
