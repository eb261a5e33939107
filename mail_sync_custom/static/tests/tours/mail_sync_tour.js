import { addTour, confirmCertificate, fill, given, has, input, isEnabled, openPage, openWizard, override, press } from "./steps";

addTour("mail_sync_connect", {
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
        ...confirmCertificate("imap"),
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
        isEnabled,
        { content: "Sync now", trigger: "button[name=action_sync_now]", run: "click" },
        {
            content: "The mail of the lead is recorded, the other only looked at",
            trigger:
                ".o_mail_sync_counts:has([name=seen_count]:contains(2)) " +
                "[name=recorded_count]:contains(1)",
        },
    ],
});

const choose = (provider) => [
    {
        content: `Look for ${provider}`,
        trigger: input("provider_id"),
        run: `edit ${provider}`,
    },
    {
        content: `Choose ${provider}`,
        trigger: `.o-autocomplete--dropdown-item a:contains(/^${provider}$/)`,
        run: "click",
    },
];

const note = (words) => ({
    content: `The provider's note is shown: ${words}`,
    trigger: `.o_mail_sync_setup .alert-info [name=provider_note]:contains(${words})`,
});

const isSsl = (protocol, on) => ({
    content: `Use SSL? is ${on ? "ticked" : "not ticked"}`,
    trigger: `${input(`${protocol}_ssl`)}${on ? ":checked" : ":not(:checked)"}`,
});

addTour("mail_sync_preset", {
    url: "/odoo",
    steps: () => [
        ...openWizard(),
        // Found from the address.
        {
            content: "Enter an address of Gmail's",
            trigger: input("imap_username"),
            run: "edit ann@gmail.com && press Tab",
        },
        has("provider_id", "Gmail"),
        has("imap_host", "imap.gmail.com"),
        has("imap_port", "993"),
        isSsl("imap", true),
        note("app password"),
        // With the domain of one's own address.
        {
            content: "Enter the address of the mailbox",
            trigger: input("imap_username"),
            run: `edit ${given().email} && press Tab`,
        },
        ...choose("Bluehost"),
        has("imap_host", `mail.${given().email.split("@")[1]}`),
        note("made from your own domain"),
        // Chosen from the list.
        ...choose("GoDaddy"),
        has("imap_host", "imap.secureserver.net"),
        has("imap_port", "143"),
        isSsl("imap", false),
        note("inconsistent on secureserver.net"),
        note("choose GoDaddy (SSL)"),
        // And what it fills in is a suggestion.
        ...override("imap", given().imap_starttls_port),
        isSsl("imap", false),
        {
            content: "Tick Self-Signed Certificate?",
            trigger: `${input("imap_self_signed")}:not(:checked)`,
            run: "click",
        },
        {
            content: "Enter the password",
            trigger: input("imap_password"),
            run: `edit ${given().password}`,
        },
        press("action_next", "Next"),
        ...confirmCertificate("imap"),
        press("action_next", "Next"),
        has("smtp_host", "smtpout.secureserver.net"),
        has("smtp_port", "465"),
        isSsl("smtp", true),
        ...override("smtp", given().smtp_port),
        {
            content: "Tick Self-Signed Certificate?",
            trigger: `${input("smtp_self_signed")}:not(:checked)`,
            run: "click",
        },
        press("action_connect_smtp", "Connect SMTP"),
        {
            content: "Both connections work",
            trigger: ".o_mail_sync_setup .alert-success:contains(Both connections work)",
        },
        press("action_finish", "Finish"),
        isEnabled,
    ],
});

addTour("mail_sync_refused", {
    url: "/odoo",
    steps: () => [
        ...openWizard(),
        {
            content: "Enter the user name",
            trigger: input("imap_username"),
            run: `edit ${given().email}`,
        },
        ...fill("imap", { password: "not the password" }),
        {
            content: "Enter a port that is none",
            trigger: input("imap_port"),
            run: "edit IMAP",
        },
        press("action_next", "Next"),
        {
            content: "The usual ports are named",
            trigger: ".o_notification:contains(/port .*993 .*143/)",
        },
        {
            content: "Enter the port",
            trigger: input("imap_port"),
            run: `edit ${given().imap_port}`,
        },
        press("action_next", "Next"),
        ...confirmCertificate("imap"),
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
            trigger: ".o_mail_sync_setup .alert-success:contains(Your mail can be read)",
        },
        {
            content: "Another password for sending, a wrong one",
            trigger: input("smtp_password"),
            run: "edit not the password",
        },
        { content: "Enter the port", trigger: input("smtp_port"), run: `edit ${given().smtp_port}` },
        press("action_connect_smtp", "Connect SMTP"),
        {
            content: "The step and the cause are named",
            trigger: ".o_mail_sync_error strong:contains(/password/)",
        },
        { content: "Close it", trigger: ".o_mail_sync_error .btn-primary", run: "click" },
        {
            content: "Enter the right password",
            trigger: input("smtp_password"),
            run: `edit ${given().password}`,
        },
        press("action_connect_smtp", "Connect SMTP"),
        press("action_finish", "Finish"),
        isEnabled,
    ],
});

addTour("mail_sync_page_in_error", {
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

const changePassword = (password) => [
    {
        content: "Enter a password, which nobody can read over the shoulder",
        trigger: ".modal .o_field_widget[name=password] input[type=password]",
        run: `edit ${password}`,
    },
    press("action_change_password", "Change password"),
];

addTour("mail_sync_change_password", {
    url: "/odoo",
    steps: () => [
        ...openPage(),
        { content: "Sync now", trigger: "button[name=action_sync_now]", run: "click" },
        {
            content: "The status is Error, in red",
            trigger: ".o_mail_sync_page [name=state] .badge.text-bg-danger:contains(Error)",
        },
        {
            content: "Change password, offered beside what is wrong",
            trigger: ".o_mail_sync_page .alert-danger button[name=action_change_password]",
            run: "click",
        },
        ...changePassword("a mistyped one"),
        {
            content: "It is tried before it is saved: the step and the cause are named",
            trigger: ".o_mail_sync_error strong:contains(/IMAP.: Signing in: .*password/)",
            // Mail servers let whoever is refused again and again wait for it.
            timeout: 30000,
        },
        { content: "Close it", trigger: ".o_mail_sync_error .btn-primary", run: "click" },
        ...changePassword(given().password),
        isEnabled,
        {
            content: "Nothing is wrong any more; the log still knows what was",
            trigger:
                ".o_mail_sync_page:not(:has(.alert-danger)) [name=log_ids] " +
                ".o_data_row:contains(Signing in)",
        },
    ],
});

addTour("mail_sync_lead", {
    steps: () => [
        {
            content: "Beside the timeline, the chatter has no mails unless they are asked for",
            trigger: ".o-mail-Chatter:not(:has(.o_mail_sync_badge)) button[name=mail_sync_mails]",
            run: "click",
        },
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
