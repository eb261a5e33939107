import { addTour, openPage } from "./steps";

const row = (pattern) => `.o_list_view .o_data_row:contains(${pattern})`;

const add = (pattern) => [
    { content: "Add a line", trigger: ".o_list_button_add:enabled", run: "click" },
    {
        content: `Enter ${pattern}`,
        trigger: ".o_selected_row [name=pattern] input",
        run: `edit ${pattern}`,
    },
    { content: "Save it", trigger: ".o_list_button_save", run: "click" },
];

addTour("mail_sync_never_record", {
    steps: () => [
        ...openPage(),
        { content: "Never record", trigger: "button:contains(Never record)", run: "click" },
        {
            content: "What the company never records is there to be read",
            trigger: `${row("bank.example")}:contains(Your company's):not(:has([name=action_remove]))`,
        },
        ...add("Ruth <ruth@family.example>"),
        {
            content: "It says what is wrong, and what to enter",
            trigger: ".modal:contains(without a name)",
        },
        { content: "Back", trigger: ".modal-footer button", run: "click" },
        {
            content: "Enter the address alone",
            trigger: ".o_selected_row [name=pattern] input",
            run: "edit Ruth@Family.example",
        },
        { content: "Save it", trigger: ".o_list_button_save", run: "click" },
        {
            content: "It is on one's own list, as mails carry it",
            trigger: `${row("ruth@family.example")}:contains(This address):contains(Yours)`,
        },
        {
            content: "Open the company's line",
            trigger: `${row("bank.example")} [name=pattern]`,
            run: "click",
        },
        {
            content: "It cannot be changed here",
            trigger: ".o_list_view:not(:has([name=pattern] input))",
        },
        {
            content: "Take another off the list",
            trigger: `${row("school.example")} [name=action_remove]`,
            run: "click",
        },
        {
            content: "It is gone",
            trigger:
                ".o_list_view:not(:contains(school.example)):has(.o_data_row:contains(ruth@family.example))",
        },
    ],
});

addTour("mail_sync_never_record_company", {
    steps: () => [
        {
            content: "The configuration of the CRM",
            trigger: ".o_menu_sections button:contains(Configuration)",
            run: "click",
        },
        {
            content: "has the company's list",
            trigger: "[data-menu-xmlid='mail_sync_custom.mail_sync_exclusion_menu']",
            run: "click",
        },
        {
            content: "It is empty, and says what it is for",
            trigger: ".o_view_nocontent:contains(from any mailbox of the company)",
        },
        ...add("@Bank.example"),
        {
            content: "A domain means everyone there",
            trigger: `${row("bank.example")}:contains(Everyone at this domain)`,
        },
    ],
});

const key = ".app_settings_block[data-key=mail_sync_custom] #mail_sync_key";

addTour("mail_sync_key", {
    steps: () => [
        {
            content: "Settings have a tab for Mail Sync",
            trigger: ".settings_tab .tab[data-key=mail_sync_custom]",
            run: "click",
        },
        {
            content: "It says where the key comes from, and what it opens",
            trigger: `${key}:contains(MAIL_SYNC_KEY):contains(an older key)`,
        },
        {
            content: "Encrypt anew",
            trigger: `${key} button[name=action_mail_sync_encrypt_anew]`,
            run: "click",
        },
        {
            content: "It says what came of it",
            trigger: ".o_notification:contains(re-encrypted with the first key: 2)",
        },
        {
            content: "No older key is needed any more",
            trigger: `${key}:contains(MAIL_SYNC_KEY):not(:contains(an older key))`,
        },
    ],
});
