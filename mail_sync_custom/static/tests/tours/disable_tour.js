import { addTour, openPage, press } from "./steps";

const openDisable = () => [
    ...openPage(),
    {
        content: "Disable Syncing",
        trigger: "button[name=action_open_disable]:contains(Disable Syncing)",
        run: "click",
    },
];

/** The page is the one of a user without a mailbox. */
const offersCustom = {
    content: "The page offers Custom again",
    trigger: ".o_mail_sync_welcome .o_mail_sync_choice:contains(Custom)",
};

const openLead = () => [
    { content: "Open the apps", trigger: ".o_navbar_apps_menu button", run: "click" },
    { content: "Open CRM", trigger: ".o_app:contains(CRM)", run: "click" },
    {
        content: "Open the opportunity",
        trigger: ".o_kanban_record:contains(Solar roof)",
        run: "click",
    },
];

addTour("mail_sync_disable_keep", {
    url: "/odoo",
    steps: () => [
        ...openDisable(),
        {
            content: "To keep is what is suggested, and it says how much that is",
            trigger:
                ".modal:has(.o_radio_input[data-value=keep]:checked) " +
                ".alert-info:contains(/Mails that stay\\s*2\\s*Leads, opportunities and contacts that they are on\\s*1/)",
        },
        press("action_disable", "Disable Sync"),
        offersCustom,
        ...openLead(),
        {
            content: "Both mails are still on the Life of the Lead",
            trigger:
                ".o_mail_sync_timeline:has(.o_mail_sync_subject:contains(/^Visit$/)) " +
                ".o_mail_sync_subject:contains(/^Re: Visit$/)",
        },
    ],
});

addTour("mail_sync_disable_remove", {
    url: "/odoo",
    steps: () => [
        ...openDisable(),
        {
            content: "Choose to remove",
            trigger: ".modal .o_radio_input[data-value=remove]",
            run: "click",
        },
        {
            content: "It says how much that is, and that it is for good",
            trigger:
                ".modal .alert-warning:contains(/Mails to be removed\\s*2\\s*Leads, opportunities and contacts that they are on\\s*1/)" +
                ":contains(cannot be undone)",
        },
        press("action_disable", "Disable Sync"),
        offersCustom,
        ...openLead(),
        {
            content: "No mail is on the Life of the Lead any more",
            trigger: ".o_mail_sync_timeline .o_mail_sync_empty:contains(lena@customer.example)",
        },
        {
            content: "What was written in Odoo stays",
            trigger: ".o-mail-Thread:not(:has(.o_mail_sync_badge)):contains(Called her)",
        },
    ],
});
