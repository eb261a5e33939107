from odoo import api, fields, models

from ...engine.status import Event


class MailSyncAccount(models.Model):
    """The company's places: who has one, who is waiting, and who is next.

    Users who connect once all places are taken are Pending. The queue is in order of arrival, and
    the queue moves in the transaction that frees a place. A lower limit takes nobody's place away.
    """

    _inherit = "mail.sync.account"

    queued_at = fields.Datetime("Waits Since", readonly=True, copy=False)
    queue_position = fields.Integer(
        "Place in the Queue", compute="_compute_queue_position", compute_sudo=True
    )

    _queue_idx = models.Index("(company_id, queued_at, id) WHERE state = 'pending'")

    @api.depends("state", "company_id", "queued_at")
    def _compute_queue_position(self):
        for account in self:
            queue = account._in_queue(account.company_id).ids if account.state == "pending" else []
            account.queue_position = queue.index(account.id) + 1 if account.id in queue else 0

    @api.model
    def _in_queue(self, company, limit=None):
        """Return those who wait for a place in a company, in order of arrival."""
        return self.search(
            [("company_id", "=", company.id), ("state", "=", "pending")],
            order="queued_at, id",
            limit=limit,
        )

    def _arrival(self, company):
        """Return the event for a finished set-up: CONNECTED, or QUEUED if no place is free.

        A place found free stays free until the end of the transaction.
        """
        if self.active:
            # New details do not change the user's position in the queue.
            return Event.QUEUED if self.state == "pending" else Event.CONNECTED
        # sudo: the limit is the administrator's, and applies to everyone
        company.sudo()._mail_sync_lock_places()
        return Event.QUEUED if company._mail_sync_places_left() == 0 else Event.CONNECTED

    @api.model
    def _free_places(self, companies):
        """Start waiting accounts, in order of arrival, as far as there are places."""
        # sudo: a freed place is the company's, and goes to the next in the queue
        Account_sudo = self.sudo()
        for company in companies.sudo():
            company._mail_sync_lock_places()
            left = company._mail_sync_places_left()
            if left != 0:
                Account_sudo._in_queue(company, limit=left)._start_from_queue()

    def _start_from_queue(self):
        for account in self:
            account._happen(Event.SLOT_FREED)
            account._schedule_now()
            account._tell_started()

    def _waiting_words(self):
        """Return why the mailbox is Pending, and what it is waiting for."""
        return self.env._(
            "Your company has reached its mailbox limit. Yours is number %s in the queue, and "
            "starts by itself as soon as a place is free; you need not do anything.",
            self.queue_position,
        )

    def _say_waiting(self, action):
        """Return an action that says so, then runs another."""
        said = self._notification(self._waiting_words(), "warning")
        params = {**said["params"], "title": self.env._("Your mailbox is waiting"), "sticky": True}
        return {**said, "params": {**params, "next": action}}

    def _tell_started(self):
        """Tell the owner that the waiting is over."""

        def words(account):
            return (
                account.env._("Mail Sync has started: %s", account.email),
                account.env._(
                    "A place for your mailbox is free now, and it is being synchronised. You need "
                    "not do anything."
                ),
            )

        self._notify(self.user_id.partner_id, words)

    def _follow_users(self):
        """Move accounts to their users' companies; their states stay as they are.

        Whoever waits is the last to arrive there.
        """
        for account in self:
            before = account.company_id
            if account.state == "pending" and before != account.user_id.company_id:
                account.queued_at = fields.Datetime.now()
            account.company_id = account.user_id.company_id
            account._free_places(before | account.company_id)

    def _companies_losing_an_account(self, vals):
        """Return the companies in which a write disables an account, and so frees a place."""
        disables = not vals.get("active", True)
        return self.filtered(lambda account: disables and account.active).company_id
