"""Why a file was not logged as a mail, in a salesperson's words."""

from ._marker import _lt

_WRONG = {
    "empty": _lt("This file is empty."),
    "outlook": _lt(
        "This is Outlook's own format, which only Outlook can read. In Outlook, save the mail as "
        "a file of the type .eml, or forward it as an attachment and save that."
    ),
    "several": _lt("This file has several mails. Save each in a file of its own."),
    "no_mail": _lt(
        "This file is not a mail. Save the mail from your mail program as a file that ends in .eml."
    ),
    "message_bomb": _lt(
        "This mail is built in a way that makes it unsafe to read. Such mails are usually broken "
        "or malicious."
    ),
}


def wrong(env, code):
    """Return why a file cannot be read as a mail, and what to do about it."""
    return env._(_WRONG[code])
