"""Words for what stands in the way of sending, and for a mail that was refused."""

from ._marker import _lt

SENDING = {
    "sending_limit": (
        _lt("The provider's sending limit is reached"),
        _lt(
            "Providers let a mailbox send only so many mails a day. Wait, about a day at "
            "most, before you send more from this mailbox."
        ),
    ),
    "too_many_recipients": (
        _lt("Too many recipients at once"),
        _lt("Send this mail to fewer recipients, or wait before you send more."),
    ),
    "too_many_bounces": (
        _lt("The mail host has paused sending after too many bounces"),
        _lt(
            "Too many mails of this domain went to addresses that do not work. Wait at least an "
            "hour, correct the addresses, and ask the mail host to lift the pause if it lasts."
        ),
    ),
    "recipient_busy": (
        _lt("The recipient gets too much mail at the moment"),
        _lt("Nothing is wrong on your side. Send it again later."),
    ),
    "greylisted": (
        _lt("The recipient's server asks to try again later"),
        _lt(
            "Nothing is wrong: such servers make a new sender wait for a few minutes. It is tried "
            "again."
        ),
    ),
    "sender_not_allowed": (
        _lt("The server does not let you send as this address"),
        _lt(
            "The sender has to be the mailbox that signs in, or an address which the "
            "provider knows as its own. Use the same address for your mailbox and your SMTP "
            "account, or ask whoever manages your mail for the right to send as the other one."
        ),
    ),
    "sending_blocked": (
        _lt("The provider has paused sending after repeated errors"),
        _lt(
            "There were too many recipients, or recipients that do not work, again and again. "
            "Stop sending from this mailbox for now, correct the addresses, and ask your "
            "administrator if it persists."
        ),
    ),
    "licence_missing": (
        _lt("This mailbox has no licence to send"),
        _lt("Ask the administrator of your organization's mail to assign a licence to it."),
    ),
}

REFUSED_MAIL = {
    "recipient_unknown": (
        _lt("There is no such recipient"),
        _lt("Check the address with the recipient, correct it on the record, and send again."),
    ),
    "recipient_domain_unknown": (
        _lt("The part of the address after the @ does not receive mail"),
        _lt("Check the spelling of the address, correct it on the record, and send again."),
    ),
    "recipient_disabled": (
        _lt("The recipient's mailbox is disabled"),
        _lt("Reach the recipient another way and ask for an address that works."),
    ),
    "recipient_full": (
        _lt("The recipient's mailbox is full"),
        _lt("Send it again in a few days, or reach the recipient another way."),
    ),
    "recipient_unreachable": (
        _lt("The recipient's mail server cannot be reached"),
        _lt(
            "Check the part of the address after the @. If it is right, send the mail again later."
        ),
    ),
    "message_too_large": (
        _lt("The mail is too large"),
        _lt("Send it without the largest attachments, or send links to the files instead."),
    ),
    "message_malformed": (
        _lt("The server could not read the mail"),
        _lt(
            "Send it again as a new mail. If that fails too, show the server's reply to your "
            "administrator."
        ),
    ),
    "content_refused": (
        _lt("The mail was refused for its content"),
        _lt(
            "A filter took it for spam, or an attachment for dangerous. Change the text, "
            "leave out attachments of unusual types (programs, scripts, archives), and send "
            "it again."
        ),
    ),
    "message_refused": (
        _lt("The mail was refused"),
        _lt(
            "The server's own reply says why. If it is not clear, show it to your administrator; "
            "the recipient may have to allow mail from you."
        ),
    ),
    "recipient_moved": (
        _lt("The recipient has moved to another address"),
        _lt(
            "The server's reply may name the new address. If not, reach the recipient another way, "
            "and correct the address on the record."
        ),
    ),
    "recipient_unavailable": (
        _lt("The recipient's mailbox takes no mail at the moment"),
        _lt("Send it again in a day or two, or reach the recipient another way."),
    ),
    "recipient_restricted": (
        _lt("The recipient takes mail from certain senders only"),
        _lt(
            "Ask the recipient to allow mail from your address, or reach them another way. Sending "
            "it again does not help."
        ),
    ),
    "recipient_list": (
        _lt("The address is a list or group that could not be served"),
        _lt("Write to a member of it directly, or tell whoever looks after the list."),
    ),
    "recipient_misconfigured": (
        _lt("The recipient's mail server is not set up for this address"),
        _lt(
            "Check the part of the address after the @. If it is right, only the recipient's "
            "administrator can fix this: reach the recipient another way."
        ),
    ),
    "recipient_system_full": (
        _lt("The recipient's mail server has no space left"),
        _lt("Nothing is wrong on your side. Send it again in a few days."),
    ),
    "delivery_expired": (
        _lt("The recipient's server did not take the mail in time"),
        _lt(
            "It was tried for as long as mail servers do, some days as a rule. Check the part of "
            "the address after the @, and send it again, or reach the recipient another way."
        ),
    ),
    "sender_distrusted": (
        _lt("The recipient's server does not trust yours"),
        _lt(
            "Your mail server is on a blocklist, or your domain lacks a proof that the mail is "
            "yours (SPF, DKIM, DMARC). Show the server's reply to whoever manages your mail."
        ),
    ),
    "mail_loop": (
        _lt("The mail was caught in a loop"),
        _lt(
            "The recipient's address is forwarded back to itself. Only the recipient can fix "
            "that: reach them another way."
        ),
    ),
}

WORDS = SENDING | REFUSED_MAIL
