from odoo import api, fields, models
from odoo.exceptions import UserError

from .values import ENTERED, LEARNED, PROTOCOLS, learned, same_name


class MailSyncAccountSetup(models.TransientModel):
    """Connecting a mailbox in two steps. Neither continues before the server accepts the login.

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
    imap_username = fields.Char("Username", help="Usually your mail address.")
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
        help="On: encrypted from the first byte, usually on port 993. Off: the connection is "
        "upgraded by STARTTLS, usually on port 143.",
    )
    imap_self_signed = fields.Boolean(
        "Self-Signed Certificate?",
        help="For a server whose certificate is not from a known authority. You are shown its "
        "certificate before your password is sent; from then on no other is accepted.",
    )
    imap_plain_allowed = fields.Boolean(
        "Allow without encryption",
        help="Only for a server that offers none: anyone who can listen in on the connection can "
        "read your password and your mail.",
    )
    imap_fingerprint = fields.Char("Certificate (SHA-256)", readonly=True)
    imap_fingerprint_met = fields.Char("New certificate (SHA-256)", readonly=True)
    imap_fingerprint_accepted = fields.Boolean("I have compared it: accept this certificate")
    imap_starttls = fields.Boolean(readonly=True)
    imap_secret = fields.Char(groups=fields.NO_ACCESS, copy=False)
    smtp_username = fields.Char("Username ", help="Usually the same as for IMAP.")
    smtp_password = fields.Char(
        "Password ",
        compute="_compute_passwords",
        inverse="_inverse_smtp_password",
        help="Leave it empty to use the one that you entered for IMAP.",
    )
    smtp_password_hint = fields.Char(compute="_compute_password_hints")
    smtp_host = fields.Char("Hostname ")
    smtp_host_example = fields.Char(compute="_compute_smtp_host_example")
    smtp_port = fields.Integer("Port ", default=465)
    smtp_ssl = fields.Boolean(
        "Use SSL? ",
        default=True,
        help="On: encrypted from the first byte, usually on port 465. Off: the connection is "
        "upgraded by STARTTLS, usually on port 587.",
    )
    smtp_self_signed = fields.Boolean(
        "Self-Signed Certificate? ",
        help="For a server whose certificate is not from a known authority. You are shown its "
        "certificate before your password is sent; from then on no other is accepted.",
    )
    smtp_plain_allowed = fields.Boolean(
        "Allow without encryption ",
        help="Only for a server that offers none: anyone who can listen in on the connection can "
        "read your password and your mail.",
    )
    smtp_fingerprint = fields.Char("Certificate (SHA-256) ", readonly=True)
    smtp_fingerprint_met = fields.Char("New certificate (SHA-256) ", readonly=True)
    smtp_fingerprint_accepted = fields.Boolean("I have compared it: accept this certificate ")
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
        help="How far back Mail Sync looks for mails with your leads. New mail is always read.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Create wizards; an address given for one username is not kept for another."""
        account_sudo = self._account_sudo()
        vals_list = [self._cleaned(vals) for vals in vals_list]
        for vals in vals_list:
            self._check_ports(vals)
            username = vals.get("imap_username", account_sudo.imap_username)
            if not same_name(username, account_sudo.imap_username):
                vals.setdefault("email", False)
        return super().create(vals_list)

    def write(self, vals):
        """Write, and go back to the step that has to be tried again."""
        vals = self._cleaned(vals)
        self._check_ports(vals)
        for protocol in PROTOCOLS:
            entered = {f"{protocol}_{name}" for name in (*ENTERED, "password")}
            if "step" not in vals and entered & vals.keys():
                vals = {**vals, "step": protocol}
                break
        for protocol in PROTOCOLS:
            if self._changes(vals, f"{protocol}_host"):
                # Nothing is known of another server yet.
                vals = {**learned(protocol, dict.fromkeys(LEARNED, False)), **vals}
        if any(self._changes(vals, name) for name in ("imap_host", "imap_username")):
            # Another mailbox has other folders.
            vals = {"folder_ids": [fields.Command.clear()], "sent_folder_id": False, **vals}
        return super().write(vals)

    def _cleaned(self, vals):
        """Return values without what is copied along with a name or an address from a web page."""
        clean = self.env["mail.sync.account"]._clean_name
        names = {f"{protocol}_{name}" for protocol in PROTOCOLS for name in ("username", "host")}
        return {
            name: clean(value) if isinstance(value, str) and name in {*names, "email"} else value
            for name, value in vals.items()
        }

    def _changes(self, vals, name):
        return name in vals and any(not same_name(setup[name], vals[name]) for setup in self)

    # -- the two steps --------------------------------------------------------------------------

    def action_next(self):
        """Log in by IMAP and look at the folders; go on to SMTP when that has worked."""
        self._with_a_password()
        self._require("imap")
        if self.history not in self._histories():
            self._company()._mail_sync_check_history(self.history)
        if not (found := self._try("imap")):
            return self._reopen()
        # sudo: the wizard is its user's own; its secrets are closed to everyone
        setup_sudo = self.sudo()
        setup_sudo._set_folders(found["folders"])
        setup_sudo.write({**learned("imap", found), "step": "smtp", **self._smtp_defaults()})
        return self._reopen()

    def action_connect_smtp(self):
        """Log in by SMTP; show *Finish* when that has worked."""
        if self.step == "imap":
            raise UserError(self.env._("Connect IMAP first."))
        self._require("smtp")
        if found := self._try("smtp"):
            self.write({**learned("smtp", found), "step": "ready"})
        return self._reopen()

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

    @api.model
    def _title(self):
        """Return what the wizard is for: a first mailbox, or other settings of the same."""
        known = self._account_sudo().active
        return self.env._("Change settings") if known else self.env._("Connect your mailbox")

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self._title(),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    # -- passwords ------------------------------------------------------------------------------

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
            # sudo: nobody may read or write secrets, not even those who entered them
            setup_sudo = setup.sudo()
            copied = setup_sudo.smtp_secret and setup_sudo.smtp_secret == setup_sudo.imap_secret
            setup_sudo[f"{protocol}_secret"] = token
            if protocol == "imap" and copied:
                # It was taken over for sending, and so is the one that replaces it.
                setup_sudo.smtp_secret = token

    @api.depends("imap_host", "imap_username", "provider_id")
    def _compute_smtp_host_example(self):
        """Show what the first step leads one to expect, where nothing is entered."""
        for setup in self:
            setup.smtp_host_example = setup._smtp_host_beside()

    @api.depends("imap_username", "imap_host", "smtp_username", "smtp_host")
    def _compute_password_hints(self):
        """Say when a password is already known, as its field is always empty."""
        for setup in self:
            # sudo: only whether there is a secret is told
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
