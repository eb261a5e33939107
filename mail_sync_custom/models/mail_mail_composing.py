"""The content of a Smart Mail and what it answers, as written, without Odoo's layout."""

from lxml import html
from markupsafe import Markup
from odoo import models
from odoo.tools import html2plaintext, is_html_empty

from ..engine.mime import answering

#: Marks a mail that is recomposed before it leaves; no recipient sees this header.
OWN = "X-Mail-Sync-Own"
#: Attributes that only Odoo's editor knows.
_EDITOR = ("data-oe-", "data-o-", "data-last-history-steps", "t-")


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _prepare_outgoing_body(self):
        """A Smart Mail is the text and the signature: no button, no footer, no preview."""
        if not self._mail_sync_is_composed():
            return super()._prepare_outgoing_body()
        body = _presentable(self.mail_message_id._mail_sync_signed_body())
        return self.env["mail.render.mixin"]._replace_local_links(body)

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        results = super()._prepare_outgoing_list(
            mail_server=mail_server, doc_to_followers=doc_to_followers
        )
        if results and self._mail_sync_is_composed():
            ids, answered = self.mail_message_id._mail_sync_thread()
            kept = {
                name: value
                for name, value in results[0]["headers"].items()
                if not name.lower().startswith("x-odoo-")
            }
            answers = {"In-Reply-To": answered} if answered else {}
            for values in results:
                values["headers"] = {**kept, **answers, OWN: "yes"}
                values["references"] = answering.references(ids)
                values["object_id"] = ""
        return results

    def _mail_sync_is_composed(self):
        """Whether it leaves through its writer's mailbox, as their own mail."""
        concerned = self._mail_sync_concerned()
        return bool(concerned and concerned._mail_sync_is_smart() and self._mail_sync_account())


class MailMessage(models.Model):
    _inherit = "mail.message"

    def _mail_sync_signed_body(self):
        """Return the body, with the writer's signature unless it is in it already."""
        self.ensure_one()
        # sudo: a writer's signature is meant for whoever receives the mail
        signature = self.create_uid.sudo().signature
        body = self.body or Markup()
        if not self.email_add_signature or is_html_empty(signature):
            return body
        if _words(signature) in _words(body):
            return body
        return body + Markup("<div>-- <br>%s</div>") % signature

    def _mail_sync_thread(self):
        """Return what References and In-Reply-To name: the ids, the oldest first, and the answered
        mail's own, "" if it has none (RFC 5322 §3.6.4).

        They are those that the answered mail itself names, if it was read from a mailbox, else
        those of the mails above it here. Notes and notifications are left out: the customer does
        not know them.
        """
        ids, answered = [], ""
        # sudo: whoever answered a mail could read it
        above_sudo, seen = self.sudo().parent_id, self.browse()
        while above_sudo and above_sudo not in seen and above_sudo._mail_sync_is_mail():
            own = answering.thread(above_sudo._mail_sync_sent_id())
            answered = answered if seen else "".join(own)
            ids[:0] = own
            if before := above_sudo.mail_sync_entry_ids.references_header:
                return answering.thread("", (*before.split(), *ids)), answered
            seen |= above_sudo
            if len(seen) >= answering.MAX_REFERENCES:
                break
            above_sudo = above_sudo.parent_id
        return answering.thread("", ids), answered

    def _mail_sync_sent_id(self):
        """Return the id by which the recipients know a mail: its own, or their provider's."""
        if self.message_type == "email":
            return self.message_id
        bare = self.message_id.strip("<>")
        domain = [("message_id", "=", bare), ("alias", "!=", False)]
        return self.env["mail.sync.message"].search(domain, limit=1).alias or bare

    def _mail_sync_is_mail(self):
        """Whether it is a mail that somebody outside wrote or received."""
        if not self.message_id or self.message_type == "email":
            return bool(self.message_id)
        shared = any(self.partner_ids.mapped("partner_share")) or any(
            self.notified_partner_ids.mapped("partner_share")
        )
        shared = shared or self.mail_sync_exact
        return self.message_type == "comment" and not self.subtype_id.internal and shared


def _words(markup):
    return " ".join(html2plaintext(markup).split())


def _presentable(body):
    """Return HTML without what only Odoo understands: its editor's marks, links to records."""
    if is_html_empty(body):
        return ""
    root = html.fragment_fromstring(str(body), create_parent="div")
    for element in list(root.iter()):
        if not isinstance(element.tag, str):
            element.drop_tree()
            continue
        names = (element.get("class") or "").split()
        if element.tag == "a" and ("o_mail_redirect" in names or element.get("data-oe-model")):
            element.drop_tag()
            continue
        for name in list(element.attrib):
            if name.startswith(_EDITOR):
                del element.attrib[name]
        kept = [name for name in names if not name.startswith(("o_", "oe_", "o-"))]
        if kept != names:
            element.attrib.pop("class")
            if kept:
                element.set("class", " ".join(kept))
    whole = html.tostring(root, encoding="unicode")
    return whole[whole.index(">") + 1 : whole.rindex("</div>")]
