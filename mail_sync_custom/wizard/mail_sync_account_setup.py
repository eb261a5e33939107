from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize


class MailSyncAccountSetup(models.TransientModel):
    """Connecting a mailbox in two steps. Neither goes on before the server has let us in.

    Nothing is saved before *Finish*: the wizard's own record, which holds the secrets encrypted,
    is cleaned up by Odoo, and sooner by *Finish* itself.
    """

    _name = "mail.sync.account.setup"
    _description = "Connect a Mailbox"

    step = fields.Selection(
        [("imap", "IMAP"), ("smtp", "SMTP Account"), ("ready", "Ready")],
        default="imap",
        required=True,
        readonly=True,
    )
    provider_id = fields.Many2one(
        "mail.sync.provider",
        help="Fills in the settings below. Choose Other to enter your own.",
    )
    provider_note = fields.Text(related="provider_id.note")
    email = fields.Char(
        "Mail Address",
        help="Your address, if it is not the username.",
    )
    imap_username = fields.Char("Username", help="The mail address that you use, as a rule.")
    imap_password = fields.Char(
        "Password",
        compute="_compute_passwords",
        inverse="_inverse_imap_password",
        help="Some providers want an app password here instead of the one you log in with.",
    )
    imap_password_hint = fields.Char(compute="_compute_password_hints")
    imap_host = fields.Char("Hostname")
    imap_port = fields.Integer("Port", default=993)
    imap_ssl = fields.Boolean(
        "Use SSL?",
        default=True,
        help="On: encrypted from the first byte, as a rule on port 993. "
        "Off: the connection is upgraded by STARTTLS, as a rule on port 143.",
    )
    imap_self_signed = fields.Boolean(
        "Self-Signed Certificate?",
        help="For a server whose certificate nobody vouches for. The certificate that is met now "
        "is remembered, and from then on no other is accepted.",
    )
    imap_plain_allowed = fields.Boolean(
        "Allow without encryption",
        help="Only for a server that offers none: whoever can listen to the connection reads your "
        "password and your mail.",
    )
    imap_fingerprint = fields.Char("Certificate (SHA-256)", readonly=True)
    imap_fingerprint_met = fields.Char("New certificate (SHA-256)", readonly=True)
    imap_fingerprint_accepted = fields.Boolean("I have compared it: accept the new certificate")
    imap_starttls = fields.Boolean(readonly=True)
    imap_secret = fields.Char(groups=fields.NO_ACCESS, copy=False)
    smtp_username = fields.Char("Username ", help="The same as for IMAP, as a rule.")
    smtp_password = fields.Char(
        "Password ",
        compute="_compute_passwords",
        inverse="_inverse_smtp_password",
        help="Leave it empty to use the one that you entered for IMAP.",
    )
    smtp_password_hint = fields.Char(compute="_compute_password_hints")
    smtp_host = fields.Char("Hostname ")
    smtp_port = fields.Integer("Port ", default=465)
    smtp_ssl = fields.Boolean(
        "Use SSL? ",
        default=True,
        help="On: encrypted from the first byte, as a rule on port 465. "
        "Off: the connection is upgraded by STARTTLS, as a rule on port 587.",
    )
    smtp_self_signed = fields.Boolean(
        "Self-Signed Certificate? ",
        help="For a server whose certificate nobody vouches for. The certificate that is met now "
        "is remembered, and from then on no other is accepted.",
    )
    smtp_plain_allowed = fields.Boolean(
        "Allow without encryption ",
        help="Only for a server that offers none: whoever can listen to the connection reads your "
        "password and your mail.",
    )
    smtp_fingerprint = fields.Char("Certificate (SHA-256) ", readonly=True)
    smtp_fingerprint_met = fields.Char("New certificate (SHA-256) ", readonly=True)
    smtp_fingerprint_accepted = fields.Boolean("I have compared it: accept the new certificate ")
    smtp_starttls = fields.Boolean(readonly=True)
    smtp_secret = fields.Char(groups=fields.NO_ACCESS, copy=False)
    folder_ids = fields.One2many("mail.sync.account.setup.folder", "setup_id", "Folders")
    sent_folder_id = fields.Many2one(
        "mail.sync.account.setup.folder",
        "Folder of sent mail",
        domain="[('setup_id', '=', id), ('special_use', '!=', 'inbox')]",
    )
    missing_folders = fields.Char("Folders that are gone", readonly=True)
    waits = fields.Boolean(compute="_compute_waits", compute_sudo=True)
    history = fields.Selection(
        selection=lambda self: (
            self.env["mail.sync.account"]._fields["history"]._description_selection(self.env)
        ),
        string="Read back",
        required=True,
        default=lambda self: self._default_history(),
        help="How far back mails with your leads are looked for. New mail is always read.",
    )

    # -- what is known already ---------------------------------------------------------------

    @api.model
    def _default_history(self):
        """Return three months, or less where the administrator allows no more."""
        allowed = self._company()._mail_sync_histories()
        return DEFAULT_HISTORY if DEFAULT_HISTORY in allowed else allowed[-1]

    @api.model
    def _histories(self):
        """Return how far back this user may read: what is allowed, and what they have already."""
        account_sudo = self._account_sudo()
        own = {account_sudo.history} if account_sudo.active else set()
        return own.union(self._company()._mail_sync_histories())

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Offer only so much of the past as the user may have read."""
        described = super().fields_get(allfields, attributes)
        history = described.get("history", {})
        if "selection" in history:
            offered = self._histories()
            history["selection"] = [each for each in history["selection"] if each[0] in offered]
        return described

    @api.model
    def default_get(self, fields_list):
        """Start from the user's account, one that was disabled too, or else from their address."""
        values = super().default_get(fields_list)
        account_sudo = self._account_sudo()
        if not account_sudo:
            email = email_normalize(self.env.user.email or "")
            provider = self.env["mail.sync.provider"]._suggest(email)
            values |= {"imap_username": email, "provider_id": provider.id}
            return {**values, **provider._settings(email)}
        names = [f"{protocol}_{name}" for protocol in PROTOCOLS for name in _ENTERED]
        known = account_sudo.read([*names, "history", "provider_id"], load=None)[0]
        known["email"] = _given_email(account_sudo)
        if known["history"] not in self._histories():
            # An account that was disabled begins anew, within what is allowed by now.
            known["history"] = self._default_history()
        return values | {name: value for name, value in known.items() if name in fields_list}

    @api.model
    def _account_sudo(self):
        """Return the user's account as superuser, one that was disabled too, or none.

        The right it stands in for is a user's to their own settings. Secrets are not for showing.
        """
        return self.env["mail.sync.account"].sudo()._ever_of_user(self.env.user)

    @api.model
    def _company(self):
        """Return the company whose limits hold for the user's mailbox."""
        account_sudo = self._account_sudo()
        whose = account_sudo if account_sudo.active else self.env.user
        return whose.company_id.with_env(self.env)

    @api.model_create_multi
    def create(self, vals_list):
        """The address that was given for one username says nothing of another."""
        account_sudo = self._account_sudo()
        for vals in vals_list:
            self._check_ports(vals)
            username = vals.get("imap_username", account_sudo.imap_username)
            if not _same(username, account_sudo.imap_username):
                vals.setdefault("email", False)
        return super().create(vals_list)

    @api.depends("imap_username", "imap_host", "smtp_username", "smtp_host")
    def _compute_password_hints(self):
        """Say when a password is known already, so that its empty field is not a riddle."""
        for setup in self:
            # sudo: only whether there is one is told
            entered = {"imap": setup.sudo().imap_secret, "smtp": setup.sudo().smtp_secret}
            for protocol, secret in entered.items():
                hint = False
                if protocol == "smtp" and secret and secret == entered["imap"]:
                    hint = self.env._("The same as for IMAP")
                elif secret:
                    hint = self.env._("Entered; leave empty to keep it")
                elif setup._secret(protocol):
                    hint = self.env._("Saved; leave empty to keep it")
                setup[f"{protocol}_password_hint"] = hint

    @api.depends("step")
    def _compute_waits(self):
        """Say before *Finish* that the company has no free place for this mailbox."""
        for setup in self:
            user = setup.create_uid or self.env.user
            account = self.env["mail.sync.account"]._of_user(user)
            full = user.company_id._mail_sync_places_left() == 0
            setup.waits = account.state == "pending" if account else full

    @api.onchange("provider_id")
    def _onchange_provider_id(self):
        # Odoo asks when the form opens, too: what was saved there is no preset's any more.
        if not self._is_saved("provider_id", "imap_host", "smtp_host"):
            settings = self.provider_id._settings(self.imap_username)
            self.update(settings or self._without_presets())

    def _without_presets(self):
        """Return the fields that a provider chosen before has filled in, as if none had been.

        What the user has entered by hand stays.
        """
        if not self.provider_id:
            return {}
        presets = self.env["mail.sync.provider"].search([("imap_host", "!=", False)])
        known = [preset._settings(self.imap_username) for preset in presets]
        values = {}
        for protocol in PROTOCOLS:
            names = [f"{protocol}_{name}" for name in ("host", "port", "ssl")]
            shown = [self[name] for name in names]
            if any([settings[name] for name in names] == shown for settings in known):
                values |= dict(zip(names, (False, USUAL_PORTS[protocol][0], True), strict=True))
        return values

    @api.onchange("imap_username")
    def _onchange_imap_username(self):
        account_sudo = self._account_sudo()
        if self._is_saved("imap_username"):
            self.email = self.email or _given_email(account_sudo)
        elif email_normalize(self.imap_username or "") or self.email == account_sudo.email:
            self.email = False
        provider = self.env["mail.sync.provider"]._suggest(self.imap_username)
        if provider and not self.imap_host:
            self.provider_id = provider
            self.update(provider._settings(self.imap_username))

    def _is_saved(self, *names):
        """Whether these fields are as they were saved with the account."""
        account_sudo = self._account_sudo()
        return bool(account_sudo) and all(self[name] == account_sudo[name] for name in names)

    @api.onchange("imap_ssl")
    def _onchange_imap_ssl(self):
        self.imap_port = _usual_port(self.imap_port, self.imap_ssl, *USUAL_PORTS["imap"])

    @api.onchange("smtp_ssl")
    def _onchange_smtp_ssl(self):
        self.smtp_port = _usual_port(self.smtp_port, self.smtp_ssl, *USUAL_PORTS["smtp"])

    def _compute_passwords(self):
        """A password goes in and never comes out."""
        self.imap_password = self.smtp_password = False

    def _inverse_imap_password(self):
        self._keep_secret("imap")

    def _inverse_smtp_password(self):
        self._keep_secret("smtp")

    def _keep_secret(self, protocol):
        for setup in self.filtered(f"{protocol}_password"):
            token = self.env["mail.sync.account"]._encrypt(setup[f"{protocol}_password"])
            # sudo: the secret is closed to everyone, to whoever entered it as well
            setup.sudo()[f"{protocol}_secret"] = token

    # -- the two steps -----------------------------------------------------------------------

    def action_next(self):
        """Log in by IMAP and look at the folders; go on to SMTP when that has worked."""
        self._require("imap")
        if self.history not in self._histories():
            self._company()._mail_sync_check_history(self.history)
        if not (found := self._try("imap")):
            return self._reopen()
        # sudo: the wizard is its user's own; its secrets are closed to everyone
        setup_sudo = self.sudo()
        setup_sudo._set_folders(found["folders"])
        setup_sudo.write({**_learned("imap", found), "step": "smtp", **self._smtp_defaults()})
        return self._reopen()

    def action_connect_smtp(self):
        """Log in by SMTP; show *Finish* when that has worked."""
        if self.step == "imap":
            raise UserError(self.env._("Connect IMAP first."))
        self._require("smtp")
        if found := self._try("smtp"):
            self.write({**_learned("smtp", found), "step": "ready"})
        return self._reopen()

    def _try(self, protocol):
        """Log in, and return what that taught; None where another certificate stood in the way.

        That one is shown, beside the one that was accepted, and nothing has been sent to whoever
        has it. Raises UserError for whatever else stands in the way.
        """
        Account = self.env["mail.sync.account"]
        try:
            return self._account_sudo()._try_entered(protocol, self._settings(protocol))
        except UserError as error:
            if not (met := Account._other_certificate(error)):
                raise
        self.write(
            {
                f"{protocol}_fingerprint": self._known(protocol)["fingerprint"],
                f"{protocol}_fingerprint_met": met,
                f"{protocol}_fingerprint_accepted": False,
            }
        )
        return None

    def action_back(self):
        """Return to the step before, with everything as it was entered."""
        self.step = "smtp" if self.step == "ready" else "imap"
        return self._reopen()

    def action_finish(self):
        """Save the account and start the first synchronisation."""
        self.ensure_one()
        if self.step != "ready":
            raise UserError(self.env._("Connect IMAP and SMTP first."))
        # sudo: to connect their own mailbox is every user's right, whatever they may write
        account = self.env["mail.sync.account"].sudo()._set_up(self.env.user, self._values())
        self.sudo().unlink()
        action = {**account.with_env(self.env).action_open_mine(), "target": "main"}
        return account._say_waiting(action) if account.state == "pending" else action

    def write(self, vals):
        """What was changed has to be tried again before it is saved."""
        self._check_ports(vals)
        for protocol in PROTOCOLS:
            entered = {f"{protocol}_{name}" for name in (*_ENTERED, "password")}
            if "step" not in vals and entered & vals.keys():
                vals = {**vals, "step": protocol}
                break
        for protocol in PROTOCOLS:
            if self._changes(vals, f"{protocol}_host"):
                # Of another server nothing is known yet.
                vals = {**_learned(protocol, dict.fromkeys(_LEARNED, False)), **vals}
        if any(self._changes(vals, name) for name in ("imap_host", "imap_username")):
            # The folders of another mailbox say nothing of this one's.
            vals = {"folder_ids": [fields.Command.clear()], "sent_folder_id": False, **vals}
        return super().write(vals)

    def _changes(self, vals, name):
        return name in vals and any(not _same(setup[name], vals[name]) for setup in self)

    # -- values ------------------------------------------------------------------------------

    def _require(self, protocol):
        self.ensure_one()
        labels = [
            self._fields[f"{protocol}_{name}"]._description_string(self.env).strip()
            for name in ("username", "host")
            if not self[f"{protocol}_{name}"]
        ]
        if not self._secret(protocol):
            labels.append(self.env._("Password"))
        if labels:
            raise UserError(self.env._("Still to be filled in: %s.", ", ".join(labels)))
        self._check_host(self[f"{protocol}_host"].strip())
        if not 0 < self[f"{protocol}_port"] <= MAX_PORT:
            raise self._no_port(protocol, self[f"{protocol}_port"])

    def _check_host(self, host):
        """Raise UserError for what no name service can be asked for (RFC 1035 §2.3.4, RFC 5891)."""
        try:
            possible = len(host.encode("idna")) <= MAX_HOSTNAME
        except UnicodeError:
            possible = False
        if not possible:
            shown = host if len(host) <= MAX_SHOWN else f"{host[:MAX_SHOWN]}…"
            raise UserError(
                self.env._(
                    "This is not a hostname: %s\n"
                    "It mostly looks like imap.sampledomain.com, without http:// and without an @.",
                    shown,
                )
            )

    @api.model
    def _check_ports(self, vals):
        """Raise UserError for what a field for a number cannot even hold."""
        for protocol in PROTOCOLS:
            port = vals.get(f"{protocol}_port") or 0
            try:
                held = abs(int(port)) <= MAX_INTEGER
            except ValueError:
                held = False
            if not held:
                raise self._no_port(protocol, port)

    @api.model
    def _no_port(self, protocol, port):
        """Return the UserError for what is no port (RFC 6335 §6), with the usual ones."""
        encrypted, upgraded = USUAL_PORTS[protocol]
        return UserError(
            self.env._(
                "There is no port %(port)s: a port is a number from 1 to 65535.\n"
                "Here it is as a rule %(encrypted)s with 'Use SSL?', and %(upgraded)s without.",
                port=port,
                encrypted=encrypted,
                upgraded=upgraded,
            )
        )

    def _secret(self, protocol):
        """Return the encrypted secret: the one entered or, with none, the one saved before."""
        # sudo: closed to everyone, and handed on encrypted
        entered = self.sudo()[f"{protocol}_secret"]
        account_sudo = self.env["mail.sync.account"].sudo()._of_user(self.env.user)
        same = (
            account_sudo[f"{protocol}_username"] == self[f"{protocol}_username"]
            and account_sudo[f"{protocol}_host"] == self[f"{protocol}_host"]
        )
        # A saved password goes to the server that it was saved for, and to no other.
        return entered or (account_sudo[f"{protocol}_secret"] if same else False)

    def _known(self, protocol):
        """Return what is known of the server entered: learned here, or when it was saved."""
        account_sudo = self._account_sudo()
        if not _same(account_sudo[f"{protocol}_host"], self[f"{protocol}_host"]):
            account_sudo = account_sudo.browse()
        names = {name: f"{protocol}_{name}" for name in _LEARNED}
        return {key: self[name] or account_sudo[name] for key, name in names.items()}

    def _settings(self, protocol):
        """Return what a connection is made of, named without the protocol."""
        settings = {name: self[f"{protocol}_{name}"] for name in _ENTERED} | self._known(protocol)
        settings["username"] = settings["username"].strip()
        settings["host"] = settings["host"].strip()
        # Exactly the one that was shown is accepted, and not whichever comes next.
        if self[f"{protocol}_fingerprint_accepted"]:
            settings["fingerprint"] = self[f"{protocol}_fingerprint_met"] or settings["fingerprint"]
        if not settings["self_signed"]:
            settings["fingerprint"] = False
        return {**settings, "secret": self._secret(protocol)}

    def _smtp_defaults(self):
        """Start the second step from what the first one knows."""
        setup_sudo = self.sudo()
        values = {}
        account_sudo = self._account_sudo()
        one_name = _same(account_sudo.smtp_username, account_sudo.imap_username)
        if not self.smtp_username or (one_name and self._is_saved("smtp_username")):
            values["smtp_username"] = self.imap_username
        same_user = "smtp_username" in values or self.smtp_username == self.imap_username
        renewed = setup_sudo.imap_secret and not setup_sudo.smtp_secret and same_user
        moved = self._has_moved()
        # What was entered for the new server is not for the old one, nor the other way round.
        if moved or renewed or not self._secret("smtp"):
            values["smtp_secret"] = setup_sudo._secret("imap")
        if self.imap_host and (moved or not self.smtp_host):
            values["smtp_host"] = self._smtp_host_beside()
            values["smtp_self_signed"] = self.imap_self_signed
        return values

    def _has_moved(self):
        """Whether reading is at another server than the saved one, and sending not yet."""
        account_sudo = self._account_sudo()
        if not account_sudo or _same(self.imap_host, account_sudo.imap_host):
            return False
        still = _same(self.smtp_host, account_sudo.smtp_host)
        return still and not _same(self.smtp_host, self._smtp_host_beside())

    def _smtp_host_beside(self):
        """Return the SMTP host that goes with the IMAP host: the provider's, or one by its name."""
        preset = self.provider_id._settings(self.imap_username)
        if preset and _same(preset["imap_host"], self.imap_host):
            return preset["smtp_host"]
        return self.imap_host.replace("imap.", "smtp.", 1)

    def _values(self):
        """Return the account's values, the folders to read among them."""
        values = {
            f"{protocol}_{name}": value
            for protocol in PROTOCOLS
            for name, value in self._settings(protocol).items()
        }
        values |= {name: self[name] for name in ("imap_fingerprint", "smtp_fingerprint")}
        return {
            **values,
            "email": self._address(),
            "provider_id": self.provider_id.id,
            "history": self.history,
            "folders": [
                {
                    "name": folder.name,
                    "special_use": special_use,
                    "uidvalidity": folder.uidvalidity,
                    "uidnext": folder.uidnext,
                }
                for folder, special_use in self._chosen_folders()
            ],
        }

    def _address(self):
        """Return the address that was given, or else the username where it is one."""
        given = (self.email or "").strip()
        email = email_normalize(given or self.imap_username)
        if email:
            return email
        if given:
            raise UserError(self.env._("This is not a mail address: %s", given))
        raise UserError(self.env._("Enter your mail address: the username alone does not tell it."))

    # -- folders -----------------------------------------------------------------------------

    def _chosen_folders(self):
        """Return the folders to read, each with what it is used as."""
        chosen = self.folder_ids.filtered("use") | self.sent_folder_id
        inboxes = self.folder_ids.filtered(lambda folder: folder.special_use == "inbox")
        uses = dict.fromkeys(chosen, False) | dict.fromkeys(inboxes, "inbox")
        return [*(uses | dict.fromkeys(self.sent_folder_id, "sent")).items()]

    def _read_so_far(self):
        """Return the folders of this mailbox that are chosen or read now, each with its use.

        Empty for a mailbox that has not been read yet: then the server says which ones to begin
        with.
        """
        if self.folder_ids:
            return {folder.name: special_use for folder, special_use in self._chosen_folders()}
        account_sudo = self._account_sudo()
        same = self._is_saved("imap_username") and _same(account_sudo.imap_host, self.imap_host)
        return {box.name: box.special_use for box in account_sudo.mailbox_ids} if same else {}

    def _set_folders(self, found):
        """Show the folders that the server has; on are those that are read so far."""
        before = self._read_so_far()
        on = before or {folder["name"]: folder["special_use"] for folder in found if folder["use"]}
        names = [folder["name"] for folder in found]
        of_server = [folder["name"] for folder in found if folder["special_use"] == "sent"]
        sent = [name for name, use in on.items() if use == "sent" and name in names] or of_server
        self.folder_ids.unlink()
        self.folder_ids = [
            fields.Command.create({**folder, "use": folder["name"] in (*on, *sent[:1])})
            for folder in found
        ]
        self.sent_folder_id = self.folder_ids.filtered(lambda folder: folder.name in sent[:1])
        self.missing_folders = ", ".join(name for name in before if name not in names)

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Connect your mailbox"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }


