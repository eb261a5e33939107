import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** What differs from run to run: ports, address, password. The test sets it before it starts. */
const given = () => window.mailSyncTour;

const input = (name) => `.o_mail_sync_setup .o_field_widget[name=${name}] input`;

const openPage = () => [
    { content: "Open the user menu", trigger: ".o_user_menu button", run: "click" },
    {
        content: "Open Mail Sync",
        trigger: ".dropdown-item[data-menu=mail_sync]:contains(Mail Sync)",
        run: "click",
    },
];

const openWizard = () => [
    ...openPage(),
    { content: "Choose Custom", trigger: ".o_mail_sync_choice:contains(Custom)", run: "click" },
];

/** Fill in one step of the wizard; nothing of it may be known before. */
const fill = (protocol, { password }) => [
    {
        content: "Enter the hostname",
        trigger: input(`${protocol}_host`),
        run: `edit ${given().host}`,
    },
    {
        content: "Enter the port",
        trigger: input(`${protocol}_port`),
        run: `edit ${given()[`${protocol}_port`]}`,
    },
    {
        content: "Use SSL? is on already",
        trigger: `${input(`${protocol}_ssl`)}:checked`,
    },
    {
        content: "Tick Self-Signed Certificate?",
        trigger: `${input(`${protocol}_self_signed`)}:not(:checked)`,
        run: "click",
    },
    ...(password
        ? [
              {
                  content: "Enter the password, which nobody can read over the shoulder",
                  trigger: `${input(`${protocol}_password`)}[type=password]`,
                  run: `edit ${password}`,
              },
          ]
        : []),
];

const press = (name, label) => ({
    content: `Press ${label}`,
    trigger: `.modal-footer button[name=${name}]:contains(${label})`,
    run: "click",
});

tours.add("mail_sync_connect", {
    url: "/odoo",
    steps: () => [
        ...openWizard(),
        {
            content: "Enter the user name",
            trigger: input("imap_username"),
            run: `edit ${given().email}`,
        },
        ...fill("imap", given()),
        press("action_next", "Next"),
        {
            content: "The user name is known in the second step",
            trigger: input("smtp_username"),
            run({ anchor }) {
                if (anchor.value !== given().email) {
                    throw new Error(`The second step starts from ${anchor.value}`);
                }
            },
        },
        {
            content: "The certificate that was met is shown",
            trigger: ".o_mail_sync_setup [name=imap_fingerprint]:contains(/[0-9a-f]{64}/)",
        },
        // The hostname and the tick come from the first step.
        {
            content: "Enter the port",
            trigger: input("smtp_port"),
            run: `edit ${given().smtp_port}`,
        },
        {
            content: "Self-Signed Certificate? comes from the first step",
            trigger: `${input("smtp_self_signed")}:checked`,
        },
        press("action_connect_smtp", "Connect SMTP"),
        {
            content: "Both connections work",
            trigger: ".o_mail_sync_setup .alert-success:contains(Both connections work)",
        },
        press("action_finish", "Finish"),
        {
            content: "The page shows the address",
            trigger: ".o_mail_sync_page h1:contains(@)",
            run({ anchor }) {
                if (!anchor.textContent.includes(given().email)) {
                    throw new Error(`The page shows ${anchor.textContent}`);
                }
            },
        },
        {
            content: "It is Enabled, in green",
            trigger: ".o_mail_sync_page [name=state] .badge.text-bg-success:contains(Enabled)",
        },
        { content: "Sync now", trigger: "button[name=action_sync_now]", run: "click" },
        {
            content: "The mail of the lead is recorded, the other only looked at",
            trigger:
                ".o_mail_sync_counts:has([name=seen_count]:contains(2)) " +
                "[name=recorded_count]:contains(1)",
        },
    ],
});

tours.add("mail_sync_refused", {
    url: "/odoo",
    steps: () => [
        ...openWizard(),
        {
            content: "Enter the user name",
            trigger: input("imap_username"),
            run: `edit ${given().email}`,
        },
        ...fill("imap", { password: "not the password" }),
        press("action_next", "Next"),
        {
            content: "The step and the cause are named",
            trigger: ".o_mail_sync_error strong:contains(/^Signing in: .*password/)",
        },
        {
            content: "The fix, too",
            trigger: ".o_mail_sync_error p:contains(enter the password again)",
        },
        { content: "Close it", trigger: ".o_mail_sync_error .btn-primary", run: "click" },
        {
            content: "Still in the first step: enter the right password",
            trigger: input("imap_password"),
            run: `edit ${given().password}`,
        },
        press("action_next", "Next"),
        {
            content: "Now it goes on",
            trigger: "button[name=action_connect_smtp]",
        },
    ],
});

tours.add("mail_sync_page_in_error", {
    url: "/odoo",
    steps: () => [
        ...openPage(),
        { content: "Sync now", trigger: "button[name=action_sync_now]", run: "click" },
        {
            content: "The page says what is wrong, at the top",
            trigger: ".o_mail_sync_page .alert-danger:contains(password)",
        },
        {
            content: "The status is Error, in red",
            trigger: ".o_mail_sync_page [name=state] .badge.text-bg-danger:contains(Error)",
        },
        {
            content: "The log has the step, and how to fix it",
            trigger:
                ".o_mail_sync_page [name=log_ids] .o_data_row:contains(Signing in)" +
                ":contains(enter the password again)",
        },
        {
            content: "Change settings",
            trigger: ".o_mail_sync_page .alert-danger button[name=action_open_setup]",
            run: "click",
        },
        {
            content: "The settings are known, the password is not shown",
            trigger: input("imap_password"),
            run({ anchor }) {
                if (anchor.value || !anchor.placeholder.includes("leave empty")) {
                    throw new Error("The saved password is shown, or nothing tells of it");
                }
            },
        },
    ],
});

tours.add("mail_sync_lead", {
    steps: () => [
        {
            content: "The mail says which way it went",
            trigger:
                ".o-mail-Message:contains(Subject: Visit) " +
                ".o_mail_sync_badge:contains(Received)",
            run: "click",
        },
        {
            content: "It says why it is here",
            trigger:
                ".o_mail_sync_popover:contains(because lena@customer.example is an address)" +
                ":contains(From the mailbox of)",
        },
        {
            content: "What was written in Odoo has no badge",
            trigger: ".o-mail-Message:contains(Called her):not(:has(.o_mail_sync_badge))",
        },
        {
            content: "Remove it",
            trigger: ".o_mail_sync_popover button:contains(Remove)",
            run: "click",
        },
        {
            content: "Yes, really",
            trigger: ".modal-footer .btn-primary:contains(Remove)",
            run: "click",
        },
        {
            content: "It is gone",
            trigger: ".o-mail-Thread:not(:has(.o_mail_sync_badge))",
        },
    ],
});
