import { registry } from "@web/core/registry";

const entry = (subject) => `.o_mail_sync_entry:has(.o_mail_sync_subject:contains(/^${subject}$/))`;
const field = (name) => `.modal .o_field_widget[name=${name}]`;

registry.category("web_tour.tours").add("mail_sync_answer", {
    steps: () => [
        {
            content: "Answer everybody who has the mail",
            trigger: `${entry("Question")} .o_mail_sync_entry_actions button[name=reply_all]`,
            run: "click",
        },
        {
            content: "The composer says from where it leaves",
            trigger: `${field("mail_sync_route")}:contains(/ann@company.example.*your own mailbox/)`,
        },
        {
            content: "It goes to the sender, who is no contact yet",
            trigger: `${field("mail_sync_to_emails")} input:value(/lena@customer.example/)`,
        },
        { content: "Cc", trigger: `${field("mail_sync_cc_emails")} input:value(/joe@b.example/)` },
        { content: "Bcc can be entered", trigger: `${field("mail_sync_bcc_ids")} input` },
        {
            content: "Re: once",
            trigger: `${field("subject")} input:value(/^Re: Question$/)`,
        },
        {
            content: "The mail is quoted",
            trigger: `${field("body")} blockquote:contains(We have a roof)`,
        },
        { content: "Send", trigger: ".modal .o_mail_send:enabled", run: "click" },
        {
            content: "The answer stands on the timeline, and says what it answers",
            trigger: `${entry("Re: Question")} button[name=answers]:contains(Question)`,
        },
        {
            content: "It says who has it",
            trigger: `${entry("Re: Question")}:contains(/To: .*Lena/):contains(/Cc: .*joe/)`,
        },
        {
            content: "Forward it",
            trigger: `${entry("Question")} .o_mail_sync_entry_actions button[name=forward]`,
            run: "click",
        },
        { content: "To nobody yet", trigger: `${field("partner_ids")}:not(:has(.badge))` },
        { content: "Fwd: once", trigger: `${field("subject")} input:value(/^Fwd: Question$/)` },
        { content: "The file comes along", trigger: `.modal:contains(plan.pdf)` },
    ],
});
