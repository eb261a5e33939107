"""`odoo-bin mail_sync_watch -c odoo.conf -d DATABASE`: record new mails at once.

Odoo imports this file as part of `odoo.cli`, not of the addon, before it has read a configuration.
The addon is therefore imported when the command runs.
"""

import logging
import resource
import signal
import sys
import threading

import psycopg2
from odoo.cli import Command
from odoo.cli import server as cli_server
from odoo.modules.registry import Registry
from odoo.service import server
from odoo.tools import config

_logger = logging.getLogger(__name__)


class MailSyncWatch(Command):
    """Keep a connection to each synchronised mailbox, and record new mails at once

    Runs beside the server until it is stopped. It waits until Settings > Mail Sync > Record new
    mails at once is switched on. Several may run, on several hosts; each mailbox is watched by one
    of them. Each database needs its own.
    """

    name = "mail_sync_watch"

    def run(self, args):
        config.parser.prog = self.prog
        config.parse_config(args, setup_logging=True)
        cli_server.report_configuration()
        if len(config["db_name"]) != 1:
            sys.exit("Name one database: -d DATABASE")
        server.load_server_wide_modules()
        _allow_many_connections()
        sys.exit(_watch(*config["db_name"]))


def _watch(dbname):
    """Watch a database until the process is told to stop; return why it stopped by itself."""
    threading.current_thread().dbname = dbname  # for the log
    try:
        registry = Registry(dbname)
    except psycopg2.OperationalError as error:
        return f"The database {dbname} cannot be opened: {error}"
    if "mail.sync.account" not in registry:
        return f"Mail Sync is not installed in the database {dbname}."
    # Only now, when Odoo has loaded the addon after those that it depends on.
    from odoo.addons.mail_sync_custom.turns import watcher

    watching = watcher.Watcher(dbname)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: watching.stop())
    _logger.info("Mail Sync: watching the mailboxes of %s", dbname)
    try:
        watching.run()
    except watcher.Ended as ended:
        return str(ended)
    _logger.info("Mail Sync: ended")
    return 0


def _allow_many_connections():
    """Raise the limit on open files, and so on mailboxes, as far as the system allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
