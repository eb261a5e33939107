"""Message bytes → values. Never raises because of a mail's content, however broken it is.

Three levels, each more expensive than the one before and used less often:

* :func:`glance` runs on every header block of a mailbox: which addresses and which thread could
  this be about? Finding too many is fine; missing one loses a mail.
* :func:`envelope` is the exact parse of the header fields that decisions are made from.
* :func:`email` reads a whole message: text, files, and what had to be left out.

The standard library's parser is not used. It works on ``str``, so that a file of 20 MB takes ten
times its size; it has no limits, so that 30 KB of semicolons or 100,000 parts delay everybody's
mail; and its reading of addresses changed between patch releases of Python (CVE-2023-27043).
Here everything works on the original bytes, by offsets, in linear time. There are no limits other
than those below; a message beyond them is set aside with MessageUnreadable, code
``message_bomb``, which is the only exception that leaves this file.
"""

from __future__ import annotations

from ..values import Attachment, Email, Omitted
from .envelope import answered_at, envelope, needs_charset
from .fields import with_line_feeds
from .limits import MAIL_TOO_LARGE, TEXT_CUT, TOO_LARGE, TOO_MANY, UNVERIFIED
from .render import Renderer
from .rendered import joined
from .tree import Tree


def email(
    raw: bytes,
    *,
    truncated: bool = False,
    max_attachment: int | None = None,
    max_attachments: int = 200,
) -> Email:
    """Return a whole message.

    ``truncated`` says that ``raw`` is only the beginning of a message that is too large. Complete
    parts are kept; the part in which it ends is named in ``omitted``. Files above
    ``max_attachment`` bytes, or beyond ``max_attachments``, are left out and named too.

    ``omitted`` begins with ``TEXT_CUT`` if only the beginning of the mail's own text is kept.

    Raises MessageUnreadable, code ``message_bomb``, and nothing else.
    """
    raw = with_line_feeds(raw)
    tree = Tree(raw)
    rendered = Renderer(tree).mail(tree.part(raw, 0, len(raw), cut=truncated))
    attachments: list[Attachment] = []
    omitted = [Omitted(TEXT_CUT)] if rendered.cut else []
    omitted += [Omitted(UNVERIFIED, name) for name in rendered.unverified]
    for file in rendered.files:
        if file.cut:
            omitted.append(Omitted(MAIL_TOO_LARGE, file.name))
        elif max_attachment is not None and file.size > max_attachment:
            omitted.append(Omitted(TOO_LARGE, file.name, file.size, max_attachment))
        elif len(attachments) >= max_attachments:
            omitted.append(Omitted(TOO_MANY, file.name, file.size, max_attachments))
        else:
            attachments.append(
                Attachment(
                    file.name, file.mimetype, file.load(), file.content_id, file.content_location
                )
            )
    html, text = joined(rendered.body)
    followup_to, list_post = answered_at(raw)
    return Email(
        envelope=envelope(raw, tree.label) if needs_charset(raw) else None,
        followup_to=followup_to,
        list_post=list_post,
        html=html,
        text=text,
        attachments=tuple(attachments),
        omitted=tuple(omitted),
    )
