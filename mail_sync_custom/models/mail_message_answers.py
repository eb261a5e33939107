"""Whether a mail has been answered, here or in a mail program."""

from odoo import fields, models
from odoo.tools import SQL


class MailMessage(models.Model):
    _inherit = "mail.message"

    def _mail_sync_answers(self):
        """Return the first answer to each message that has one: its id and its date, by message.

        An answer comes from the other side: a recorded mail that went the other way, or a mail
        written in the CRM that was sent. What a program answered does not count, and neither do
        bounces and receipts, which are not recorded.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (answered.id) answered.id, answer.id, answer.date
                FROM mail_message answered
                LEFT JOIN mail_sync_entry own ON own.mail_message_id = answered.id
                JOIN mail_message answer ON answer.parent_id = answered.id
                    AND answer.model = answered.model AND answer.res_id = answered.res_id
                LEFT JOIN mail_sync_entry entry ON entry.mail_message_id = answer.id
                WHERE answered.id = ANY(%s)
                  AND entry.automatic IS NOT TRUE AND answer.mail_sync_forwarded IS NOT TRUE
                  AND COALESCE(own.direction, 'out') != COALESCE(entry.direction, 'out')
                  AND (entry.id IS NOT NULL OR EXISTS (
                    SELECT FROM mail_sync_message_mail_message_rel rel
                    JOIN mail_sync_message link ON link.id = rel.mail_sync_message_id
                    WHERE rel.mail_message_id = answer.id AND link.direction = 'out'
                  ))
                ORDER BY answered.id, answer.date, answer.id
                """,
                self.ids,
            )
        )
        return {
            answered: {"id": answer, "date": fields.Datetime.to_string(date)}
            for answered, answer, date in rows
        }
