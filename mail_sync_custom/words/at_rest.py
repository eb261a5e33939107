"""What to do about an error where Mail Sync does not try again by itself.

That is the set-up, a test of the connection, and an account that has failed for two days. The other
remedies of these codes say that there is nothing to do.
"""

from ._marker import _lt

WORDS = {
    "lookup_failed": _lt(
        "Try again in a few minutes. If it persists, the name service of your Odoo server does "
        "not answer: tell your administrator."
    ),
    "connection_lost": _lt(
        "Try again. If it persists, check host, port and 'Use SSL?', or ask your administrator."
    ),
    "network_unreachable": _lt(
        "Try again in a few minutes. If it persists, your administrator should check the network "
        "of the Odoo server."
    ),
    "timeout": _lt(
        "Check host and port: 993 (IMAP) and 465 (SMTP) with 'Use SSL?', 143 and 587 without. A "
        "firewall, or the host of your Odoo server, may also block the port."
    ),
    "protocol": _lt(
        "Check that host and port are those of a mail server. If they are, show the server's "
        "reply to your administrator."
    ),
    "too_many_connections": _lt(
        "Close other mail programs that are open on this mailbox, and try again in a few minutes. "
        "Where many users of one company share a mail server, its administrator can raise the "
        "limit of connections from one address."
    ),
    "too_many_logins": _lt(
        "There were too many sign-ins in a short time, perhaps with an old password in another "
        "program. Wait an hour before you try again, and check that the password here is the "
        "current one."
    ),
    "throttled": _lt(
        "Your mailbox is not full. Try again in a few hours; it rarely takes longer than a day."
    ),
    "mailbox_busy": _lt(
        "Close other mail programs that are open on this mailbox, and try again in a few minutes."
    ),
    "login_unavailable": _lt(
        "This is not about your password. Try again later. If it lasts for hours, ask your "
        "provider."
    ),
    "server_unavailable": _lt("Try again later. If it lasts for hours, ask your provider."),
    "server_fault": _lt(
        "The fault is on the server. Try again later. If it persists, show the server's reply to "
        "your provider."
    ),
    "session_ended": _lt("Try again in a few minutes. If it persists, ask your provider."),
    "command_refused": _lt(
        "Try again. If it persists, show the server's reply to your provider or your administrator."
    ),
    "nothing_delivered": _lt(
        "Open the mailbox in your mail program. If the mails do not open there either, ask your "
        "provider to repair it, then reconnect. No mail is lost."
    ),
    "issuer_unavailable": _lt(
        "Try again in a few minutes. If it lasts for hours, ask your administrator whether this "
        "server can reach the provider."
    ),
    "busy": _lt("Try again in a moment. Nothing is lost."),
    "lease_lost": _lt("Try again in a moment. Nothing is lost."),
    "not_recordable": _lt("Try again later. If it persists, show it to your administrator."),
    "internal": _lt(
        "Try again. If it persists, show this to your administrator: the server's log says more."
    ),
    "unknown": _lt(
        "The server's own reply is beside this, if it gave one. Try again. If it persists, show it "
        "to your provider or your administrator."
    ),
}
