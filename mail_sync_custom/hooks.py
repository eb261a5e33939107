"""What runs once, when the addon is installed and when it is uninstalled."""

from odoo.fields import Command
from odoo.tools import SQL

#: How many copies are deleted at a time.
REMOVE = 500

#: Each role, the highest first, and the Odoo groups that already grant everything it grants in the
#: CRM. No Odoo group equals Salesperson or Marketing Manager: users of the lower groups would gain
#: access to leads or templates that they cannot open today.
ROLES = (
    ("administrator", ("sales_team.group_sale_manager", "base.group_system")),
    ("company_manager", ("sales_team.group_sale_manager",)),
    ("sales_manager", ("sales_team.group_sale_salesman_all_leads",)),
    ("jr_salesperson", ("sales_team.group_sale_salesman",)),
)


def post_init_hook(env):
    """Give each user of Odoo's sales groups the role that matches what they can already do."""
    left = env["res.users"].with_context(active_test=False).search([("share", "=", False)])
    for role, names in ROLES:
        groups = [env.ref(name) for name in names]
        users = left.filtered(
            lambda user, groups=groups: all(g in user.all_group_ids for g in groups)
        )
        env.ref(f"mail_sync_custom.group_mail_sync_{role}").write(
            {"user_ids": [Command.link(user.id) for user in users]}
        )
        left -= users


def uninstall_hook(env):
    """Leave a working Odoo behind: no mail server without a password, no mail made public.

    Recorded mails stay, as internal notes with their attachments. Only the copies on contacts go,
    where the same mail is on a lead. Odoo removes the tables, groups, crons and views.
    """
    accounts = env["mail.sync.account"].search([])
    accounts._disable("keep")
    while copies := _copies_on_contacts(env):
        copies.unlink()
    subtype = env.ref("mail_sync_custom.mt_synced_mail")
    note = env.ref("mail.mt_note")
    # A message without a subtype stays internal, but the chatter's filters hide it.
    env.execute_query(
        SQL(
            "UPDATE mail_message SET subtype_id = %s WHERE subtype_id = %s RETURNING id",
            note.id,
            subtype.id,
        )
    )
    env["ir.config_parameter"].search([("key", "=like", "mail_sync_custom.%")]).unlink()
    # A plan cannot be deleted while a company uses it.
    env["res.company"].search([]).mail_sync_plan_id = False


def _copies_on_contacts(env):
    """Return some of the mails on contacts that are on a lead as well.

    Every colleague can open a contact, and only this addon keeps them from reading the mails
    there. On the lead Odoo's own rules apply.
    """
    rows = env.execute_query(
        SQL(
            """
            SELECT copy.id FROM mail_message copy
            JOIN mail_sync_entry entry ON entry.mail_message_id = copy.id
            WHERE copy.model = 'res.partner' AND EXISTS (
                SELECT FROM mail_message same
                JOIN crm_lead lead ON lead.id = same.res_id
                LEFT JOIN mail_sync_entry twin ON twin.mail_message_id = same.id
                WHERE same.message_id = copy.message_id AND same.model = 'crm.lead'
                  AND COALESCE(twin.variant, 0) = entry.variant
            )
            LIMIT %s
            """,
            REMOVE,
        )
    )
    return env["mail.message"].browse(id_ for [id_] in rows)
