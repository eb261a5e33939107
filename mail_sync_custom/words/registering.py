"""What an administrator does at a provider so that users can sign in, step by step."""

from ._marker import _lt

_COPY = _lt(
    "Enter the redirect address that is shown here, letter by letter. It begins with the address "
    "of this Odoo (the system parameter web.base.url): everybody signs in from that address."
)
_ENTER = _lt("Copy the client ID and the client secret into the fields here, and save.")

_GOOGLE = (
    _lt("Open console.cloud.google.com, and create or choose a project."),
    _lt("Under APIs & Services, Library: enable the Gmail API."),
    _lt(
        "Under Google Auth Platform: choose Internal if all your users are in your own Google "
        "Workspace; Google then has nothing to verify. For other addresses choose External: Google"
        " verifies such an application, and until then lets in only the test users that you list, "
        "and for seven days at a time."
    ),
    _lt(
        "Under Data Access: add the scopes openid, .../auth/userinfo.email and "
        "https://mail.google.com/. No narrower scope gives access by IMAP and SMTP."
    ),
    _lt("Under Clients: create a client of the type Web application."),
    _COPY,
    _ENTER,
)
_MICROSOFT = (
    _lt("Open entra.microsoft.com, App registrations, New registration."),
    _lt(
        "Supported account types: your own directory only, if all your users are in it; then enter"
        " that directory's ID here. Otherwise any directory, with personal accounts for "
        "Outlook.com."
    ),
    _COPY,
    _lt(
        "Under API permissions add, for Microsoft Graph, the delegated permissions openid, email, "
        "profile, offline_access, IMAP.AccessAsUser.All and SMTP.Send. Then press Grant admin "
        "consent, or each user may be told to ask you first."
    ),
    _lt(
        "Under Certificates & secrets create a client secret, and note when it expires: from that "
        "day on nobody can sign in, and mailboxes stop within an hour."
    ),
    _lt(
        "Copy the Application (client) ID and the secret's Value (not its ID) into the fields "
        "here, and save."
    ),
    _lt("In the Exchange admin center IMAP and Authenticated SMTP have to be on for each mailbox."),
)
_YAHOO = (
    _lt(
        "Yahoo gives access to mail only to applications that it has approved: apply at "
        "senders.yahooinc.com first."
    ),
    _lt(
        "Open developer.yahoo.com/apps, and create a confidential client with the permissions "
        "OpenID Connect and Mail."
    ),
    _COPY,
    _ENTER,
)
_ZOHO = (
    _lt(
        "Open api-console.zoho.com, or the console of your region (.eu, .in): a client belongs to "
        "one region."
    ),
    _lt("Add a client of the type Server-based Applications."),
    _COPY,
    _ENTER,
)
_OTHER = (
    _lt(
        "Register a confidential client (authorization code, PKCE with S256) at your OpenID "
        "provider."
    ),
    _COPY,
    _lt(
        "Allow it the scopes openid, email and offline_access, and the one that your mail server "
        "asks for, if any; enter that one under Scopes for Mail."
    ),
    _lt(
        "Enter the issuer's address, the client ID and the client secret, the domains of your mail"
        " addresses, and your mail servers. Your mail server has to accept the provider's tokens "
        "(OAUTHBEARER or XOAUTH2). An issuer inside your own network has to be listed with its "
        "port under Servers of your own network."
    ),
)

STEPS = {"google": _GOOGLE, "microsoft": _MICROSOFT, "yahoo": _YAHOO, "openid": _OTHER}


def steps(env, sign_in):
    """Return the steps for a provider, in their order."""
    return [env._(line) for line in STEPS.get(sign_in, _ZOHO)]
