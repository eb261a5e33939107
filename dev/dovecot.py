"""A Dovecot of our own: any user name, one password, mail in `.dev/mail`.

There are no accounts to set up or clean up: a test makes up a new address and has an empty
mailbox. `passwords.set_password` gives one user another password.
"""

from __future__ import annotations

import os
import resource
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from . import certificates, oidc, passwords
from .console import Failure, run, step
from .machine import (
    Daemon,
    answers,
    find,
    known_ports,
    need,
    os_group,
    own,
    ports,
    service_user,
    unprivileged,
)
from .paths import LOG, STATE, write

# All have the same ports and differ in their certificates. Logging in needs TLS, except on the
# first: Dovecot considers a connection from an address to itself secure.
SELF_SIGNED = "127.0.0.1"
WRONG_NAME = "127.0.0.2"
TRUSTED = "127.0.0.3"
# No TLS here, on the ports on which the others offer STARTTLS.
PLAIN = "127.0.0.4"
CERTIFICATES = {
    SELF_SIGNED: certificates.SELF_SIGNED,
    WRONG_NAME: certificates.WRONG_NAME,
    TRUSTED: certificates.TRUSTED,
}

HOME = STATE / "dovecot"
MAIL = STATE / "mail"
CONFIG = HOME / "dovecot.conf"
OAUTH_CONFIG = HOME / "oauth2.conf"
DAEMON = Daemon("dovecot")

CONF = """\
# Written by dev/dovecot.py.
base_dir = {home}/run
state_dir = {home}/state
log_path = {log}/dovecot.log
info_log_path = {log}/dovecot.log
log_timestamp = "%Y-%m-%d %H:%M:%S "
protocols = imap lmtp
listen = {hosts}
ssl_min_protocol = TLSv1.2

# Everything runs as one user, who need not be root.
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = 1
default_vsz_limit = 1G
default_client_limit = 4096
default_process_limit = 2000

# Any address is a user. Users whose password was changed are in the file: the first passdb
# accepts the new password, the second refuses any other, the third knows the common one.
auth_username_chars =
auth_username_format = %Lu
auth_failure_delay = 0
auth_cache_size = 0
auth_worker_max_count = 30
auth_mechanisms = plain xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {oauth_config}
}}
passdb {{
  driver = passwd-file
  mechanisms = plain
  args = scheme=PLAIN username_format=%Lu {passwords}
}}
passdb {{
  driver = passwd-file
  mechanisms = plain
  args = scheme=PLAIN username_format=%Lu {passwords}
  deny = yes
}}
passdb {{
  driver = static
  mechanisms = plain
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={mail}/%Lu allow_all_users=yes
}}

mail_location = mdbox:~/mdbox
mdbox_rotate_size = 20M
mail_fsync = never
mail_max_userip_connections = 5000
imap_idle_notify_interval = 29 mins
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Drafts {{
    auto = subscribe
    special_use = \\Drafts
  }}
  mailbox Trash {{
    auto = subscribe
    special_use = \\Trash
  }}
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
}}

service imap-login {{
  chroot =
  process_min_avail = 1
  process_limit = 2000
  # Many connections per process, not one process per connection.
  service_count = 0
  client_limit = 4000
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 4000
  # A process serves one connection at a time, but many one after another: starting one takes longer
  # than an unchanged poll.
  service_count = 500
}}
service anvil {{
  chroot =
  client_limit = 9000
  # A wrong password must not slow down all the others: all tests come from one address.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  client_limit = 9000
}}
service stats {{
  chroot =
  client_limit = 9000
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@localhost
}}

ssl = required
disable_plaintext_auth = yes
ssl_cert = <{self_signed}/certificate.pem
ssl_key = <{self_signed}/key.pem
local 127.0.0.2 {{
  ssl_cert = <{wrong_name}/certificate.pem
  ssl_key = <{wrong_name}/key.pem
}}
local 127.0.0.3 {{
  ssl_cert = <{trusted}/certificate.pem
  ssl_key = <{trusted}/key.pem
}}
local 127.0.0.4 {{
  ssl = no
  disable_plaintext_auth = no
}}
"""

