"""*Reply*, *Reply all* and *Forward*: from a mail to the composer with the answer in it."""

import re

import pytz
from markupsafe import Markup
from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date, format_time, formataddr, is_html_empty
from odoo.tools.mail import email_split_tuples

from ..bridge import standing
from ..engine.addresses import STRICT, key, keys
from ..engine.mime import answering
from ..engine.people import Owner
from ..engine.values import Address

#: Each button, and the prefix of the subject.
KINDS = {"reply": "Re:", "reply_all": "Re:", "forward": "Fwd:"}
#: A picture in a text, by the number of its attachment.
_SHOWN = re.compile(r"/web/image/(\d+)")


class MailMessage(models.Model):
    _inherit = "mail.message"

    # Where a mail goes that was written here with a Cc or Bcc, or answers another one: to these,
    # to its other recipients, and to nobody else outside the company.
    mail_sync_exact = fields.Boolean("Only to Its Recipients", readonly=True)
    # It names the mail above it as an answer does, and answers nobody.
    mail_sync_forwarded = fields.Boolean("Forwards Another Mail", readonly=True)
    mail_sync_cc_ids = fields.Many2many(
        "res.partner",
        "mail_message_mail_sync_cc_rel",
        string="Cc",
        readonly=True,
        groups="base.group_user",
    )
    mail_sync_bcc_ids = fields.Many2many(
        "res.partner",
        "mail_message_mail_sync_bcc_rel",
        string="Bcc",
        readonly=True,
        groups="base.group_user",
    )

    # -- the composer with the answer --------------------------------------------------------------

    def action_mail_sync_answer(self, kind="reply"):
        """Return the action that opens the composer with an answer to a mail, or with a copy of it.

        ``kind``: ``reply``, ``reply_all`` or ``forward``. False if it is not a mail, but a post to
        colleagues. Raises AccessError for whoever cannot read the mail, and for portal users.
        """
        self.ensure_one()
        self = self.with_context(lang=self.env.user.lang)
        if not self.env.user._is_internal():
            raise AccessError(self.env._("This is for colleagues only."))
        self.check_access("read")
        if kind not in KINDS or self.model not in standing.models(self.env) or not self.res_id:
            raise UserError(self.env._("This cannot be answered."))
        # sudo: whoever can read a message may know whether it is a mail
        if not self.sudo()._mail_sync_is_mail():
            return False
        titles = {
            "reply": self.env._("Reply"),
            "reply_all": self.env._("Reply all"),
            "forward": self.env._("Forward"),
        }
        return {
            "type": "ir.actions.act_window",
            "name": titles[kind],
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                f"default_{name}": value for name, value in self._mail_sync_answer(kind).items()
            },
        }

    def _mail_sync_answer(self, kind):
        """Return the composer's values for an answer."""
        record = self.env[self.model].browse(self.res_id)
        to, cc = (), ()
        if kind != "forward":
            found = answering.recipients(
                self._mail_sync_received(), self._mail_sync_owns(), everyone=kind == "reply_all"
            )
            to, cc = found.to, found.cc
        partners, to_emails = self._mail_sync_known(record, to)
        cc_partners, cc_emails = self._mail_sync_known(record, cc)
        return {
            "model": self.model,
            "res_ids": [self.res_id],
            "parent_id": self.id,
            "composition_mode": "comment",
            "mail_sync_exact": True,
            "partner_ids": partners.ids,
            "mail_sync_cc_ids": (cc_partners - partners).ids,
            "mail_sync_to_emails": to_emails,
            "mail_sync_cc_emails": cc_emails,
            "subject": answering.subject(self.subject or "", KINDS[kind]),
            "body": self._mail_sync_answer_body(kind),
            "email_add_signature": False,  # it stands above the quoted text
            "attachment_ids": self._mail_sync_forwarded_files() if kind == "forward" else [],
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment"),
            **({"composition_comment_option": "forward"} if kind == "forward" else {}),
        }

    # -- whom it goes to --------------------------------------------------------------------------

    def _mail_sync_received(self):
        """Return what of this mail decides where an answer goes."""
        # sudo: whoever can read a mail may know its correspondents
        message_sudo = self.sudo()
        entry_sudo = message_sudo.mail_sync_entry_ids[:1]
        written = message_sudo.message_type != "email"
        to, cc = message_sudo._mail_sync_written_to() if written else (None, None)
        return answering.Received(
            sender=next(iter(_people(self.email_from)), Address("", "")),
            # What was written here is answered at the mailbox, not at the company's catchall.
            reply_to=() if written else _people(self.reply_to),
            to=to if written else _people(self.incoming_email_to),
            cc=cc if written else _people(self.incoming_email_cc),
            followup_to=_people(entry_sudo.followup_to_header),
            list_post=_people(entry_sudo.list_post_header),
            is_own=message_sudo._mail_sync_went_out(),
            is_automatic=message_sudo._mail_sync_is_automatic(),
        )

    def _mail_sync_written_to(self):
        """Return To and Cc of a mail that was written here."""
        if self.mail_sync_exact:
            to, cc = self.partner_ids - self.mail_sync_cc_ids, self.mail_sync_cc_ids
        else:
            people = self.partner_ids | self.notified_partner_ids
            to, cc = people.filtered("partner_share"), self.env["res.partner"]
        addresses = (*_of_partners(to), *_people(self.outgoing_email_to))
        return addresses, _of_partners(cc)

    def _mail_sync_went_out(self):
        """Whether somebody of the company sent it: an answer goes to those that it went to."""
        if self.mail_sync_entry_ids:
            return self.mail_sync_direction == "out"
        return bool(self.author_id) and not self.author_id.partner_share

    def _mail_sync_is_automatic(self):
        """Whether a program wrote it: an answer goes to nobody by itself."""
        sender = next(iter(_people(self.email_from)), Address("", ""))
        if self.mail_sync_entry_ids.automatic:
            return True
        return not sender.email or sender.email.startswith("mailer-daemon@")

    def _mail_sync_owns(self):
        """Return the function that says whether an address, a key, is the user's own."""
        user = self.env.user
        account_sudo = self.env["mail.sync.account"]._of_writer()
        emails = {key(user.email or ""), *(account_sudo._own_emails() if account_sudo else ())}
        rules = account_sudo._address_rules() if account_sudo else STRICT
        return Owner(frozenset(emails - {""}), rules=rules).owns

    def _mail_sync_known(self, record, people):
        """Return the contacts of these addresses, and as text those that have none yet."""
        # sudo: as said of the mail's correspondents
        author = self.sudo().author_id.sudo(False)
        authors_key = key(author.email or "") if author else ""
        others = {key(one.email): one for one in people if key(one.email) != authors_key}
        partners = author if len(others) < len(people) else author.browse()
        if others:
            lines = [formataddr((one.name, one.email)) for one in others.values()]
            partners |= record._partner_find_from_emails_single(lines, no_create=True)
        known = {email for one in partners for email in keys(one.email or "")}
        left = [one for email, one in others.items() if email not in known]
        return partners, ", ".join(formataddr((one.name, one.email)) for one in left)

    # -- what it says -----------------------------------------------------------------------------

    def _mail_sync_answer_body(self, kind):
        """Return an empty line, the signature, and below it what is answered."""
        # sudo: a writer's signature is meant for whoever receives the mail
        signature = self.env.user.sudo().signature
        signed = Markup()
        if not is_html_empty(signature):
            signed = Markup("<div>-- <br>%s</div><div><br></div>") % signature
        whole = answering.forwarded if kind == "forward" else answering.quoted
        below = whole(*self._mail_sync_heading(kind), str(self.body or ""))
        return Markup('<div><br></div>%s<div data-o-mail-quote="1">%s</div>') % (
            signed,
            Markup(below),  # noqa: S704 - the body is safe, and the rest is escaped
        )

    def _mail_sync_heading(self, kind):
        """Return what stands above the quoted text, in the user's language and time zone."""
        received = self._mail_sync_received()
        sender = received.sender
        moment = self._mail_sync_moment()
        if kind != "forward":
            # sudo: whoever can read a mail may know who wrote it
            name = sender.name or self.sudo().author_id.name or sender.email
            return (self.env._("On %(date)s, %(name)s wrote:", date=moment, name=name),)
        lines = (
            (self.env._("Subject"), self.subject or ""),
            (self.env._("Date"), moment),
            (self.env._("From"), _line([sender])),
            (self.env._("To"), _line(received.to)),
            (self.env._("Cc"), _line(received.cc)),
        )
        return self.env._("Forwarded message"), lines

    def _mail_sync_moment(self):
        """Return when it was written, in the user's language and time zone."""
        user = self.env.user
        zone = pytz.timezone(user.tz or "UTC")
        day = pytz.utc.localize(self.date).astimezone(zone).date()
        return ", ".join(
            (
                format_date(self.env, day, lang_code=user.lang, date_format="long"),
                format_time(
                    self.env, self.date, tz=zone.zone, time_format="short", lang_code=user.lang
                ),
            )
        )

    def _mail_sync_forwarded_files(self):
        """Return copies of the files, without the pictures that are in the text."""
        shown = {int(number) for number in _SHOWN.findall(str(self.body or ""))}
        files = self.attachment_ids.filtered(lambda file: file.id not in shown)
        return files.copy({"res_model": "mail.compose.message", "res_id": 0}).ids


def _people(text):
    return tuple(
        Address(name, key(email) or email) for name, email in email_split_tuples(text or "")
    )


def _of_partners(partners):
    return tuple(
        Address(one.name or "", email) for one in partners for email in [key(one.email or "")]
    )


def _line(people):
    return ", ".join(f"{one.name} <{one.email}>" if one.name else one.email for one in people)
