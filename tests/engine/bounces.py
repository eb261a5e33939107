"""Reports of mail systems, written by hand after RFC 3464 and their public descriptions.

All are about one mail, unless they say otherwise: *Offer* of Ann's to Lena.
"""

from textwrap import dedent

ABOUT = "offer-1@corp.example"
RETURNED = """\
Received: from [192.0.2.7] by smtp.corp.example; Mon, 4 Mar 2024 12:00:01 +0000
From: Ann <ann@corp.example>
To: Lena Park <lena@customer.example>
Subject: Offer
Date: Mon, 4 Mar 2024 12:00:00 +0000
Message-ID: <offer-1@corp.example>
"""


def head(sender: str, subject: str, more: str = "", to: str = "ann@corp.example") -> str:
    """The header of a report, up to its content type."""
    return (
        f"Return-Path: <>\nFrom: {sender}\nTo: {to}\nSubject: {subject}\n"
        f"Date: Mon, 4 Mar 2024 12:05:00 +0000\nMessage-ID: <report@mx.example>\n"
        f"MIME-Version: 1.0\n{dedent(more)}"
    )


def wired(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def dsn(
    sender: str,
    subject: str,
    words: str,
    status: str,
    more: str = "",
    returned: str = RETURNED,
    kind: str = "message/rfc822",
    status_type: str = "message/delivery-status",
    text_type: str = "text/plain; charset=us-ascii",
) -> bytes:
    """A report by RFC 3464: words, what a machine reads, and what was returned."""
    end = f"\n--b\nContent-Type: {kind}\n\n{returned}\nDear Lena,\n" if kind else ""
    return wired(
        head(sender, subject, more)
        + "Content-Type: multipart/report; report-type=delivery-status;\n boundary=b\n\n"
        + f"This is a MIME-encapsulated message.\n\n--b\nContent-Type: {text_type}\n\n"
        + dedent(words)
        + f"\n--b\nContent-Type: {status_type}\n\n"
        + dedent(status)
        + f"{end}\n--b--\n"
    )


def plain(sender: str, subject: str, words: str, more: str = "") -> bytes:
    """A bounce that is no report by RFC 3464: a text."""
    return wired(
        head(sender, subject, more) + "Content-Type: text/plain; charset=utf-8\n\n" + dedent(words)
    )


UNKNOWN = """\
    Reporting-MTA: dns; mx.example

    Final-Recipient: rfc822; lena@customer.example
    Action: failed
    Status: 5.1.1
    Diagnostic-Code: smtp; 550 5.1.1 <lena@customer.example>: User unknown
    """

POSTFIX = dsn(
    "MAILER-DAEMON@smtp.corp.example (Mail Delivery System)",
    "Undelivered Mail Returned to Sender",
    """\
    This is the mail system at host smtp.corp.example.

    I'm sorry to have to inform you that your message could not
    be delivered to one or more recipients. It's attached below.

    <lena@customer.example>: host mx.customer.example[192.0.2.1] said: 550 5.1.1
        <lena@customer.example>: Recipient address rejected: User unknown in virtual
        mailbox table (in reply to RCPT TO command)
    """,
    """\
    Reporting-MTA: dns; smtp.corp.example
    X-Postfix-Queue-ID: 4TpXYZ0abc
    X-Postfix-Sender: rfc822; ann@corp.example
    Arrival-Date: Mon,  4 Mar 2024 12:00:01 +0000 (UTC)

    Final-Recipient: rfc822; lena@customer.example
    Original-Recipient: rfc822;lena@customer.example
    Action: failed
    Status: 5.1.1
    Remote-MTA: dns; mx.customer.example
    Diagnostic-Code: smtp; 550 5.1.1 <lena@customer.example>: Recipient address
        rejected: User unknown in virtual mailbox table
    """,
    "Auto-Submitted: auto-replied\n",
    kind="text/rfc822-headers",
)

SENDMAIL = dsn(
    "Mail Delivery Subsystem <MAILER-DAEMON@mail.corp.example>",
    "Returned mail: see transcript for details",
    """\
    The original message was received at Mon, 4 Mar 2024 12:00:01 GMT
    from [192.0.2.7]

       ----- The following addresses had permanent fatal errors -----
    <lena@customer.example>
        (reason: 552 5.2.2 mailbox full)

       ----- Transcript of session follows -----
    ... while talking to mx.customer.example.:
    >>> DATA
    <<< 552 5.2.2 mailbox full
    554 5.0.0 Service unavailable
    """,
    """\
    Reporting-MTA: dns; mail.corp.example
    Arrival-Date: Mon, 4 Mar 2024 12:00:01 GMT

    Final-Recipient: RFC822; lena@customer.example
    Action: failed
    Status: 5.2.2
    Remote-MTA: DNS; mx.customer.example
    Diagnostic-Code: SMTP; 552 5.2.2 mailbox full
    Last-Attempt-Date: Mon, 4 Mar 2024 12:00:02 GMT
    """,
    "Auto-Submitted: auto-generated (failure)\n",
)

GMAIL = dsn(
    "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
    "Delivery Status Notification (Failure)",
    """\

    ** Address not found **

    Your message wasn't delivered to lena@customer.example because the address couldn't be found, or is unable to receive mail.

    The response from the remote server was:
    550 5.1.1 The email account that you tried to reach does not exist.
    """,
    """\
    Reporting-MTA: dns; googlemail.com
    Received-From-MTA: dns; ann@corp.example
    Arrival-Date: Mon, 04 Mar 2024 04:00:01 -0800 (PST)
    X-Original-Message-ID: <offer-1@corp.example>

    Final-Recipient: rfc822; lena@customer.example
    Action: failed
    Status: 5.1.1
    Remote-MTA: dns; mx.customer.example. (192.0.2.1, the server for the domain customer.example.)
    Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try
     550-5.1.1 double-checking the recipient's email address for typos or
     550 5.1.1 unnecessary spaces.
    Last-Attempt-Date: Mon, 04 Mar 2024 04:00:02 -0800 (PST)
    """,
    """\
    Auto-Submitted: auto-replied
    X-Failed-Recipients: lena@customer.example
    In-Reply-To: <offer-1@corp.example>
    References: <offer-1@corp.example>
    """,
    kind="",
)

GMAIL_LIMIT = dsn(
    "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
    "Delivery Status Notification (Failure)",
    """\
    You have reached a limit for sending mail. Your message was not sent.
    """,
    """\
    Reporting-MTA: dns; googlemail.com
    Arrival-Date: Mon, 04 Mar 2024 04:00:01 -0800 (PST)

    Final-Recipient: rfc822; lena@customer.example
    Action: failed
    Status: 5.4.5
    Diagnostic-Code: smtp; You have reached a limit for sending mail. Your message was not sent.
    """,
    "Auto-Submitted: auto-replied\n",
)

EXCHANGE_ONLINE = dsn(
    "Microsoft Outlook\n"
    " <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@corp.onmicrosoft.example>",
    "Undeliverable: Offer",
    """\
    <html><head><style>td { color: red }</style></head><body>
    <p>Your message to lena@customer.example couldn't be delivered.</p>
    <p>The group only accepts messages from people in its organization.</p></body></html>
    """,
    """\
    Reporting-MTA: dns;AM0PR01.eurprd01.prod.example
    Received-From-MTA: dns;AM0PR01.eurprd01.prod.example
    Arrival-Date: Mon, 4 Mar 2024 12:00:01 +0000

    Original-Recipient: rfc822;lena@customer.example
    Final-Recipient: rfc822;lena@customer.example
    Action: failed
    Status: 5.7.133
    Diagnostic-Code: smtp;550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check failed because the sender was not authenticated when sending to this group
    X-Display-Name: Lena Park
    """,
    """\
    Auto-Submitted: auto-replied
    X-MS-Exchange-Message-Is-Ndr:
    In-Reply-To: <offer-1@corp.example>
    References: <offer-1@corp.example>
    """,
    text_type="text/html; charset=us-ascii",
)

EXCHANGE_2003 = dsn(
    "postmaster@customer.example",
    "Delivery Status Notification (Failure)",
    """\
    This is an automatically generated Delivery Status Notification.

    Delivery to the following recipients failed.

           lena@customer.example
    """,
    """\
    Reporting-MTA: dns;ex2003.customer.example
    Received-From-MTA: dns;smtp.corp.example
    Arrival-Date: Mon, 4 Mar 2024 12:00:03 +0000

    Final-Recipient: rfc822;lena@customer.example
    Action: failed
    Status: 5.1.1
    """,
)

EXIM = plain(
    "Mail Delivery System <Mailer-Daemon@host.corp.example>",
    "Mail delivery failed: returning message to sender",
    """\
    This message was created automatically by mail delivery software.

    A message that you sent could not be delivered to one or more of its
    recipients. This is a permanent error. The following address(es) failed:

      lena@customer.example
        host mx.customer.example [192.0.2.1]
        SMTP error from remote mail server after RCPT TO:<lena@customer.example>:
        550 5.7.1 Message rejected: blocked using zen.spamhaus.example

    ------ This is a copy of the message, including all the headers. ------

    """
    + RETURNED.replace("\n", "\n    ").rstrip(" ")
    + "\n    Dear Lena,\n",
    "X-Failed-Recipients: lena@customer.example\nAuto-Submitted: auto-replied\n",
)

EXIM_DSN = dsn(
    "Mail Delivery System <Mailer-Daemon@host.corp.example>",
    "Mail delivery failed: returning message to sender",
    """\
    This message was created automatically by mail delivery software.

    A message that you sent could not be delivered to one or more of its
    recipients. This is a permanent error. The following address(es) failed:

      lena@customer.example
        Unrouteable address
    """,
    """\
    Reporting-MTA: dns; host.corp.example

    Action: failed
    Final-Recipient: rfc822;lena@customer.example
    Status: 5.0.0
    Diagnostic-Code: X-Str; Unrouteable address
    """,
    "X-Failed-Recipients: lena@customer.example\nAuto-Submitted: auto-replied\n",
)

QMAIL = plain(
    "MAILER-DAEMON@qmail.example",
    "failure notice",
    """\
    Hi. This is the qmail-send program at qmail.example.
    I'm afraid I wasn't able to deliver your message to the following addresses.
    This is a permanent error; I've given up. Sorry it didn't work out.

    <lena@customer.example>:
    192.0.2.1 does not like recipient.
    Remote host said: 550 sorry, no mailbox here by that name (#5.1.1)
    Giving up on 192.0.2.1.

    --- Below this line is a copy of the message.

    Return-Path: <ann@corp.example>
    """
    + RETURNED.replace("\n", "\n    ").rstrip(" ")
    + "\n    Dear Lena,\n",
)

YAHOO = plain(
    "MAILER-DAEMON@yahoo.example",
    "Failure Notice",
    """\
    Sorry, we were unable to deliver your message to the following address.

    <lena@customer.example>:
    No mx record found for domain=customer.example

    --- Below this line is a copy of the message.

    """
    + RETURNED.replace("\n", "\n    ").rstrip(" ")
    + "\n    Dear Lena,\n",
)

EXCHANGE_55 = wired(
    head("System Administrator <postmaster@customer.example>", "Undeliverable: Offer")
    + dedent(
        """\
        Content-Type: multipart/mixed; boundary=b

        --b
        Content-Type: text/plain

        Your message

          To:      lena@customer.example
          Subject: Offer
          Sent:    Mon, 4 Mar 2024 12:00:00 -0000

        did not reach the following recipient(s):

        lena@customer.example on Mon, 4 Mar 2024 12:00:02 -0000
            The recipient name is not recognized
        \tThe MTS-ID of the original message is: c=us;a= ;p=customer;l=EX1
            MSEXCH:IMS:CUSTOMER:SITE:EX1 0 (000C05A6) Unknown Recipient

        --b
        Content-Type: message/rfc822

        """
    )
    + RETURNED
    + "\nDear Lena,\n--b--\n"
)

DOMINO = dsn(
    "Postmaster@domino.customer.example",
    "DELIVERY FAILURE: User lena (lena@customer.example) not listed in Domino Directory",
    """\
    Your message

      Subject: Offer

    was not delivered to:

      lena@customer.example

    because:

      User lena (lena@customer.example) not listed in Domino Directory
    """,
    """\
    Reporting-MTA: dns;domino.customer.example

    Final-Recipient: rfc822;lena@customer.example
    Action: failed
    Status: 5.1.1
    Diagnostic-Code: X-Notes; User lena (lena@customer.example) not listed in Domino Directory
    """,
)

GROUPWISE = plain(
    "<postmaster@groupwise.customer.example>",
    "Message status - undeliverable",
    """\
    The message that you sent was undeliverable to the following:
    \tlena@customer.example (mailbox is full)

    Possibly truncated original message follows:

    """
    + RETURNED.replace("\n", "\n    ").rstrip(" ")
    + "\n    Dear Lena,\n",
)

MDAEMON = wired(
    head("MDaemon@customer.example", "MDaemon Notification -- Attempted message delivery failed")
    + dedent(
        """\
        X-MDDSN-Message: True
        Content-Type: multipart/mixed; boundary=b

        --b
        Content-Type: text/plain; charset=US-ASCII

        The following data may contain sections which represent BASE64 encoded
        file attachments.

        The attached message had PERMANENT fatal delivery errors!

        After one or more unsuccessful delivery attempts the attached message has
        been removed from the mail queue on this server.

        YOUR MESSAGE WAS NOT DELIVERED TO ONE OR MORE RECIPIENTS!

        Failed address: lena@customer.example

        --- Session Transcript ---
         Mon 2024-03-04 12:00:02: <-- 550 5.1.1 <lena@customer.example>: recipient unknown
        --- End Transcript ---

        --b
        Content-Type: message/rfc822

        """
    )
    + RETURNED
    + "\nDear Lena,\n--b--\n"
)

COURIER = dsn(
    '"Courier mail server at smtp.corp.example" <@smtp.corp.example>',
    "NOTICE: mail delivery status.",
    """\
    This is a delivery status notification from smtp.corp.example,
    running the Courier mail server, version 0.73.

    The original message was received on Mon, 04 Mar 2024 12:00:01 +0000
    from [192.0.2.7]

                               UNDELIVERABLE MAIL

    Your message to the following recipients cannot be delivered:

    <lena@customer.example>:
        mx.customer.example [192.0.2.1]:
    <<< 550 User unknown
    """,
    """\
    Reporting-MTA: dns; smtp.corp.example
    Arrival-Date: Mon, 04 Mar 2024 12:00:01 +0000
    Received-From-MTA: dns; [192.0.2.7]

    Final-Recipient: rfc822; lena@customer.example
    Action: failed
    Status: 5.0.0
    Remote-MTA: dns; mx.customer.example [192.0.2.1]
    Diagnostic-Code: smtp; 550 User unknown
    """,
    kind="text/rfc822-headers",
)

GMX = plain(
    "GMX Mailer Daemon <mailer-daemon@gmx.example>",
    "Mail delivery failed: returning message to sender",
    """\
    Diese Nachricht wurde automatisch erzeugt.

    Ihre E-Mail konnte nicht an alle Empfänger zugestellt werden. Der folgende
    Empfänger wurde nicht erreicht:

    lena@customer.example:
    SMTP error from remote server for TEXT command, host: mx.customer.example (192.0.2.1)
    reason: 552 5.3.4 Message size exceeds fixed limit

    --- The header of the original message is following. ---

    """
    + RETURNED.replace("\n", "\n    ").rstrip(" "),
)

# Without a part for machines, and in French.
FRENCH = plain(
    "Postmaster <postmaster@fai.example>",
    "=?utf-8?q?=C3=89chec_de_la_remise?=",
    """\
    Bonjour,

    Votre message n'a pas pu être remis aux destinataires suivants :

    lena@customer.example
    Boîte inconnue : 550 5.1.1 utilisateur inconnu

    ----- Message d'origine -----
    """
    + RETURNED.replace("\n", "\n    ").rstrip(" "),
)

SES = dsn(
    "MAILER-DAEMON@email-bounces.amazonses.example",
    "Delivery Status Notification (Failure)",
    """\
    An error occurred while trying to deliver the mail to the following recipients:
    lena@customer.example
    """,
    """\
    Reporting-MTA: dns; a8-35.smtp-out.amazonses.example

    Action: failed
    Final-Recipient: rfc822; lena@customer.example
    Diagnostic-Code: smtp; 554 5.7.1 Rejected by content filter: SPAM
    Status: 5.7.1
    """,
    # It replaces the id of whatever it sends.
    returned=RETURNED.replace("offer-1@corp.example", "0100018e@email.amazonses.example"),
)

SMTPUTF8 = dsn(
    "Mail Delivery System <MAILER-DAEMON@smtp.corp.example>",
    "Undelivered Mail Returned to Sender",
    "The mail could not be delivered.\n",
    """\
    Reporting-MTA: dns; smtp.corp.example

    Final-Recipient: utf-8; lena@b\\x{FC}cher.example
    Action: failed
    Status: 5.1.2
    Diagnostic-Code: X-Postfix; Host or domain name not found. Name service error for
        name=bücher.example type=MX: Host not found
    """,
    status_type="message/global-delivery-status",
    kind="message/global-headers",
    returned=RETURNED.replace("lena@customer.example", "lena@bücher.example"),
)

DELAYED = dsn(
    "MAILER-DAEMON@smtp.corp.example (Mail Delivery System)",
    "Delayed Mail (still being retried)",
    """\
    ####################################################################
    # THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #
    ####################################################################

    Your message could not be delivered for more than 4 hour(s).
    It will be retried until it is 5 day(s) old.
    """,
    """\
    Reporting-MTA: dns; smtp.corp.example

    Final-Recipient: rfc822; lena@customer.example
    Original-Recipient: rfc822;lena@customer.example
    Action: delayed
    Status: 4.4.1
    Diagnostic-Code: X-Postfix; connect to mx.customer.example[192.0.2.1]:25:
        Connection timed out
    Will-Retry-Until: Sat,  9 Mar 2024 12:00:01 +0000 (UTC)
    """,
    kind="text/rfc822-headers",
)

DELAYED_EXIM = plain(
    "Mail Delivery System <Mailer-Daemon@host.corp.example>",
    "Warning: message 1rhABC-0001 delayed 24 hours",
    """\
    This message was created automatically by mail delivery software.
    A message that you sent has not yet been delivered to one or more of its
    recipients after more than 24 hours on the queue on host.corp.example.

    The message identifier is:     1rhABC-0001
    The subject of the message is: Offer
    The date of the message is:    Mon, 4 Mar 2024 12:00:00 +0000

    The address to which the message has not yet been delivered is:

      lena@customer.example
        host mx.customer.example [192.0.2.1]
        Connection timed out

    No action is required on your part. Delivery attempts will continue for
    some time, and this warning may be repeated at intervals if the message
    remains undelivered. Eventually the mail delivery software will give up,
    and when that happens, the message will be returned to you.
    """,
    "Auto-Submitted: auto-replied\nReferences: <offer-1@corp.example>\n",
)

DELIVERED = dsn(
    "postmaster@customer.example",
    "Delivery Status Notification (Success)",
    "Your message was delivered.\n",
    """\
    Reporting-MTA: dns; mx.customer.example

    Original-Recipient: rfc822;lena@customer.example
    Final-Recipient: rfc822; lena.park@inside.customer.example
    Action: delivered
    Status: 2.1.5
    """,
)

RELAYED = dsn(
    "postmaster@corp.example",
    "Relayed: Offer",
    "Delivery to these recipients is complete, but no notification was sent.\n",
    """\
    Reporting-MTA: dns; smtp.corp.example

    Final-Recipient: rfc822; lena@customer.example
    Action: relayed
    Status: 2.0.0
    """,
)

ONE_OF_THREE = dsn(
    "MAILER-DAEMON@smtp.corp.example (Mail Delivery System)",
    "Undelivered Mail Returned to Sender",
    "Your message could not be delivered to one or more recipients.\n",
    """\
    Reporting-MTA: dns; smtp.corp.example

    Final-Recipient: rfc822; max@customer.example
    Action: failed
    Status: 5.2.1
    Diagnostic-Code: smtp; 550 5.2.1 The email account that you tried to reach is disabled
    """,
    returned=RETURNED.replace(
        "To: Lena Park <lena@customer.example>",
        "To: lena@customer.example, max@customer.example, zoe@customer.example",
    ),
)


def mdn(disposition: str, subject: str, more: str = "", sender: str = "") -> bytes:
    """A report by RFC 8098: what was done with a mail."""
    return wired(
        head(sender or "Lena Park <lena@customer.example>", subject, more).replace(
            "Return-Path: <>\n", ""
        )
        + dedent(
            """\
            Content-Type: multipart/report; report-type=disposition-notification;
             boundary=b

            --b
            Content-Type: text/plain

            Your message was displayed. This is no guarantee that it was read.

            --b
            Content-Type: message/disposition-notification

            Reporting-UA: mail.customer.example; Thunderbird
            Original-Recipient: rfc822;lena@customer.example
            Final-Recipient: rfc822;lena@customer.example
            Original-Message-ID: <offer-1@corp.example>
            """
        )
        + f"Disposition: {disposition}\n\n--b--\n"
    )


READ = mdn("manual-action/MDN-sent-manually; displayed", "Return Receipt (displayed) - Offer")
DELETED = mdn("automatic-action/MDN-sent-automatically; deleted", "Not read: Offer")
PROCESSED = mdn("automatic-action/MDN-sent-automatically; processed", "Processed: Offer")
