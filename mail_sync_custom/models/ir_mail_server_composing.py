"""The last step before a Smart Mail leaves: compose it as a mail program would."""

import base64
import binascii
import re
import secrets
from datetime import datetime

import pytz
from odoo import models

from ..engine.markup.text import text
from ..engine.mime import compose
from .mail_mail_composing import OWN

#: Headers of Odoo's message that the composed one sets itself, or that only Odoo needs.
_LEFT_OUT = frozenset(
    "date mime-version content-type content-transfer-encoding content-disposition references "
    "in-reply-to x-msg-to-add".split()
) | {OWN.lower()}
_STORED = re.compile(
    r"""(<img\b[^>]*?\bsrc=")([^":]*|https?://[^"]*?)/web/(?:image|content)/(\d+)\b([^"]*)(")"""
)
_DATA = re.compile(r'(<img\b[^>]*?\bsrc=")data:(image/[\w.+-]+);base64,([^"]+)(")')
_TOKEN = re.compile(r"access_token=([\w-]+)")


class IrMailServer(models.Model):
    _inherit = "ir.mail_server"

    def _get_max_email_size(self):
        """Files leave as files: the mailbox's server states its limit itself (RFC 1870)."""
        if self.owner_user_id and self.env["mail.sync.account"]._of_server(self.id):
            return float("inf")
        return super()._get_max_email_size()

    def _mail_sync_composed(self, account_sudo, message):
        """Return Odoo's message as the owner's own mail; any other message unchanged."""
        if not message[OWN]:
            return message
        # In the writer's environment, so that only files that they may read are included.
        writer = account_sudo.user_id
        source = message.get_body(("html",)).get_content().strip("\n")
        markup, pictures = self.with_user(writer)._mail_sync_pictures(source, account_sudo)
        return compose.compose(
            compose.Draft(
                headers=self._mail_sync_headers(message),
                text=text(source),
                html=markup,
                date=datetime.now(pytz.timezone(writer.tz or "UTC")),
                language=(writer.lang or "").split("@")[0].replace("_", "-"),
                pictures=pictures,
                files=tuple(message.iter_attachments()),
            )
        )

    def _mail_sync_headers(self, message):
        headers = [
            (name, str(value))
            for name, value in message.items()
            if name.lower() not in _LEFT_OUT and str(value).strip()
        ]
        # One after the other, with the ids unchanged: Python would break a long one.
        for name in ("In-Reply-To", "References"):
            if ids := str(message[name] or "").split():
                headers.append((name, " ".join(ids)))
        if not any(str(message[name] or "").strip() for name in ("To", "Cc", "X-Msg-To-Add")):
            headers.append(("To", "undisclosed-recipients:;"))  # all are in Bcc
        if missing := _missing(message):
            headers.append(("X-Msg-To-Add", missing))
        return tuple(headers)

    def _mail_sync_pictures(self, markup, account_sudo):
        """Return HTML that refers to pictures in the mail, and those that the user may see.

        A picture stored elsewhere stays where it is.
        """
        pictures = {}
        domain = account_sudo._mail_domain()

        def inside(key, content, media_type, name):
            if key not in pictures:
                content_id = f"{secrets.token_hex(8)}@{domain}"
                pictures[key] = compose.Picture(content_id, content, media_type, name)
            return f"cid:{pictures[key].content_id}"

        def stored(found):
            before, base, number, rest, after = found.groups()
            own = not base or base.rstrip("/") == self.get_base_url().rstrip("/")
            attachment = own and self._mail_sync_picture(int(number), rest)
            if not attachment:
                return found[0]
            values = (attachment.raw, attachment.mimetype, attachment.name)
            return before + inside(attachment.id, *values) + after

        def data(found):
            before, media_type, encoded, after = found.groups()
            try:
                content = base64.b64decode(encoded, validate=True)
            except binascii.Error:
                return found[0]
            name = f"image.{media_type.partition('/')[2].partition('+')[0]}"
            return before + inside(encoded, content, media_type, name) + after

        markup = _DATA.sub(data, _STORED.sub(stored, markup))
        return markup, tuple(pictures.values())

    def _mail_sync_picture(self, number, rest):
        """Return the attachment, as superuser, if it is a picture that the user may see."""
        attachment = self.env["ir.attachment"].browse(number).exists()
        # sudo: whether the user, or a holder of the token, may see it is checked below
        attachment_sudo = attachment.sudo()
        token = _TOKEN.search(rest)
        allowed = attachment and (
            (token and attachment_sudo.access_token == token[1]) or attachment.has_access("read")
        )
        is_picture = (attachment_sudo.mimetype or "").startswith("image/") and attachment_sudo.raw
        return attachment_sudo if allowed and is_picture else attachment_sudo.browse()


def _missing(message):
    """Return the other recipients that To does not contain yet, as a header's value."""
    named = {address.addr_spec.lower() for address in _addresses(message["To"])}

    extra = _addresses(message["X-Msg-To-Add"])
    return ", ".join(str(one) for one in extra if one.addr_spec.lower() not in named)


def _addresses(header):
    # Parsed again: a header that was set from a list of texts takes each for an address.
    return compose.addresses(str(header)) if header is not None else ()
