"""Words for folders, and for messages in them."""

from ._marker import _lt

FOLDERS = {
    "mailbox_missing": (
        _lt("A folder cannot be opened"),
        _lt(
            "It was renamed or deleted, or the server does not let it be opened. Choose the "
            "inbox and the Sent folder again in your Mail Sync settings. What was recorded "
            "stays."
        ),
    ),
    "mailbox_forbidden": (
        _lt("This user may not read a folder"),
        _lt(
            "Choose another folder in your Mail Sync settings, or ask whoever manages your "
            "mail for the right to read this one."
        ),
    ),
    "mailbox_full": (
        _lt("Your mailbox is full"),
        _lt(
            "Delete mail that you no longer need, in Sent and in the bin too, or ask for more "
            "space. Until then no copies can be filed in Sent, and sending may fail."
        ),
    ),
    "mailbox_rebuilt": (
        _lt("The server keeps renumbering a folder"),
        _lt(
            "Nothing recorded is lost. If it persists, show the server's reply to your provider: "
            "the folder is damaged or was moved."
        ),
    ),
    "mailbox_empty": (
        _lt("The inbox is empty"),
        _lt(
            "The sign-in works, but there is no mail to record. If there should be, a filter, "
            "a forwarding rule or another program may move it away: let it leave a copy."
        ),
    ),
}

MESSAGES = {
    "nothing_delivered": (
        _lt("The server lists mails and hands out none of them"),
        _lt(
            "Open the mailbox in your mail program. If the mails do not open there either, ask "
            "your provider to repair it. Mail Sync tries again by itself, and no mail is lost."
        ),
    ),
    "message_unreadable": (
        _lt("A message could not be read"),
        _lt(
            "It was set aside, and the others were read. Retry it on your Mail Sync page; if it "
            "fails again, read it in your mailbox."
        ),
    ),
    "message_bomb": (
        _lt("A message is built in a way that makes it unsafe to read"),
        _lt(
            "It was set aside, and the others were read. Such messages are usually broken or "
            "malicious: open it in your mailbox only if you know the sender."
        ),
    ),
    "copy_too_large": (
        _lt("The copy for the Sent folder is too large for the server"),
        _lt("The copy is not in Sent. The mail is in the CRM all the same."),
    ),
    "copy_refused": (
        _lt("The server refused the copy for the Sent folder"),
        _lt(
            "The copy is not in Sent. The mail is in the CRM all the same; the server's reply "
            "says what it objected to."
        ),
    ),
}

WORDS = FOLDERS | MESSAGES
