from odoo import api, fields, models


class MailSyncHost(models.Model):
    """A mail server that many users share: its limits, and what its last failures say.

    All processes on all hosts share these rows. One is created when a server fails, or by an
    administrator who limits the connections to it.
    """

    _name = "mail.sync.host"
    _description = "Mail Server"
    _rec_name = "host"
    _order = "host"

    host = fields.Char(
        "Server and Port",
        required=True,
        help="As in the mailboxes' settings, such as imap.example.com:993.",
    )
    at_once = fields.Integer(
        "Connections at Once",
        help="How many mailboxes are read on this server at the same time. With a limit, new mail "
        "is looked for at intervals, and no connection waits for it. 0: no limit.",
    )
    a_minute = fields.Integer(
        "Connections a Minute",
        help="How many connections are made to this server in a minute. 0: no limit.",
    )
    failures = fields.Integer("Failures in a Row", readonly=True)
    error_code = fields.Char("Last Failure", readonly=True)
    paused_until = fields.Datetime(readonly=True)
    # The account of the last failure: one that fails again says nothing new about the server.
    account = fields.Integer(groups=fields.NO_ACCESS)
    minute = fields.Datetime(groups=fields.NO_ACCESS)
    minute_count = fields.Integer(groups=fields.NO_ACCESS)

    _host_unique = models.UniqueIndex("(host)", "Each server has one row.")
    _limits_positive = models.Constraint(
        "CHECK (at_once >= 0 AND a_minute >= 0)", "A limit cannot be negative."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Create rows, named as in the mailboxes' settings, whatever the case."""
        return super().create([{**vals, **_named(vals)} for vals in vals_list])

    def write(self, vals):
        """Write, with the same care for the name."""
        return super().write({**vals, **_named(vals)})


def _named(vals):
    return {"host": vals["host"].strip().lower()} if vals.get("host") else {}
