"""*Search* on the timeline: words → a condition on a message, in SQL.

Every word must be in the message: in its subject, its people, its visible text or the names of its
files. "Two words" in quotes must follow each other. The texts of one record's messages are read;
what HTML does not show is not found.
"""

import re

from odoo.tools import SQL
from odoo.tools.sql import escape_psql

MAX_LENGTH = 200
MAX_WORDS = 10
_WORD = re.compile(r'"([^"]+)"?|(\S+)')
#: Tags between which there is a space to see; all others are within a word.
_BLOCKS = (
    r"</?(?:address|blockquote|br|center|dd|div|dl|dt|figure|footer|form|h[1-6]|header|hr|li|ol|p|"
    r"pre|section|table|tbody|td|tfoot|th|thead|tr|ul)\M[^>]*>"
)


def words(text):
    """Return the words that are searched for; those in quotes together."""
    found = (quoted or word for quoted, word in _WORD.findall((text or "")[:MAX_LENGTH]))
    return list(filter(None, (" ".join(one.split()) for one in found)))[:MAX_WORDS]


def has_words(env, message, found):
    """Return, in SQL, whether a message has each of the words. ``message`` is the table's name."""
    return SQL(" AND ").join(_has(env, message, word) for word in found)


def _has(env, message, word):
    unaccent = env.registry.unaccent
    wanted = unaccent(SQL("%s", f"%{escape_psql(word)}%"))

    def like(text):
        return SQL("%s ILIKE %s", unaccent(text), wanted)

    columns = "subject email_from incoming_email_to incoming_email_cc outgoing_email_to".split()
    heads = SQL(" OR ").join(like(SQL("%s.%s", message, SQL.identifier(name))) for name in columns)
    person = SQL(
        "(%s OR %s)",
        like(SQL.identifier("person", "name")),
        like(SQL.identifier("person", "email")),
    )
    return SQL(
        """
        (%(heads)s OR (
            SELECT TRUE FROM res_partner person
            WHERE person.id = %(m)s.author_id AND %(person)s
         ) IS TRUE OR (
            SELECT TRUE FROM mail_notification notification
            JOIN res_partner person ON person.id = notification.res_partner_id
            WHERE notification.mail_message_id = %(m)s.id AND person.partner_share AND %(person)s
            LIMIT 1
         ) IS TRUE OR (
            SELECT TRUE FROM message_attachment_rel rel
            JOIN ir_attachment file ON file.id = rel.attachment_id
            WHERE rel.message_id = %(m)s.id AND %(file)s
            LIMIT 1
         ) IS TRUE OR COALESCE(%(text)s, FALSE))
        """,
        heads=heads,
        m=message,
        person=person,
        file=like(SQL.identifier("file", "name")),
        text=like(_visible(message)),
    )


def _visible(message):
    """Return, in SQL, the text of a body as it is seen."""
    text = SQL(
        "regexp_replace(regexp_replace(%s.body, %s, ' ', 'gi'), '<[^>]*>', '', 'g')",
        message,
        _BLOCKS,
    )
    text = SQL("regexp_replace(%s, %s, ' ', 'g')", text, "(?:\\s|&nbsp;|\u00a0)+")
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = SQL("replace(%s, %s, %s)", text, entity, character)
    return text
