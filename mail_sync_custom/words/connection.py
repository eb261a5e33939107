"""Words for the network, encryption and certificates."""

from ._marker import _lt

ENCRYPTION = {
    "tls_failed": (
        _lt("No encrypted connection could be made"),
        _lt(
            "Check host, port and 'Use SSL?': with SSL it is usually port 993 (IMAP) and 465 "
            "(SMTP), without it 143 and 587. If they are right, show the technical words beside "
            "this to your provider."
        ),
    ),
    "tls_on_plain_port": (
        _lt("'Use SSL?' and the port do not go together"),
        _lt(
            "This port does not begin with SSL. Use port 993 (IMAP) or 465 (SMTP) with 'Use "
            "SSL?', or leave it unchecked for port 143 or 587."
        ),
    ),
    "plain_on_tls_port": (
        _lt("This port wants 'Use SSL?'"),
        _lt("Check 'Use SSL?', or use port 143 (IMAP) or 587 (SMTP) without it."),
    ),
    "plaintext_disallowed": (
        _lt("The server accepts a password only on an encrypted connection"),
        _lt(
            "Check 'Use SSL?' and use port 993 for IMAP and 465 for SMTP. That also protects your "
            "password best."
        ),
    ),
    "encryption_mismatch": (
        _lt("The server expected another kind of encryption"),
        _lt(
            "Either check 'Use SSL?' with port 993 for IMAP and 465 for SMTP, or leave it "
            "unchecked with port 143 and 587."
        ),
    ),
    "starttls_missing": (
        _lt("Without SSL this server offers no encryption"),
        _lt(
            "Check 'Use SSL?' and use port 993 for IMAP and 465 for SMTP. Without encryption "
            "others on the network could read your password and your mail. Only if your provider "
            "has none at all, check 'Allow without encryption'."
        ),
    ),
    "starttls_gone": (
        _lt("The server no longer offers encryption, though it did before"),
        _lt(
            "Your password was not sent. Someone may be listening in, or the server was changed: "
            "try from another network, ask your provider, or use 'Use SSL?' with port 993 for "
            "IMAP and 465 for SMTP."
        ),
    ),
    "starttls_injection": (
        _lt("Something was injected before the encryption began"),
        _lt(
            "Your password was not sent. Someone may be listening in: use 'Use SSL?' with port "
            "993 for IMAP and 465 for SMTP, and tell your administrator."
        ),
    ),
    "preauth": (
        _lt("The server signs anybody in without a password"),
        _lt(
            "Mail Sync did not continue: encryption cannot begin on such a connection. Use 'Use "
            "SSL?' with port 993, and tell your administrator."
        ),
    ),
    "smtp_auth_missing": (
        _lt("This server offers no sign-in for sending"),
        _lt(
            "It is usually the wrong port: use 465 with 'Use SSL?', or 587 without. Port 25 is "
            "for mail between servers."
        ),
    ),
    "tls_too_old": (
        _lt("The server's encryption is not compatible with ours"),
        _lt(
            "It is most likely too old to be safe. Ask your mail host to offer TLS 1.2 or "
            "newer, or use another server of the provider."
        ),
    ),
}

CERTIFICATES = {
    "certificate_untrusted": (
        _lt("The server's certificate is not from a known authority"),
        _lt(
            "If it is your company's own server, check 'Self-Signed Certificate?' and compare "
            "the fingerprint that is shown with your administrator. For a public provider do "
            "not: check the spelling of the hostname, and ask the provider."
        ),
    ),
    "certificate_name": (
        _lt("The server's certificate is for another hostname"),
        _lt(
            "Check the spelling of the hostname. With shared hosting enter the server's own "
            "name, which your host tells you, instead of your domain."
        ),
    ),
    "certificate_expired": (
        _lt("The server's certificate is not valid today"),
        _lt(
            "It has expired, or is not valid yet. Whoever manages the mail server has to renew "
            "it; tell them. Your password was not sent."
        ),
    ),
    "certificate_changed": (
        _lt("The server's certificate is not the one that you accepted"),
        _lt(
            "Your password was not sent. If your administrator confirms that the certificate was "
            "replaced, open Change settings, press Next, compare the new fingerprint, and accept "
            "it. If nobody knows of it, someone may be listening in."
        ),
    ),
}

NETWORK = {
    "host_not_found": (
        _lt("There is no server with this name"),
        _lt(
            "Check the spelling of the hostname: it usually looks like imap.example.com, without "
            "http:// and without an @."
        ),
    ),
    "lookup_failed": (
        _lt("The server's name could not be looked up at the moment"),
        _lt(
            "Nothing to do: Mail Sync tries again by itself. If it persists, the name service of "
            "your Odoo server does not answer: tell your administrator."
        ),
    ),
    "host_not_allowed": (
        _lt("This server or port is not allowed"),
        _lt(
            "Use the public hostname of your mail server, and one of the ports 143, 993, 25, "
            "465, 587 and 2525. For a server in your company's own network, or another port, "
            "ask your administrator: Settings > Mail Sync > Servers of your own network."
        ),
    ),
    "connection_refused": (
        _lt("The server does not answer on this port"),
        _lt(
            "Check host and port: 993 (IMAP) and 465 (SMTP) with 'Use SSL?', 143 and 587 "
            "without. If they are right, the mail service is down, or a firewall keeps your "
            "Odoo server out."
        ),
    ),
    "connection_lost": (
        _lt("The connection was lost"),
        _lt(
            "Nothing to do: Mail Sync tries again by itself, and nothing is lost. If it persists, "
            "check host, port and 'Use SSL?', or ask your administrator."
        ),
    ),
    "network_unreachable": (
        _lt("Odoo cannot reach the mail server"),
        _lt(
            "Mail Sync tries again by itself. If it persists, your administrator should check the "
            "network of the Odoo server."
        ),
    ),
    "timeout": (
        _lt("The server did not answer in time"),
        _lt(
            "Mail Sync tries again by itself. If it persists, check host and port: 993 (IMAP) and "
            "465 (SMTP) with 'Use SSL?', 143 and 587 without. A firewall, or the host of your "
            "Odoo server, may also block the port."
        ),
    ),
    "not_imap": (
        _lt("What answers there is not an IMAP server"),
        _lt(
            "Check that hostname and port are the provider's for IMAP: 993 with 'Use SSL?', "
            "143 without."
        ),
    ),
    "not_smtp": (
        _lt("What answers there is not an SMTP server"),
        _lt(
            "Check that hostname and port are the provider's for SMTP: 465 with 'Use SSL?', "
            "587 without."
        ),
    ),
    "protocol": (
        _lt("The server's answer could not be understood"),
        _lt(
            "Mail Sync tries again by itself. If it persists, check that host and port are those "
            "of a mail server, and show the server's reply to your administrator."
        ),
    ),
}

WORDS = ENCRYPTION | CERTIFICATES | NETWORK
