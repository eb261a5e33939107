import re
from collections import Counter

from odoo import api, fields, models

_PLACEHOLDER = re.compile(r"\{\{.*?\}\}")
#: So many people are named one by one.
NAMED = 20


class MailSyncSmartMail(models.TransientModel):
    """Which Smart Mail to send to whoever was selected."""

    _name = "mail.sync.smart.mail"
    _description = "Send a Smart Mail"

    res_model = fields.Char(readonly=True)
    res_ids = fields.Json(readonly=True)
    recipients = fields.Text("To", compute="_compute_recipients")
    left_out = fields.Text("Not Sent To", compute="_compute_recipients")
    has_recipients = fields.Boolean(compute="_compute_recipients")
    words = fields.Char("Search")
    tag_id = fields.Many2one("mail.sync.smart.tag")
    line_ids = fields.One2many("mail.sync.smart.mail.line", "smart_mail_id", readonly=True)
    shown_ids = fields.Many2many("mail.sync.smart.mail.line", compute="_compute_shown_ids")
    no_mailbox = fields.Text(compute="_compute_no_mailbox")
    may_prepare = fields.Boolean(compute="_compute_no_mailbox")

    @api.model
    def _open(self, records):
        """Return the dialog for these records, with a line for each Smart Mail."""
        templates = self.env["mail.template"]._mail_sync_smart_for(records._name)
        people, _left = records._mail_sync_smart_people()
        to = records.browse([person.record.id for person in people])
        had = to._mail_sync_had(templates)
        wizard = self.create({"res_model": records._name, "res_ids": records.ids})
        self.env["mail.sync.smart.mail.line"].create(
            [
                {
                    "smart_mail_id": wizard.id,
                    "template_id": template.id,
                    **_marks(self.env, [had.get((template.id, one.id)) for one in to]),
                }
                for template in templates
            ]
        )
        return {
            "name": self.env._("Smart Mail"),
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    @api.depends("res_model", "res_ids")
    def _compute_recipients(self):
        for wizard in self:
            people, left = wizard._records()._mail_sync_smart_people()
            wizard.has_recipients = bool(people)
            wizard.recipients = named(self.env, [f"{one.name} <{one.email}>" for one in people])
            wizard.left_out = named(
                self.env, [f"{one.record.display_name} {one.why}" for one in left]
            )

    @api.depends("words", "tag_id", "line_ids")
    def _compute_shown_ids(self):
        for wizard in self:
            words = (wizard.words or "").casefold().split()
            wizard.shown_ids = wizard.line_ids.filtered(
                lambda line, words=words, tag=wizard.tag_id: (
                    (not tag or tag in line.tag_ids)
                    and all(word in f"{line.name} {line.subject}".casefold() for word in words)
                )
            )

    @api.depends_context("uid")
    def _compute_no_mailbox(self):
        accounts = self.env["mail.sync.account"]
        self.no_mailbox = not accounts._of_writer() and accounts._no_mailbox_words()
        self.may_prepare = self.env["mail.template"]._mail_sync_may_prepare()

    def _records(self):
        """Return the records that were selected, as far as they are still there."""
        return self.env["mail.sync.timeline"]._mail_sync_selected(self.res_model, self.res_ids)

    def action_connect(self):
        """Open the Mail Sync page."""
        return self.env["mail.sync.account"].action_open_mine()


class MailSyncSmartMailLine(models.TransientModel):
    """One Smart Mail to choose, and who of the recipients already has it."""

    _name = "mail.sync.smart.mail.line"
    _description = "Smart Mail to Choose"

    smart_mail_id = fields.Many2one(
        "mail.sync.smart.mail", required=True, readonly=True, ondelete="cascade"
    )
    template_id = fields.Many2one("mail.template", required=True, readonly=True, ondelete="cascade")
    name = fields.Char(related="template_id.name", string="Smart Mail")
    subject = fields.Char(compute="_compute_subject")
    tag_ids = fields.Many2many(related="template_id.mail_sync_tag_ids")
    mark = fields.Char("Already Sent", readonly=True)
    had = fields.Boolean(readonly=True)

    @api.depends("template_id")
    def _compute_subject(self):
        """Show what differs from one recipient to the next as three dots."""
        for line in self:
            line.subject = _PLACEHOLDER.sub("…", line.template_id.subject or "")

    def action_quick_send(self):
        """Ask before the Smart Mail is sent as it is."""
        self.ensure_one()
        self.env["mail.sync.account"]._check_may_send_smart_mail()
        wizard = self.env["mail.sync.smart.mail.send"].create(
            {
                "res_model": self.smart_mail_id.res_model,
                "res_ids": self.smart_mail_id.res_ids,
                "template_id": self.template_id.id,
            }
        )
        return {
            "name": self.env._("Quick Send"),
            "type": "ir.actions.act_window",
            "res_model": wizard._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_personalize(self):
        """Open the composer with the Smart Mail, for one recipient after the other."""
        self.ensure_one()
        self.env["mail.sync.account"]._check_may_send_smart_mail()
        people, _left = self.smart_mail_id._records()._mail_sync_smart_people()
        return self.env["mail.compose.message"]._mail_sync_personalize(
            self.smart_mail_id.res_model, [one.record.id for one in people], self.template_id
        )


def named(env, lines):
    """Return people one by one, and how many there are besides."""
    shown = lines[:NAMED]
    if more := len(lines) - len(shown):
        shown.append(env._("and %s more", more))
    return "\n".join(shown)


def _marks(env, had):
    """Return what a line says of recipients to whom the Smart Mail was already written."""
    known = [one for one in had if one]
    mark = known[0].words if known and len(had) == 1 else _count(env, known, len(had))
    return {"mark": mark, "had": any(one.got for one in known)}


def _count(env, known, everybody):
    """Return how many of the recipients have what of the Smart Mail."""
    counts = Counter(one.state for one in known)

    def of(state):
        return {"some": counts[state], "all": everybody}

    words = {
        "sent": env._("sent to %(some)s of %(all)s", **of("sent")),
        "unsure": env._("perhaps sent to %(some)s of %(all)s", **of("unsure")),
        "waiting": env._("waiting for %(some)s of %(all)s", **of("waiting")),
        "scheduled": env._("scheduled for %(some)s of %(all)s", **of("scheduled")),
        "failed": env._("not delivered to %(some)s of %(all)s", **of("failed")),
    }
    said = ", ".join(text for state, text in words.items() if counts[state])
    return said[:1].upper() + said[1:]
