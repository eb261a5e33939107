"""Conditions on a message, in SQL.

As domains they would be "id in (all notifications of this kind)". As conditions on the row, their
cost depends only on the messages of one record. Each is a scalar subquery: next to an OR,
PostgreSQL would build a table of all rows to serve an EXISTS.
"""

from odoo.fields import Domain
from odoo.tools import SQL


def where(condition):
    """Return a domain on messages from a function of the table's alias."""
    return Domain.custom(to_sql=lambda _model, alias, _query: condition(SQL.identifier(alias)))


def is_mail(message):
    """Whether it is a mail from or to the outside: received, or sent to a customer."""
    return SQL(
        """
        (%(m)s.message_type IN ('email', 'email_outgoing') OR %(m)s.mail_sync_exact IS TRUE OR (
            SELECT TRUE FROM mail_notification notification
            LEFT JOIN res_partner partner ON partner.id = notification.res_partner_id
            WHERE notification.mail_message_id = %(m)s.id
              AND notification.notification_type = 'email'
              AND partner.partner_share IS NOT FALSE
            LIMIT 1
        ) IS TRUE)
        """,
        m=message,
    )


def direction(message):
    """The direction of a mail: as recorded, else by whether a colleague wrote it."""
    return SQL(
        """
        COALESCE(
            (SELECT entry.direction FROM mail_sync_entry entry
             WHERE entry.mail_message_id = %(m)s.id),
            (SELECT 'out' FROM res_partner author
             WHERE author.id = %(m)s.author_id AND author.partner_share IS NOT TRUE),
            'in'
        )
        """,
        m=message,
    )


def counts(message):
    """Whether a mail moves the dates of its lead: a person wrote it, and it reached somebody.

    A private mail does not, nor what a program answered, what is still to be sent, or what came
    back.
    """
    return SQL(
        """
        (%(m)s.mail_sync_private IS NOT TRUE AND CASE %(m)s.message_type
            WHEN 'email' THEN NOT %(returned)s AND (
                SELECT entry.automatic FROM mail_sync_entry entry
                WHERE entry.mail_message_id = %(m)s.id
            ) IS NOT TRUE
            WHEN 'comment' THEN (
                SELECT TRUE FROM mail_notification notification
                LEFT JOIN res_partner partner ON partner.id = notification.res_partner_id
                WHERE notification.mail_message_id = %(m)s.id
                  AND notification.notification_type = 'email'
                  AND notification.notification_status = 'sent'
                  AND partner.partner_share IS NOT FALSE
                LIMIT 1
            ) IS TRUE
            ELSE FALSE
        END)
        """,
        m=message,
        returned=_returned(message),
    )


def _returned(message):
    """Whether a recorded mail came back from everyone in To and Cc.

    Their addresses are counted by their @, outside of quoted names.
    """
    return SQL(
        """
        COALESCE((
            SELECT count(DISTINCT fate.address)
                   >= max(length(named) - length(replace(named, '@', '')))
            FROM mail_sync_message_mail_message_rel rel
            JOIN mail_sync_delivery fate ON fate.link_id = rel.mail_sync_message_id
            CROSS JOIN regexp_replace(
                concat_ws(',', %(m)s.incoming_email_to, %(m)s.incoming_email_cc),
                '"[^"]*"', '', 'g') named
            WHERE rel.mail_message_id = %(m)s.id AND fate.state = 'failed'
            HAVING count(*) > 0
        ), FALSE)
        """,
        m=message,
    )


def is_of(message, user_sudo):
    """Whether a user's mailbox holds a mail, or the user wrote it here and it is not sent yet."""
    return SQL(
        """
        ((
            SELECT TRUE FROM mail_sync_message_mail_message_rel rel
            JOIN mail_sync_message link ON link.id = rel.mail_sync_message_id
            JOIN mail_sync_account account ON account.id = link.account_id
            WHERE rel.mail_message_id = %(m)s.id AND link.outcome = 'recorded'
              AND account.user_id = %(user)s
            LIMIT 1
        ) IS TRUE OR (%(m)s.message_type != 'email' AND %(m)s.author_id = %(author)s))
        """,
        m=message,
        user=user_sudo.id or 0,
        author=user_sudo.partner_id.id or 0,
    )


def is_first_copy(message, partner_id, lead_ids):
    """Whether no other record of a contact's page has the same mail: the contact goes first."""
    return SQL(
        """
        (SELECT TRUE FROM mail_message twin
         WHERE %(m)s.model = 'crm.lead' AND twin.message_id = %(m)s.message_id
           AND (twin.model = 'res.partner' AND twin.res_id = %(partner)s
                OR twin.model = 'crm.lead' AND twin.res_id = ANY(%(leads)s) AND twin.id < %(m)s.id)
           AND COALESCE((SELECT variant FROM mail_sync_entry
                         WHERE mail_message_id = twin.id), 0)
             = COALESCE((SELECT variant FROM mail_sync_entry
                         WHERE mail_message_id = %(m)s.id), 0)
         LIMIT 1) IS NOT TRUE
        """,
        m=message,
        partner=partner_id,
        leads=lead_ids,
    )
