import { addTour, press } from "./steps";

const row = (who) => `.o_list_view .o_data_row:contains(${who})`;

const hasStatus = (who, colour, status) => ({
    content: `${who} is ${status}`,
    trigger: `${row(who)} .badge.${colour}:contains(/^${status}$/)`,
});

const tickFilter = (name) => ({
    content: `Filter: ${name}`,
    trigger: `.o_filter_menu .o-dropdown-item:contains(/^${name}$/)`,
    run: "click",
});

addTour("mail_sync_administrator", {
    steps: () => [
        hasStatus("Enid", "text-bg-success", "Enabled"),
        hasStatus("Errol", "text-bg-danger", "Error"),
        hasStatus("Petra", "text-bg-warning", "Pending"),
        hasStatus("Conny", "o_mail_sync_connection", "Connection"),
        {
            content: "What is wrong stands beside it",
            trigger: `${row("Errol")} [name=headline]:contains(password)`,
        },
        { content: "Open the filters", trigger: ".o_searchview_dropdown_toggler", run: "click" },
        tickFilter("Failing"),
        {
            content: "Only those that fail",
            trigger: `.o_list_view:has(.o_data_row:contains(Conny)):not(:has(.o_data_row:contains(Petra))) .o_data_row:contains(Errol)`,
        },
        tickFilter("Failing"),
        tickFilter("Pending"),
        {
            content: "Only who waits",
            trigger: ".o_list_view:not(:has(.o_data_row:contains(Errol))) .o_data_row:contains(Petra)",
        },
        tickFilter("Pending"),
        { content: "All again", trigger: row("Errol") },
        {
            content: "Group by status",
            trigger: ".o_group_by_menu .o-dropdown-item:contains(/^Status$/)",
            run: "click",
        },
        { content: "One group a status", trigger: ".o_group_name:contains(/^Connection \\(1\\)/)" },
        {
            content: "No group any more",
            trigger: ".o_group_by_menu .o-dropdown-item:contains(/^Status$/)",
            run: "click",
        },
        { content: "Open a colleague's", trigger: `${row("Errol")} [name=email]`, run: "click" },
        {
            content: "It says whose it is; what only its owner may is not offered",
            trigger:
                ".o_mail_sync_page:contains(Mailbox of Errol):not(:has(button[name=action_sync_now]" +
                ", button[name=action_change_password], button[name=action_open_setup]))",
        },
        {
            content: "Disable it",
            trigger: "button[name=action_open_disable]:contains(Disable Syncing)",
            run: "click",
        },
        {
            content: "It says what that means",
            trigger: ".modal .alert-info:contains(has not brought any mail)",
        },
        press("action_disable", "Disable Sync"),
        {
            content: "The page says so, and has no counts any more",
            trigger:
                ".o_mail_sync_page:contains(You disabled this mailbox):not(:has(.o_mail_sync_counts" +
                ", button[name=action_open_setup]))",
        },
        { content: "Back to the list", trigger: ".breadcrumb a:contains(Mail Sync)", run: "click" },
        {
            content: "It is not in the list any more",
            trigger: ".o_list_view:not(:has(.o_data_row:contains(Errol))) .o_data_row:contains(Enid)",
        },
        hasStatus("Petra", "text-bg-success", "Enabled"),
    ],
});

const setting = (name) => `.app_settings_block[data-key=mail_sync_custom] #${name}`;

addTour("mail_sync_settings", {
    steps: () => [
        {
            content: "Settings have a tab for Mail Sync",
            trigger: ".settings_tab .tab[data-key=mail_sync_custom]",
            run: "click",
        },
        {
            content: "The plan is Trial",
            trigger: `${setting("mail_sync_plan")} [name=mail_sync_plan_id] input:value(Trial)`,
            run: "edit Free",
        },
        {
            content: "Choose the Free plan",
            trigger: ".o-autocomplete--dropdown-item a:contains(Free CRM)",
            run: "click",
        },
        {
            content: "It says what that means",
            trigger: `${setting("mail_sync_plan")}:contains(/100\\s+mails a day/)`,
        },
        {
            content: "At most 3 mailboxes",
            trigger: `${setting("mail_sync_account_limit")} [name=mail_sync_account_limit] input`,
            run: "edit 3",
        },
        {
            content: "It says how many there are",
            trigger: `${setting("mail_sync_account_limit")}:contains(/0\\s+connected/)`,
        },
        {
            content: "Leave out attachments above 5 MB",
            trigger: `${setting("mail_sync_attachment_limit")} input`,
            run: "edit 5",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Back at the settings",
            trigger: ".settings_tab .tab[data-key=mail_sync_custom]",
            run: "click",
        },
        {
            content: "The plan is saved",
            trigger: `${setting("mail_sync_plan")} [name=mail_sync_plan_id] input:value(Free CRM)`,
        },
        {
            content: "So is the limit",
            trigger: `${setting("mail_sync_account_limit")} [name=mail_sync_account_limit] input:value(/^3$/)`,
        },
    ],
});
