import { addTour } from "./steps";

const entry = (subject) => `.o_mail_sync_entry:has(.o_mail_sync_subject:contains(/^${subject}$/))`;

/** Choose from the menu of an entry. */
const choose = (subject, name) => [
    {
        content: `Open the menu of ${subject}`,
        trigger: `${entry(subject)} .o_mail_sync_entry_actions button[name=menu]`,
        run: "click",
    },
    {
        content: `Choose ${name}`,
        trigger: `.o-dropdown--menu .dropdown-item[name=${name}]`,
        run: "click",
    },
];

const confirm = (text) => ({
    content: `Confirm: ${text}`,
    trigger: `.modal:contains(${text}) .modal-footer .btn-primary`,
    run: "click",
});

addTour("mail_sync_entry_owner", {
    steps: () => [
        { content: "Two mails are there", trigger: entry("Offer") },
        ...choose("Offer", "make_private"),
        confirm("Make this mail private?"),
        {
            content: "Its owner still reads it, with a lock beside its subject",
            trigger: `${entry("Offer")} .fa-lock`,
        },
        ...choose("Advertising", "remove"),
        confirm("Remove this mail from the CRM?"),
        {
            content: "It is gone",
            trigger: `.o_mail_sync_timeline:has(${entry("Offer")}):not(:has(${entry("Advertising")}))`,
        },
        ...choose("Another matter", "move"),
        {
            content: "Choose the lead that it is about",
            trigger: ".modal .o_field_widget[name=lead_id] input",
            run: "edit Carport",
        },
        {
            content: "It is found",
            trigger: ".o-autocomplete--dropdown-item:contains(Carport)",
            run: "click",
        },
        { content: "Move", trigger: ".modal-footer button[name=action_move]", run: "click" },
        {
            content: "It is no longer here",
            trigger: `.o_mail_sync_timeline:not(:has(${entry("Another matter")})):has(${entry("Offer")})`,
        },
    ],
});

addTour("mail_sync_entry_colleague", {
    steps: () => [
        {
            content: "There was a mail, and no more is said of it",
            trigger: ".o_mail_sync_entry .o_mail_sync_hidden:contains(Private mail)",
        },
        {
            content: "Nothing can be done with it",
            trigger: ".o_mail_sync_timeline:not(:has(.o_mail_sync_entry_actions button))",
        },
        {
            content: "Neither the page nor the chatter has its subject or its text",
            trigger: "body:not(:contains(Offer)):not(:contains(Secret price))",
        },
    ],
});
