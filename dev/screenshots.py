"""`python3 -m dev screenshots [PAGE …]`: pictures of the screens, from real servers.

A salesperson connects their mailbox in a browser and mail is recorded; a colleague's password has
been changed; an administrator manages it all. The pictures go to docs/screenshots.
"""

from __future__ import annotations

import io

from PIL import Image

from . import passwords, postgres, readme, services
from .client import Client
from .connecting import account_of, connect, hire, sync
from .console import step
from .database import OdooServer, copy
from .demo import Person
from .northwind import COLLEAGUES, EVE, IDA, LENA, SAM, SMART_MAILS, TOM, fill_mailboxes
from .pages import SIZE, chromium
from .passwords import PASSWORD
from .paths import ROOT

FOLDER = ROOT / "docs" / "screenshots"
LOGIN_PASSWORD = "screenshots"
TALL = {"width": 1280, "height": 1100}


def run(*names: str) -> int:
    """Take all pictures, or those named."""
    with step("Sample mailboxes"):
        fill_mailboxes()
    with copy("screenshots") as db, OdooServer(db) as server, chromium() as open_page:
        story = Story(server, open_page, names)
        chapters = (
            story.connect,
            story.read,
            story.colleague,
            story.administrator,
            story.report,
            story.check,
            story.send_smart_mails,
            story.leave,
            story.refuse,
            story.wait,
        )
        for tell in chapters:
            with step(tell.__doc__ or tell.__name__):
                tell()
    # The addon's own pages show some of them.
    return readme.run()


