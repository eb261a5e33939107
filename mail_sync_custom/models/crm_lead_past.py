from odoo import fields, models

#: Seconds for which a lead's page shows the result of a search that was quicker than the page.
RECENT = 60


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def mail_sync_past_mails(self):
        """Return how the search for past mails of this lead is going.

        ``looking``: a mailbox of its salesperson or of the reader still has to search for one of
        its addresses. ``recent``: one of them was added a moment ago. ``found``: how many mails
        were recorded since, of those that the reader may read.
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: which mailboxes have still to search is not secret, and nothing of them is shown
        late_sudo = self.env["mail.sync.latecomer"].sudo().search([("lead_id", "=", self.id)])
        if not late_sudo:
            return {"looking": False, "recent": False, "found": 0}
        since = min(late_sudo.mapped("create_date"))
        added = max(late_sudo.mapped("create_date"))
        recent = (fields.Datetime.now() - added).total_seconds() < RECENT
        found = self.env["mail.message"].search_count(
            [
                ("model", "=", self._name),
                ("res_id", "=", self.id),
                ("subtype_id", "=", self.env.ref("mail_sync_custom.mt_synced_mail").id),
                ("create_date", ">=", since),
            ]
        )
        return {"looking": self._mail_sync_searched(late_sudo), "recent": recent, "found": found}

    def _mail_sync_searched(self, late_sudo):
        """Return whether a mailbox that is read at once has not searched for these yet.

        Those of other colleagues search at their next turn.
        """
        accounts_sudo = late_sudo.env["mail.sync.account"].search(
            [
                ("user_id", "in", (self.user_id | self.env.user).ids),
                ("state", "=", "enabled"),
                ("failure_count", "=", 0),
            ]
        )
        return any(
            not late.number or late.number > account.caught_up_to
            for late in late_sudo
            for account in accounts_sudo
        )
