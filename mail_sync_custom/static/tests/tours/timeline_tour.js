import { addTour } from "./steps";

/** The entries that are shown, from top to bottom, as their subjects. */
const subjects = () =>
    [...document.querySelectorAll(".o_mail_sync_entry .o_mail_sync_subject")].map((subject) =>
        subject.textContent.trim()
    );

/** Wait until these subjects, and no others, are shown in this order. */
const shown = (...wanted) => ({
    content: `Shown are, in this order: ${wanted.join(", ")}`,
    trigger: ".o_mail_sync_timeline",
    async run({ waitUntil }) {
        await waitUntil(() => subjects().join() === wanted.join(), { timeout: 8000 });
    },
});

const press = (name) => ({
    content: `Press ${name}`,
    trigger: `.o_mail_sync_timeline button[name=${name}]`,
    run: "click",
});

const entry = (subject) => `.o_mail_sync_entry:has(.o_mail_sync_subject:contains(/^${subject}$/))`;

addTour("mail_sync_timeline", {
    steps: () => [
        {
            content: "The Life of the Lead is the first page",
            trigger: ".nav-link.active[name=mail_sync_timeline]:contains(Life of the Lead)",
        },
        shown("Offer", "Re: Question", "Question"),
        {
            content: "What was received says so, from whom and to whom",
            trigger: `${entry("Question")}:contains(Received):contains(Lena Park):contains(To: )`,
        },
        {
            content: "It says whose mailbox brought it, and why it is here",
            trigger: `${entry("Question")} .o_mail_sync_provenance:contains(/From the mailbox of .*Ben.*Recorded here because/)`,
        },
        { content: "What was sent says so", trigger: `${entry("Re: Question")}:contains(Sent)` },
        {
            content: "The answer says what it answers",
            trigger: `${entry("Re: Question")} button[name=answers]:contains(Question)`,
            run: "click",
        },
        { content: "It leads there", trigger: `${entry("Question")}.o_mail_sync_found` },
        {
            content: "The attachment can be downloaded",
            trigger: `${entry("Question")} .o_mail_sync_files a[href*='/web/content/']:contains(plan.pdf)`,
        },
        {
            content: "A mail that has not gone says why",
            trigger: `${entry("Offer")} .o_mail_sync_delivery:contains(/Waiting: the mailbox .* cannot send/)`,
        },
        {
            content: "The chatter has no mails, but what else there is",
            trigger: ".o-mail-Chatter:contains(Called her):not(:contains(Offer))",
        },
        {
            content: "Ask for the mails",
            trigger: ".o-mail-Chatter button[name=mail_sync_mails]",
            run: "click",
        },
        {
            content: "The chatter says it, too",
            trigger: ".o-mail-Message .o_mail_sync_delivery:contains(Waiting)",
        },
        press("in"),
        shown("Question"),
        {
            content: "Show the whole text",
            trigger: `${entry("Question")} button[name=expand]`,
            run: "click",
        },
        {
            content: "It is there to its end",
            trigger: `${entry("Question")} .o_mail_sync_body:contains(the very end)`,
        },
        press("less"),
        { content: "It is closed", trigger: `${entry("Question")} button[name=expand]` },
        press("out"),
        shown("Offer", "Re: Question"),
        press("all"),
        { content: "Notes as well", trigger: ".o_mail_sync_entry:contains(Called her)" },
        press("mails"),
        shown("Offer", "Re: Question", "Question"),
        press("order"),
        shown("Question", "Re: Question", "Offer"),
        {
            content: "Only what the colleague's mailbox has",
            trigger: ".o_mail_sync_timeline select[name=mailbox]",
            run: "selectByLabel Ben",
        },
        shown("Question"),
    ],
});

addTour("mail_sync_timeline_empty", {
    steps: () => [
        {
            content: "It says with whom there is no mail yet",
            trigger: ".o_mail_sync_empty:contains(nobody@customer.example)",
        },
        {
            content: "And what to do",
            trigger: ".o_mail_sync_empty button[name=connect]:contains(Connect your mailbox)",
            run: "click",
        },
        { content: "That leads to the set-up", trigger: ".o_mail_sync_welcome" },
    ],
});

/** Those who listen to the progress of a run: in a test there is no websocket to tell them. */
const listeners = new Set();

function listen() {
    const bus = odoo.__WOWL_DEBUG__.root.env.services.bus_service;
    const { subscribe } = bus;
    bus.subscribe = (what, callback) => {
        if (what === "mail_sync/progress") {
            listeners.add(callback);
        }
        return subscribe(what, callback);
    };
}

const tell = (figures) => ({
    content: `The server tells: ${JSON.stringify(figures)}`,
    trigger: ".o_mail_sync_progress",
    run() {
        const id = window.mailSyncTour.account;
        listeners.forEach((callback) => callback({ id, recorded_count: 0, ...figures }));
    },
});

const bar = (percent, words) => ({
    content: `The bar is at ${percent} %`,
    trigger: `.o_mail_sync_progress:contains(${words}) .progress-bar[aria-valuenow='${percent}']`,
});

const openPage = () => [
    { content: "Open the user menu", trigger: ".o_user_menu button", run: "click" },
    { content: "Open Mail Sync", trigger: ".dropdown-item[data-menu=mail_sync]", run: "click" },
];

addTour("mail_sync_progress", {
    steps: () => [
        { content: "Listen", trigger: ".o_user_menu", run: listen },
        ...openPage(),
        bar(25, "1,000 of 4,000"),
        tell({ seen_count: 2000, remaining_count: 2000, syncing: true }),
        bar(50, "2,000 of 4,000"),
        tell({ seen_count: 3000, remaining_count: 1000, syncing: true }),
        bar(75, "3,000 of 4,000"),
        {
            content: "What is told of another mailbox is not for this page",
            trigger: ".o_mail_sync_progress",
            run() {
                const figures = { id: -1, seen_count: 1, remaining_count: 3999, syncing: true };
                listeners.forEach((callback) => callback(figures));
            },
        },
        bar(75, "3,000 of 4,000"),
        // It is left, and come back to: how far it is stands on the record.
        { content: "Leave the page", trigger: ".o_navbar_apps_menu button", run: "click" },
        { content: "Go elsewhere", trigger: ".o_app:contains(CRM)", run: "click" },
        { content: "Elsewhere", trigger: ".o_kanban_view" },
        ...openPage(),
        bar(25, "1,000 of 4,000"),
    ],
});