class Story:
    """What is seen on the way from no mailbox to a recorded conversation."""

    def __init__(self, server: OdooServer, open_page, names: tuple[str, ...]):
        self.server, self.open_page, self.names = server, open_page, names
        self.mail_host = services.describe()
        self.admin = Client(server.url, server.db, "admin", "admin")
        self.company = self.admin.call("res.company", "search", [])[0]
        self.admin.call("res.company", "write", [self.company], {"name": "Northwind Solar"})
        for person in COLLEAGUES:
            hire(self.admin, person, LOGIN_PASSWORD)
        self.lead = self.admin.create(
            "crm.lead",
            name="Solar roof for Greenhill",
            type="opportunity",
            contact_name=LENA.name,
            partner_name="Greenhill",
            email_from=LENA.email,
        )

    def client(self, person: Person) -> Client:
        """Return a session of a user, without a browser."""
        return Client(self.server.url, self.server.db, person.email, LOGIN_PASSWORD)

    def change(self, person: Person, assignments: str) -> None:
        """Put a mailbox into a state that otherwise takes time, or the server's owner."""
        postgres.execute(
            f"UPDATE mail_sync_account SET {assignments} WHERE email = %s",
            (person.email,),
            db=self.server.db,
        )

    def connect_colleague(self, person: Person) -> None:
        ports = self.mail_host.imaps_port, self.mail_host.smtps_port
        connect(self.client(person), person, *ports, ssl=True)

    def shoot(self, page, name: str, height: int = 0) -> None:
        """Take a picture of the page, or of its upper part, once it has settled."""
        # Odoo's bus is never idle: give images and transitions their moment instead.
        page.wait_for_timeout(900)
        if not self.names or name in self.names:
            FOLDER.mkdir(parents=True, exist_ok=True)
            size = page.viewport_size
            clip = {"x": 0, "y": 0, **size, "height": height or size["height"]}
            picture = Image.open(io.BytesIO(page.screenshot(clip=clip)))
            # A screen has few colours: a palette holds them in a third of the bytes.
            picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
                FOLDER / f"{name}.png", optimize=True
            )

    def connect(self) -> None:
        """Eve connects her mailbox"""
        host = self.mail_host.hosts.self_signed
        self.page = page = self.open_page(self.server.url, EVE.email, LOGIN_PASSWORD)
        page.click(".o_user_menu button")
        self.shoot(page, "menu")
        page.click("[data-menu=mail_sync]")
        page.wait_for_selector(".o_mail_sync_welcome")
        self.shoot(page, "welcome")
        page.click(".o_mail_sync_choice")
        page.wait_for_selector(".o_mail_sync_setup")
        self.shoot(page, "wizard-imap-empty")
        self.choose(page, "GoDaddy")
        self.shoot(page, "wizard-provider")
        self.choose(page, "Other")
        page.check("[name=imap_ssl] input")
        self.fill(page, "imap", password="not the password", host=host)
        page.fill("[name=imap_port] input", str(self.mail_host.imaps_port))
        page.check("[name=imap_self_signed] input")
        self.shoot(page, "wizard-imap")
        page.click("button[name=action_next]")
        page.wait_for_selector("[name=imap_other_certificate]:visible")
        self.shoot(page, "wizard-certificate")
        page.check("[name=imap_fingerprint_accepted] input")
        page.click("button[name=action_next]")
        page.wait_for_selector(".o_mail_sync_error")
        self.shoot(page, "wizard-refused")
        page.click(".o_mail_sync_error .btn-primary")
        page.fill("[name=imap_password] input", PASSWORD)
        page.click("button[name=action_next]")
        page.wait_for_selector("button[name=action_connect_smtp]:visible")
        self.fill(page, "smtp", host=host)
        page.fill("[name=smtp_port] input", str(self.mail_host.smtps_port))
        page.check("[name=smtp_self_signed] input")
        self.shoot(page, "wizard-smtp")
        page.click("button[name=action_connect_smtp]")
        page.wait_for_selector("button[name=action_finish]:visible")
        self.shoot(page, "wizard-ready")
        page.click("button[name=action_finish]")
        page.wait_for_selector(".o_mail_sync_page")
        self.shoot(page, "page-new")

    def fill(self, page, protocol: str, **values: str) -> None:
        for name, value in values.items():
            page.fill(f"[name={protocol}_{name}] input", value)

    def choose(self, page, provider: str) -> None:
        page.fill("[name=provider_id] input", provider)
        page.locator(".o-autocomplete--dropdown-item", has_text=provider).first.click()
        page.wait_for_timeout(500)

    def read(self) -> None:
        """Eve's mail is recorded"""
        page = self.page
        page.click("button[name=action_sync_now]")
        page.wait_for_selector(".o_notification")
        page.wait_for_selector(".o_mail_sync_counts [name=recorded_count]:has-text('3')")
        self.shoot(page, "page-enabled")
        page.click(".nav-link[name=folders]")
        self.shoot(page, "page-folders")
        page.click(".nav-link[name=servers]")
        self.shoot(page, "page-servers")
        # As wide as the chatter needs to stand beside the form.
        page.set_viewport_size({"width": 1600, "height": 900})
        page.goto(f"{self.server.url}/odoo/crm/{self.lead}")
        page.click("button[name=mail_sync_mails]")
        page.wait_for_selector(".o_mail_sync_badge")
        self.shoot(page, "lead")
        page.locator(".o_mail_sync_badge").first.click()
        page.wait_for_selector(".o_mail_sync_popover")
        self.shoot(page, "lead-because")
        page.set_viewport_size(TALL)
        page.reload()
        page.wait_for_selector(".o_mail_sync_entry")
        self.shoot(page, "timeline")
        page.set_viewport_size(SIZE)
        page.click(".o_user_menu button")
        page.click("[data-menu=preferences]")
        page.click(".nav-link[name=mail_sync]")
        self.shoot(page, "preferences")

    def colleague(self) -> None:
        """Sam's password has been changed at the provider"""
        self.connect_colleague(SAM)
        passwords.set_password(SAM.email, "something new")
        page = self.open_page(self.server.url, SAM.email, LOGIN_PASSWORD)
        page.click(".o_user_menu button")
        page.click("[data-menu=mail_sync]")
        page.wait_for_selector(".o_mail_sync_page")
        page.click("button[name=action_sync_now]")
        page.wait_for_selector(".o_notification")
        self.shoot(page, "sync-refused")
        page.click(".o_notification_close")
        page.wait_for_selector("[name=failing]:visible")
        self.shoot(page, "page-error")
        page.locator("button[name=action_open_setup]:visible").last.click()
        page.wait_for_selector(".o_mail_sync_setup")
        self.shoot(page, "wizard-change")
        page.click(".modal button[special=cancel]")
        # Somebody has renewed the server's certificate; the log has both.
        passwords.set_password(SAM.email, PASSWORD)
        fingerprint = "ab" * 32
        self.change(SAM, f"imap_fingerprint = '{fingerprint}', smtp_fingerprint = '{fingerprint}'")
        sync(self.client(SAM))
        page.set_viewport_size(TALL)
        page.reload()
        page.wait_for_selector("[name=log_ids] .o_data_row >> nth=1")
        self.shoot(page, "log", height=960)

    def administrator(self) -> None:
        """The administrator sees who is connected"""
        self.connect_colleague(IDA)
        sync(self.client(IDA))
        self.change(
            IDA,
            "state = 'connection', error_code = 'timeout', failure_count = 40,"
            " last_sync_at = last_sync_at - interval '2 days', next_sync_at = NULL,"
            " error_since = now() AT TIME ZONE 'UTC' - interval '2 days'",
        )
        self.admin.call("res.company", "write", [self.company], {"mail_sync_account_limit": 3})
        self.connect_colleague(TOM)
        page = self.open_page(self.server.url, "admin", "admin")
        page.goto(f"{self.server.url}/odoo/crm")
        page.wait_for_selector(".o_mail_sync_systray")
        self.shoot(page, "top-bar", height=300)
        page.goto(f"{self.server.url}/odoo/mail-sync")
        page.wait_for_selector(".o_data_row")
        self.shoot(page, "status-list", height=400)
        page.goto(f"{self.server.url}/odoo/users")
        page.wait_for_selector(".o_list_view")
        self.shoot(page, "users")
        page.goto(f"{self.server.url}/odoo/settings")
        page.click(".settings_tab .tab[data-key=mail_sync_custom]")
        page.wait_for_selector("#mail_sync_plan:visible")
        # Below it comes where the key is, which is another place on each machine.
        self.shoot(page, "settings", height=770)

    def report(self) -> None:
        """Billable days"""
        # What half a year leaves behind: one colleague after the other has joined.
        postgres.execute(
            """
            INSERT INTO mail_sync_usage (date, account_id, user_id, email, company_id, state, days)
            SELECT day, account.id, user_id, email, company_id, 'enabled', 1
            FROM mail_sync_account account
            CROSS JOIN generate_series(current_date - 200 + 50 * (account.id %% 4)::int,
                                       current_date - 1, interval '1 day') day
            WHERE company_id = %s
            ON CONFLICT DO NOTHING
            """,
            (self.company,),
            db=self.server.db,
        )
        page = self.open_page(self.server.url, "admin", "admin")
        page.goto(f"{self.server.url}/odoo/mail-sync-billable-days")
        page.wait_for_selector(".o_graph_renderer canvas")
        self.shoot(page, "report")
        page.click(".o_switch_view.o_pivot")
        page.wait_for_selector(".o_pivot td.o_pivot_cell_value")
        page.mouse.move(640, 700)
        self.shoot(page, "report-pivot", height=400)

    def check(self) -> None:
        """Eve has her mailbox compared with her leads"""
        page = self.page = self.open_page(self.server.url, EVE.email, LOGIN_PASSWORD)
        page.goto(f"{self.server.url}/odoo/mail-sync/{account_of(self.client(EVE))}")
        page.click("button[name=action_check_completeness]")
        page.wait_for_selector("[name=completeness] .fa-check:visible")
        page.click(".o_notification_close")
        self.shoot(page, "page-complete")

    def send_smart_mails(self) -> None:
        """Eve sends a Smart Mail"""
        tag = self.admin.create("mail.sync.smart.tag", name="First contact")
        for name, subject in SMART_MAILS.items():
            self.admin.create(
                "mail.template",
                name=name,
                mail_sync_for="crm.lead",
                mail_sync_smart=True,
                mail_sync_tag_ids=[(6, 0, [tag])],
                subject=subject,
                body_html="<p>Dear <t t-out='object.contact_name'/>,</p><p>thank you for your"
                " interest. When may we visit you?</p>",
            )
        page = self.page
        page.goto(f"{self.server.url}/odoo/crm/{self.lead}")
        page.click(".o_mail_sync_timeline button[name=smart_mail]")
        page.wait_for_selector(".modal .o_data_row")
        self.shoot(page, "smart-mails")
        page.locator(".modal button[name=action_quick_send]").first.click()
        page.wait_for_selector(".modal button[name=action_send]")
        self.shoot(page, "smart-send")

    def leave(self) -> None:
        """Eve thinks of leaving"""
        page = self.open_page(self.server.url, EVE.email, LOGIN_PASSWORD)
        page.goto(f"{self.server.url}/odoo/mail-sync/{account_of(self.client(EVE))}")
        page.click("button[name=action_open_disable]")
        page.check(".modal .o_radio_input[data-value=remove]")
        page.wait_for_selector(".modal .alert-warning")
        self.shoot(page, "disable")

    def write(self, lead: int, partner: int) -> None:
        """Write to a contact on a lead as Eve, as the composer does."""
        eve = self.client(EVE)
        composer = eve.call(
            "mail.compose.message",
            "create",
            [
                {
                    "model": "crm.lead",
                    "res_ids": repr([lead]),
                    "composition_mode": "comment",
                    "subject": "Our offer",
                    "body": "<p>Dear Lena, here is our offer for both parts of the roof.</p>",
                    "partner_ids": [(6, 0, [partner])],
                }
            ],
            context={"default_model": "crm.lead", "default_res_ids": [lead]},
        )
        eve.call("mail.compose.message", "action_send_mail", composer)

    def refuse(self) -> None:
        """Eve writes to an address that does not exist"""
        address = "unknown.park@greenhill.example"
        partner = self.admin.create("res.partner", name=LENA.name, email=address)
        lead = self.admin.create(
            "crm.lead", name="Heat pump for Greenhill", type="opportunity", partner_id=partner
        )
        self.write(lead, partner)
        page = self.open_page(self.server.url, EVE.email, LOGIN_PASSWORD)
        page.goto(f"{self.server.url}/odoo/crm/{lead}")
        page.locator(".o_mail_sync_entry button[name=send_again]").scroll_into_view_if_needed()
        self.shoot(page, "refused")

    def wait(self) -> None:
        """Eve's password has been changed, too, and she writes"""
        passwords.set_password(EVE.email, "something new")
        sync(self.client(EVE))
        partner = self.admin.create("res.partner", name=LENA.name, email=LENA.email)
        self.admin.call("crm.lead", "write", [self.lead], {"partner_id": partner})
        self.write(self.lead, partner)
        page = self.open_page(self.server.url, EVE.email, LOGIN_PASSWORD)
        page.set_viewport_size(TALL)
        page.goto(f"{self.server.url}/odoo/crm/{self.lead}")
        page.wait_for_selector(".o_mail_sync_entry .o_mail_sync_delivery")
        self.shoot(page, "waiting", height=900)
        passwords.set_password(EVE.email, PASSWORD)
