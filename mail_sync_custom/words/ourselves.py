"""Words for what is neither the server's nor the network's doing."""

from ._marker import _lt

WORDS = {
    "lease_lost": (
        _lt("Another sync took over, or the settings were changed"),
        _lt("Nothing to do: Mail Sync continues by itself, and nothing is lost."),
    ),
    "busy": (
        _lt("The records were being changed at the same time"),
        _lt("Nothing to do: Mail Sync tries again by itself, and nothing is lost."),
    ),
    "secret_unreadable": (
        _lt("The saved password cannot be read on this server"),
        _lt(
            "Enter the password again under Change settings. This happens when Odoo was moved "
            "without its key: an administrator can restore mail_sync.key, or mail_sync_key in "
            "odoo.conf, and nothing needs to be entered."
        ),
    ),
    "sending_unknown": (
        _lt("Nobody knows whether this mail was sent"),
        _lt(
            "The connection ended after the mail had been handed over and before your server "
            "answered. Your Sent folder does not show it, or could not be checked. Ask the "
            "recipient, or send it again if a second copy does no harm."
        ),
    ),
    "message_not_delivered": (
        _lt("The server lists this mail but does not hand it out"),
        _lt("Mail Sync asks again later. Open the mail in your mail program to be sure."),
    ),
    "not_recordable": (
        _lt("This mail could not be recorded"),
        _lt("Mail Sync tries again later. If it persists, show it to your administrator."),
    ),
    "internal": (
        _lt("Mail Sync itself has failed"),
        _lt(
            "It tries again by itself, and no mail is lost. If it persists, show this to your "
            "administrator: the server's log says more."
        ),
    ),
    "neutralized": (
        _lt("This database is a copy for testing"),
        _lt("It reads no mail and sends none. Connect a mailbox again to try it here."),
    ),
    "unknown": (
        _lt("Something failed that Mail Sync does not recognize"),
        _lt(
            "The server's own reply is beside this, if it gave one. Mail Sync tries again by "
            "itself. If it persists, show it to your provider or your administrator."
        ),
    ),
}
