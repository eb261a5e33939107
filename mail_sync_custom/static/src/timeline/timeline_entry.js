import { Component, markup, useState } from "@odoo/owl";

import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { humanSize } from "@web/core/utils/binary";
import { useService } from "@web/core/utils/hooks";

import { Delivery, deliveryColour, deliveryLabel } from "./delivery";
import { EntryActions } from "./entry_actions";

const { DateTime } = luxon;

/** Recipients that are named before the others are only counted. */
const NAMED = 4;

/** One mail, note, call or change. */
export class TimelineEntry extends Component {
    static template = "mail_sync_custom.TimelineEntry";
    static components = { Delivery, EntryActions };
    static props = {
        entry: Object,
        found: Boolean,
        resModel: String,
        resId: Number,
        goTo: Function,
        onAnswered: Function,
        refresh: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ expanded: false, body: "", quoted: false, quoteShown: false });
    }

    get entry() {
        return this.props.entry;
    }

    // -- head --------------------------------------------------------------------------------------

    get icon() {
        if (this.entry.direction) {
            return this.entry.direction === "out" ? "fa-arrow-up" : "fa-arrow-down";
        }
        return this.entry.changes.length ? "fa-pencil" : "fa-comment-o";
    }

    get colour() {
        const colours = { in: "text-bg-success", out: "text-bg-info" };
        if (this.entry.automatic) {
            return "text-bg-secondary";
        }
        const trouble = deliveryColour(this.entry.delivery?.state);
        if (trouble) {
            return `text-bg-${trouble}`;
        }
        return colours[this.entry.direction] || "text-bg-secondary";
    }

    get label() {
        const ways = { in: _t("Received"), out: _t("Sent") };
        const way = this.entry.automatic
            ? _t("Automatic answer")
            : ways[this.entry.direction] || this.entry.label;
        return deliveryLabel(this.entry.delivery?.state) || way;
    }

    get moment() {
        return deserializeDateTime(this.entry.date);
    }

    get when() {
        return this.moment.toLocaleString(DateTime.DATETIME_MED);
    }

    get ago() {
        return this.moment.toRelative();
    }

    get recipients() {
        return [
            { label: _t("To"), people: this.entry.to },
            { label: _t("Cc"), people: this.entry.cc },
            { label: _t("Bcc"), people: this.entry.bcc },
        ].filter(({ people }) => people.length);
    }

    names(people) {
        const named = this.state.expanded ? people : people.slice(0, NAMED);
        const names = named.map(({ name, email }) => name || email).join(", ");
        const others = people.length - named.length;
        return others ? _t("%(names)s and %(count)s more", { names, count: others }) : names;
    }

    full(people) {
        return people
            .map(({ name, email }) => (name && email ? `${name} <${email}>` : name || email))
            .join(", ");
    }

    get answersText() {
        return this.entry.answers.subject || _t("a mail without a subject");
    }

    get answersTitle() {
        const moment = deserializeDateTime(this.entry.answers.date);
        return _t("Show the mail of %s", moment.toLocaleString(DateTime.DATETIME_MED));
    }

    get answeredText() {
        const moment = deserializeDateTime(this.entry.answered.date);
        return _t("Answered on %s", moment.toLocaleString(DateTime.DATETIME_MED));
    }

    get mailboxText() {
        const { mailboxes, gateway, direction, mine, sender } = this.entry;
        if (mine && mailboxes.length === 1) {
            return _t("From my mailbox");
        }
        if (mailboxes.length) {
            return _t("From the mailbox of %s", mailboxes.join(", "));
        }
        if (gateway) {
            return _t("Came to the company's own address");
        }
        if (this.entry.hidden) {
            return sender.name ? _t("Written by %s", sender.name) : "";
        }
        return direction === "out" ? _t("Written here") : "";
    }

    // -- the other record that it stands on, on a contact's page ------------------------------------

    get recordUrl() {
        const { model, id } = this.entry.record;
        return `/odoo/${model}/${id}`;
    }

    openRecord() {
        const { model, id } = this.entry.record;
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    // -- text --------------------------------------------------------------------------------------

    get canExpand() {
        return !this.entry.whole;
    }

    async toggle() {
        if (!this.canExpand) {
            return;
        }
        if (!this.state.expanded && !this.state.body) {
            const [{ body }] = await this.orm.read("mail.message", [this.entry.id], ["body"]);
            // The server keeps bodies sanitized; the chatter shows them in the same way.
            this.state.body = markup(body || "");
            this.state.quoted = hasQuoteBesidesText(body || "");
        }
        this.state.expanded = !this.state.expanded;
    }

    toggleQuote() {
        this.state.quoteShown = !this.state.quoteShown;
    }

    /** A link in a mail leads out of Odoo, not away from the lead. */
    onClickBody(ev) {
        const link = ev.target.closest("a[href]");
        if (link) {
            link.target = "_blank";
            link.rel = "noopener noreferrer";
        }
    }

    // -- attachments ---------------------------------------------------------------------------------

    urlOf({ id }) {
        return `/web/content/${id}?download=true`;
    }

    sizeOf({ size }) {
        return humanSize(size);
    }

    get omitted() {
        return this.entry.omitted.split("\n").filter(Boolean);
    }
}

/** Whether a text quotes another one, and says something of its own. */
function hasQuoteBesidesText(body) {
    const parsed = new DOMParser().parseFromString(body, "text/html");
    const quotes = parsed.querySelectorAll("[data-o-mail-quote]");
    quotes.forEach((quote) => quote.remove());
    return quotes.length > 0 && Boolean(parsed.body.textContent.trim());
}
