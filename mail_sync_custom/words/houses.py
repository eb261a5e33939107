"""What a provider's own rules make of a remedy: where to click there."""

from ._marker import _lt

_GOOGLE_APP_PASSWORD = _lt(
    "Google accepts no ordinary password here, only an app password. Open your Google Account "
    "> Security, switch on 2-Step Verification, create one under App passwords, and enter it "
    "here without spaces. Create it while signed in as this very mailbox. If there are no App "
    "passwords, your organization's Google administrator has switched them off."
)
GOOGLE = {
    "login_refused": _GOOGLE_APP_PASSWORD,
    "app_password_needed": _GOOGLE_APP_PASSWORD,
    "browser_sign_in": _lt(
        "Google either blocked this sign-in or wants an app password, and answers both alike. "
        "Open Gmail in a browser as this user, and confirm that the sign-in was you. Then "
        "create an app password at your Google Account > Security > 2-Step Verification > App "
        "passwords, and enter it here."
    ),
    "imap_disabled": _lt(
        "Open Gmail > Settings > See all settings > Forwarding and POP/IMAP, and enable IMAP. "
        "If it is not there, a Google Workspace administrator allows it under Gmail > End User "
        "Access."
    ),
    "imap_disabled_by_admin": _lt(
        "A Google Workspace administrator has to allow it in the Admin console: Apps > Google "
        "Workspace > Gmail > End User Access > POP and IMAP access. Ask them, then reconnect."
    ),
    "too_many_connections": _lt(
        "Gmail lets only about 15 programs read a mailbox at once. Close other mail programs "
        "that are open on it. Mail Sync tries again by itself."
    ),
    "throttled": _lt(
        "Gmail limits how much is read in a day. Your mailbox is not full. Nothing to do: Mail "
        "Sync waits, then continues where it stopped, usually after about an hour and after about "
        "a day at most."
    ),
    "sending_limit": _lt(
        "Gmail lets a mailbox send only so many mails in 24 hours: about 500, or about 2,000 "
        "with Google Workspace. Wait, about a day at most, before you send more."
    ),
}

_MICROSOFT_NO_PASSWORD = _lt(
    "Microsoft 365 and Outlook.com no longer accept a password for IMAP, whichever it is: they "
    "want Microsoft's own sign-in. Open Change settings and press Sign in with Microsoft; if it is "
    "not there, ask your administrator to register Odoo at Microsoft, under Settings, Mail Sync. "
    "Only an Exchange server that your company runs itself may still accept a password."
)
MICROSOFT = {
    "password_sign_in_off": _MICROSOFT_NO_PASSWORD,
    "login_refused": _lt(
        "Microsoft 365 and Outlook.com no longer accept a password for IMAP, and refuse it in the "
        "same words as a wrong one. So another password is unlikely to help: use Sign in with "
        "Microsoft, in the settings of your mailbox here. With an Exchange server of your company "
        "check the user name (often the full address) and the password, and ask whether IMAP is on "
        "for your mailbox. A new app password may take a few hours to work. For a shared mailbox "
        "the user name is you@example.com\\shared@example.com."
    ),
    "app_password_needed": _MICROSOFT_NO_PASSWORD,
    "authenticated_not_connected": _lt(
        "Microsoft says this for a wrong password, for a mailbox that this user may not open, "
        "and where passwords are no longer accepted for IMAP. For a shared mailbox ask for "
        "Full Access, and use you@example.com\\shared@example.com as the user name."
    ),
    "security_policy": _lt(
        "Your organization's security defaults or a conditional access policy block this kind of "
        "sign-in. The password may be right. Only a Microsoft 365 administrator can allow it: "
        "show them the server's reply."
    ),
    "smtp_auth_disabled": _lt(
        "A Microsoft 365 administrator has to allow it, in three places: security defaults, "
        "the organization's setting for SMTP AUTH, and this mailbox: Microsoft 365 admin "
        "center > Users > Active users > Mail > Manage email apps > Authenticated SMTP. "
        "Microsoft is ending passwords for SMTP too, so this may not last."
    ),
    "smtp_not_authenticated": _lt(
        "Microsoft did not accept the sign-in for sending. Check the user name and the "
        "password of the SMTP account; then a Microsoft 365 administrator should check "
        "Authenticated SMTP for this mailbox, for the organization, and the security defaults."
    ),
    "sender_not_allowed": _lt(
        "Microsoft sends only as the mailbox that signs in. Use the same address for both, or "
        "ask a Microsoft 365 administrator for the right Send As on the other mailbox. Do not "
        "repeat it before: repeated errors block sending."
    ),
    "too_many_connections": _lt(
        "Microsoft allows only a few connections to a mailbox at once. Close other programs "
        "that read or send with it. Mail Sync tries again by itself."
    ),
    "mailbox_full": _lt(
        "Your mailbox is full. Empty Sent Items and Deleted Items, or ask for more space. "
        "Until then Microsoft may not let you send."
    ),
}