PROTOCOLS = ("imap", "smtp")
#: With and without *Use SSL?*.
USUAL_PORTS = {"imap": (993, 143), "smtp": (465, 587)}
MAX_PORT = 65535
#: The largest number that PostgreSQL's int4 holds.
MAX_INTEGER = 2**31 - 1
#: RFC 1035 §2.3.4, and what of a longer one is shown.
MAX_HOSTNAME, MAX_SHOWN = 253, 60
#: How far back a mailbox is read unless its user chooses otherwise.
DEFAULT_HISTORY = "3m"
#: What the user enters, and what a connection teaches us; each once for either protocol.
_ENTERED = ("host", "port", "ssl", "self_signed", "plain_allowed", "username")
_LEARNED = ("fingerprint", "starttls")


def _learned(protocol, found):
    """Return the fields for what a connection taught; nothing is left to be compared then."""
    return {
        **{f"{protocol}_{name}": found[name] for name in _LEARNED},
        f"{protocol}_fingerprint_met": False,
        f"{protocol}_fingerprint_accepted": False,
    }


def _same(name, other):
    """Whether two hostnames are the same, however they are written (RFC 4343), or two users."""
    return (name or "").strip().lower() == (other or "").strip().lower()


def _given_email(account):
    """Return the address that its owner has given; False where the username is the address."""
    return account.email != email_normalize(account.imap_username or "") and account.email


def _usual_port(port, ssl, encrypted, upgraded):
    """Return the port that goes with *Use SSL?*, unless one of the user's own was entered."""
    if port not in (encrypted, upgraded):
        return port
    return encrypted if ssl else upgraded
