from datetime import timedelta

from odoo import api, fields, models

from ..words import remedies

KEPT = timedelta(days=90)


class MailSyncLog(models.Model):
    _name = "mail.sync.log"
    _description = "Mail Sync Error"
    _order = "date desc, id desc"
    _rec_name = "headline"
    # The headline is in the reader's language, and not stored.
    _rec_names_search = ["code", "detail"]

    account_id = fields.Many2one(
        "mail.sync.account", required=True, index=True, ondelete="cascade", readonly=True
    )
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    protocol = fields.Char(readonly=True, help="What was refused: imap or smtp.")
    step = fields.Char("Step code", readonly=True)
    code = fields.Char(required=True, readonly=True)
    detail = fields.Char("The server's reply", readonly=True)
    step_name = fields.Char("Step", compute="_compute_words")
    headline = fields.Char("What happened", compute="_compute_words")
    remedy = fields.Char("How to fix it", compute="_compute_words")

    @api.depends("code", "step", "protocol", "account_id.provider_id")
    @api.depends_context("lang")
    def _compute_words(self):
        for log in self:
            log.step_name = remedies.step_name(self.env, log.step, log.protocol)
            log.headline = remedies.headline(self.env, log.code)
            log.remedy = remedies.remedy(self.env, log.code, log.account_id.provider_id.code)

    @api.autovacuum
    def _gc_old(self):
        self.search([("date", "<", fields.Datetime.now() - KEPT)]).unlink()
