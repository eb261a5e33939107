"""Which Smart Mail a mail was, and who already has which."""

from typing import NamedTuple

from odoo import fields, models
from odoo.tools import format_date

from ...engine.addresses import keys

#: What became of a mail → what its recipient has of it, unless it was simply sent.
_STATES = {"refused": "failed", "returned": "failed", "waiting": "waiting", "unknown": "unsure"}


class Had(NamedTuple):
    """What a recipient has of a Smart Mail: ``words`` say when it was sent, and by whom.

    ``state`` is one of ``sent``, ``unsure``, ``waiting``, ``scheduled`` and ``failed``.
    """

    state: str
    words: str

    @property
    def got(self):
        """Whether another one would be a second one; not after one that did not arrive."""
        return self.state != "failed"

    def told(self, env):
        """Return what to tell whoever is about to write it once more."""
        first = {
            "sent": env._("This person already has this Smart Mail."),
            "unsure": env._("This Smart Mail may have been sent to this person already."),
            "waiting": env._("This Smart Mail is already waiting to be sent to this person."),
            "scheduled": env._("This Smart Mail is already scheduled for this person."),
            "failed": env._("This Smart Mail did not reach this person."),
        }
        return f"{first[self.state]} {self.words}."


class MailMessage(models.Model):
    _inherit = "mail.message"

    mail_sync_template_id = fields.Many2one(
        "mail.template", "Sent Smart Mail", index="btree_not_null", ondelete="set null", copy=False
    )

    def _mail_sync_had(self):
        """Return what the recipient of a Smart Mail has of it."""
        self.ensure_one()
        day = _day(self.env, self.date)
        # sudo: whoever can read a mail may know the name of its author
        name = self.sudo().author_id.name or self.email_from
        state = _STATES.get(self.mail_sync_delivery, "sent")
        words = {
            "sent": self.env._("Sent on %(day)s by %(name)s", day=day, name=name),
            "unsure": self.env._("Perhaps sent on %(day)s by %(name)s", day=day, name=name),
            "waiting": self.env._("Waiting since %(day)s, from %(name)s", day=day, name=name),
            "failed": self.env._("Not delivered on %(day)s (%(name)s)", day=day, name=name),
        }
        return Had(state, words[state])


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _get_message_create_valid_field_names(self):
        return super()._get_message_create_valid_field_names() | {"mail_sync_template_id"}

    def message_post(self, **kwargs):
        """A Smart Mail leaves from its writer's mailbox, and is not written without one."""
        if kwargs.get("mail_sync_template_id"):
            self.env["mail.sync.account"]._check_may_send_smart_mail()
        return super().message_post(**kwargs)


class MailSyncTimeline(models.AbstractModel):
    _inherit = "mail.sync.timeline"

    def _mail_sync_had(self, templates):
        """Return ``{(template id, record id): Had}`` for what is known of these recipients.

        Another record of the same person counts, as far as the user can read the mail there: a
        private mail, or one on a lead that is not theirs, is not mentioned.
        """
        found = {}
        addresses = {record.id: {*keys(record._mail_sync_smart_email())} for record in self}
        emails = sorted({address for each in addresses.values() for address in each})
        sent = self.env["mail.message"].search(
            [
                ("mail_sync_template_id", "in", templates.ids),
                "|",
                ("partner_ids.email_normalized", "in", emails),
                *("&", ("model", "=", self._name), ("res_id", "in", self.ids)),
            ],
            order="date, id",
        )
        for message in sent:
            # sudo: whoever can read a mail may know its recipients
            to = {one for each in message.sudo().partner_ids for one in keys(each.email or "")}
            here = message.res_id if message.model == self._name else None
            for record in self:
                if record.id == here or addresses[record.id] & to:
                    found[message.mail_sync_template_id.id, record.id] = message
        return {
            **{key: message._mail_sync_had() for key, message in found.items()},
            **self._mail_sync_planned(templates),
        }

    def _mail_sync_planned(self, templates):
        """Return, in the same form, which Smart Mails are scheduled on these records."""
        planned = self.env["mail.scheduled.message"].search(
            [
                ("mail_sync_template_id", "in", templates.ids),
                ("model", "=", self._name),
                ("res_id", "in", self.ids),
            ]
        )
        return {
            (one.mail_sync_template_id.id, one.res_id): Had(
                "scheduled",
                self.env._(
                    "Scheduled for %(day)s by %(name)s",
                    day=_day(self.env, one.scheduled_date),
                    # sudo: whoever can read what is scheduled may know the name of its author
                    name=one.sudo().author_id.name,
                ),
            )
            for one in planned
        }


def _day(env, moment):
    """Return a day as people write it, with its year unless it is this one."""
    local = fields.Datetime.context_timestamp(env.user, moment)
    today = fields.Datetime.context_timestamp(env.user, fields.Datetime.now())
    return format_date(env, local, date_format="d MMM" if local.year == today.year else "d MMM y")
