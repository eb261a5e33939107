import { addTour } from "./steps";

/** A line in the list of Smart Mails. */
const line = (name) => `.modal .o_field_widget[name=shown_ids] .o_data_row:contains(${name})`;

const press = (what, trigger) => ({ content: what, trigger, run: "click" });

/** Sent from the timeline, then again to a selection in the list. */
addTour("mail_sync_smart_mail", {
    steps: () => [
        press("Smart Mail, beside Write", ".o_mail_sync_timeline button[name=smart_mail]"),
        {
            content: "It says who gets it",
            trigger: ".modal .o_field_widget[name=recipients]:contains(Lena <lena@customer.example>)",
        },
        {
            content: "What is for another purpose is not found by these words",
            trigger: ".modal .o_field_widget[name=words] input",
            run: "edit welcome && press Tab",
        },
        { content: "Only one is left", trigger: ".modal .o_field_widget[name=shown_ids]:contains(Welcome):not(:contains(Closing))" },
        press("Quick Send", `${line("Welcome")} button[name=action_quick_send]`),
        {
            content: "It is asked, with the name of who gets it, and what they receive is shown",
            trigger:
                ".modal:contains(Send “Welcome” to Lena?):contains(Dear Lena, thank you):contains(0 of 100 in 24 hours)",
        },
        {
            content: "Its question has the focus, and no date is asked for",
            trigger: "body:not(:has(.o_datetime_picker)) .modal h3:focus",
        },
        press("Send", ".modal-footer button[name=action_send]:contains(Send)"),
        { content: "It is on its way", trigger: ".o_notification:contains(“Welcome” is on its way to Lena)" },
        {
            content: "It stands in the Life of the Lead",
            trigger: ".o_mail_sync_entry .o_mail_sync_subject:contains(Hello Lena)",
        },
        press("Once more", ".o_mail_sync_timeline button[name=smart_mail]"),
        { content: "It is marked", trigger: `${line("Welcome")}:contains(Sent on)` },
        press("Quick Send", `${line("Welcome")} button[name=action_quick_send]`),
        {
            content: "Nobody gets it twice unasked",
            trigger: ".modal:contains(Lena already has “Welcome”.):not(:has(button[name=action_send]))",
        },
        press("Discard", ".modal-footer button:contains(Discard)"),
        { content: "The dialog is closed", trigger: "body:not(:has(.modal))" },
        press("Once more", ".o_mail_sync_timeline button[name=smart_mail]"),
        press("Personalize", `${line("Closing")} button[name=action_personalize]`),
        {
            content: "The composer has the Smart Mail, and its recipient",
            trigger:
                ".modal:contains(Personalize: Lena) .o_field_widget[name=partner_ids]:contains(Lena)",
        },
        {
            content: "It is edited",
            trigger: ".modal .o_field_widget[name=subject] input",
            run: "edit Only for you",
        },
        press("Send", ".modal-footer button[name=action_send_mail]:not([disabled])"),
        {
            content: "It stands in the Life of the Lead",
            trigger: ".o_mail_sync_entry .o_mail_sync_subject:contains(Only for you)",
        },
    ],
});

addTour("mail_sync_smart_mail_selection", {
    steps: () => [
        press("Select all", ".o_list_view thead .o_list_record_selector input"),
        press("Smart Mail, above the list", ".o_control_panel button[name=action_mail_sync_smart_mail]"),
        {
            content: "Some of them have it already",
            trigger: `${line("Welcome")}:contains(Sent to 1 of 3)`,
        },
        press("Quick Send", `${line("Welcome")} button[name=action_quick_send]`),
        {
            content: "The others are named",
            trigger:
                ".modal:contains(to 2 people, one mail each?) .o_field_widget[name=recipients]:contains(Jon):contains(Kim)",
        },
        press("Send", ".modal-footer button[name=action_send]:contains(Send)"),
        { content: "They are on their way", trigger: ".o_notification:contains(on its way to 2 people)" },
    ],
});