_YAHOO_APP_PASSWORD = _lt(
    "Yahoo and AOL accept no ordinary password here, only an app password. Sign in on their "
    "web page, open Account info > Security, create one under app passwords, and enter it "
    "here. The user name is the full mail address."
)
YAHOO = {
    "login_refused": _YAHOO_APP_PASSWORD,
    "app_password_needed": _YAHOO_APP_PASSWORD,
    "too_many_logins": _lt(
        "Yahoo has locked sign-ins for a while after too many wrong ones. Wait a few hours. Then "
        "create an app password under Account info > Security on its web page, and enter it here."
    ),
    "throttled": _lt(
        "Yahoo limits how much is read at once. Nothing to do: Mail Sync waits, then continues "
        "where it stopped."
    ),
}

_ICLOUD_APP_PASSWORD = _lt(
    "iCloud does not accept the password of your Apple Account here, only an app-specific "
    "password. Sign in at account.apple.com, open Sign-In and Security > App-Specific "
    "Passwords, create one, and enter it here. Two-factor authentication has to be on. If the "
    "user name is refused for IMAP, try it without @icloud.com; for SMTP use the full address."
)
ICLOUD = {"login_refused": _ICLOUD_APP_PASSWORD, "app_password_needed": _ICLOUD_APP_PASSWORD}

ZOHO = {
    "imap_disabled": _lt(
        "IMAP is off for this very mailbox, even if your organization permits it. Open Zoho "
        "Mail > Settings > Mail Accounts > IMAP Access, switch it on, then reconnect. If the "
        "setting is not there, your plan may not include IMAP: ask your Zoho administrator."
    ),
    "login_refused": _lt(
        "Check that the hostname is the one of your region and plan, as in Zoho Mail > "
        "Settings > Mail Accounts: .com, .eu or .in, imap or imappro, smtp or smtppro. Then "
        "check the full address and the password. With two-factor authentication create an "
        "app password at Zoho Accounts > Security, and enter it here."
    ),
    "app_password_needed": _lt(
        "Create an app password at Zoho Accounts > Security > App Passwords, and enter it here."
    ),
    "wrong_server": _lt(
        "Zoho has a hostname for each region and plan: imap.zoho.com, imap.zoho.eu, "
        "imap.zoho.in, and with imappro and smtppro for organizations with a domain of their "
        "own. Yours is in Zoho Mail > Settings > Mail Accounts."
    ),
    "sender_not_allowed": _lt(
        "Zoho sends only as the account that signs in, or as one of its aliases. Use the same "
        "address for both, or add the other one as an alias in Zoho."
    ),
}

_FASTMAIL_APP_PASSWORD = _lt(
    "Fastmail accepts no ordinary password here, only an app password. Create one in Fastmail "
    "> Settings > Privacy & Security > App passwords, with access to mail, and enter it here. "
    "The user name is your full Fastmail address. Some plans have no IMAP."
)
FASTMAIL = {"login_refused": _FASTMAIL_APP_PASSWORD, "app_password_needed": _FASTMAIL_APP_PASSWORD}

GMX = {
    "login_refused": _lt(
        "GMX refuses every sign-in until it is allowed: open GMX on its web page, then E-mail "
        "> Settings > POP3 & IMAP, and allow access by other programs. Then check the full "
        "address and the password. With two-factor authentication create an app password in "
        "the security settings."
    ),
}

_YANDEX_APP_PASSWORD = _lt(
    "Open Yandex Mail > Settings > Email clients and allow access by IMAP with app passwords. "
    "Then create an app password for mail in your Yandex ID > Security, and enter it here."
)
YANDEX = {
    "login_refused": _YANDEX_APP_PASSWORD,
    "app_password_needed": _YANDEX_APP_PASSWORD,
    "imap_disabled": _YANDEX_APP_PASSWORD,
}

GODADDY = {
    "login_refused": _lt(
        "Check the full mail address and the password. GoDaddy sells Workspace Email, on "
        "secureserver.net, and Microsoft 365, which no longer accepts a password for IMAP: "
        "your GoDaddy account shows under Email & Office which one it is."
    ),
}

CPANEL = {
    "login_refused": _lt(
        "The user name is the full mail address, not the part before the @ and not the name of "
        "the hosting account. Then check the password: it is the mailbox's own, set under "
        "Email Accounts at your host."
    ),
    "certificate_name": _lt(
        "With shared hosting the certificate is usually for the host's own server. Enter the name "
        "that your host shows for mail with SSL (under Email Accounts > Connect Devices in "
        "cPanel) instead of your domain."
    ),
}

#: House → its own remedies, by code. For other codes the general remedy holds.
HOUSES = {
    "google": GOOGLE,
    "microsoft": MICROSOFT,
    "yahoo": YAHOO,
    "icloud": ICLOUD,
    "zoho": ZOHO,
    "fastmail": FASTMAIL,
    "gmx": GMX,
    "yandex": YANDEX,
    "godaddy": GODADDY,
    "cpanel": CPANEL,
}