# Each access token is checked by asking the provider (RFC 7662), as it is at no cost here.
OAUTH_CONF = """\
introspection_mode = post
introspection_url = {url}
active_attribute = active
active_value = true
username_attribute = sub
scope = mail
openid_configuration_url = {issuer}/.well-known/openid-configuration
tls_ca_cert_file = {bundle}
"""


def present() -> bool:
    """Return whether Dovecot is installed with its IMAP and LMTP servers."""
    return bool(
        find("dovecot")
        and find("imap", "/usr/lib/dovecot", "/usr/libexec/dovecot")
        and find("lmtp", "/usr/lib/dovecot", "/usr/libexec/dovecot")
    )


def running() -> bool:
    """Return whether our Dovecot runs."""
    return DAEMON.pid is not None


def start() -> None:
    """Start Dovecot, unless it is running."""
    need(["dovecot-imapd", "dovecot-lmtpd"], present)
    if running():
        return
    with step("Starting Dovecot"):
        for folder in (HOME, MAIL, LOG, HOME / "run", HOME / "state"):
            own(folder)
        if len(str(HOME / "run")) > 75:
            # The path of a socket has at most 107 bytes.
            raise Failure(f"{HOME} is too long a path for sockets.", "Clone to a shorter path.")
        passwords.save(passwords.changed())
        allow_files(16384)
        listening = ports("dovecot", "imap", "imaps", "lmtp")
        write(CONFIG, configuration(listening))
        write(
            OAUTH_CONFIG,
            OAUTH_CONF.format(
                url=oidc.introspection_url(), issuer=oidc.issuer(), bundle=certificates.BUNDLE
            ),
        )
        DAEMON.start(
            [*unprivileged(), find("dovecot"), "-F", "-c", CONFIG],
            ready=lambda: all(answers("127.0.0.1", port) for port in listening.values()),
        )


def allow_files(wanted: int) -> None:
    """Allow our child processes to open many files and connections, as far as possible."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def configuration(listening: dict[str, int]) -> str:
    """Return the whole configuration."""
    return CONF.format(
        home=HOME,
        log=LOG,
        mail=MAIL,
        hosts=", ".join((SELF_SIGNED, WRONG_NAME, TRUSTED, PLAIN)),
        user=service_user(),
        group=os_group(),
        oauth_config=OAUTH_CONFIG,
        passwords=passwords.FILE,
        password=passwords.PASSWORD,
        self_signed=certificates.SELF_SIGNED,
        wrong_name=certificates.WRONG_NAME,
        trusted=certificates.TRUSTED,
        **listening,
    )


def stop() -> bool:
    """Stop Dovecot; return whether it was running."""
    return DAEMON.stop()


def listening() -> dict[str, int]:
    """Return the ports of the running Dovecot: `imap`, `imaps`, `lmtp`."""
    return known_ports("dovecot")


def doveadm_command() -> list[str]:
    """Return the command `doveadm`, without arguments."""
    return [*unprivileged(), str(find("doveadm")), "-c", str(CONFIG)]


def doveadm(*args: str | Path, stdin: bytes | None = None) -> str:
    """Run `doveadm` on our Dovecot and return what it prints."""
    return run([*doveadm_command(), *args], stdin=stdin)


def save_mail(user: str, mailbox: str, raw: bytes) -> None:
    """Put a message into a user's mailbox."""
    doveadm("save", "-u", user, "-m", mailbox, stdin=raw)


def import_mail(user: str, mailbox: str, messages: Iterable[bytes | tuple[bytes, float]]) -> None:
    """Put many messages into a user's mailbox at once, each with its internal date if given.

    They are written as a Maildir, from which Dovecot imports thousands per second.
    """
    source = own(STATE / "import" / secrets.token_hex(4))
    # In a Maildir, the inbox is the folder itself and every other mailbox a hidden folder in it.
    name = mailbox.replace("/", ".")
    folder = source if name == "INBOX" else own(source / f".{name}")
    for part in ("cur", "new", "tmp"):
        own(folder / part)
    for number, message in enumerate(messages, 1):
        raw, date = message if isinstance(message, tuple) else (message, None)
        file = folder / "cur" / f"{number:09}.mail:2,"
        file.write_bytes(raw)
        if date is not None:
            os.utime(file, (date, date))
    doveadm("import", "-u", user, f"maildir:{source}", "", "mailbox", name, "all")
    shutil.rmtree(source)
