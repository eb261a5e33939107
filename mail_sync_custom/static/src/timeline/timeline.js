import { Component, onMounted, onWillUnmount, onWillUpdateProps, useEffect, useRef, useState } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { debounce } from "@web/core/utils/timing";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { TimelineEntry } from "./timeline_entry";

const PAGE = 20;
/** What one request may ask for. */
const MOST = 100;
/** Pages that are looked through for a mail that was answered. */
const SEARCHED = 10;

/** All communication of a record in order of time: the Life of the Lead. */
export class MailSyncTimeline extends Component {
    static template = "mail_sync_custom.Timeline";
    static components = { TimelineEntry };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.store = useService("mail.store");
        this.busService = useService("bus_service");
        this.root = useRef("root");
        this.keepLast = new KeepLast();
        this.state = useState({ show: "mails", mailbox: 0, oldestFirst: false, ...this.nothing });
        this.refreshSoon = debounce(() => this.refresh(), 400);
        this.onRecorded = (recorded) => {
            if (recorded[this.resModel]?.includes(this.resId)) {
                this.thread.fetchNewMessages();
                this.refreshSoon();
            }
        };
        this.open(this.props.record);
        onMounted(() => {
            this.busService.subscribe("mail_sync/recorded", this.onRecorded);
            this.load();
        });
        onWillUpdateProps(({ record }) => {
            if (record.resId !== this.resId || record.resModel !== this.resModel) {
                this.open(record);
                this.load();
            }
        });
        onWillUnmount(() => {
            this.busService.unsubscribe("mail_sync/recorded", this.onRecorded);
            this.refreshSoon.cancel();
            this.gone = true;
        });
        // What is written, logged or removed in the chatter beside it is here, too.
        useEffect(
            () => {
                if (this.state.loaded) {
                    this.refreshSoon();
                }
            },
            () => [this.state.thread.messages.length, this.waiting]
        );
    }

    /** What is known before the record has been asked. */
    get nothing() {
        return {
            entries: [],
            more: false,
            loaded: false,
            busy: false,
            mailboxes: [],
            addresses: [],
            accountState: false,
            found: 0,
        };
    }

    open({ resModel, resId }) {
        Object.assign(this, { resModel, resId });
        this.thread = this.store.Thread.insert({ model: resModel, id: resId });
        Object.assign(this.state, this.nothing, { mailbox: 0, thread: this.thread });
    }

    /** What keeps the mails of the chatter: it changes when one of them goes. */
    get waiting() {
        return this.state.thread.messages
            .filter((message) => message.mail_sync_delivery)
            .map((message) => `${message.id} ${message.mail_sync_delivery.state}`)
            .join();
    }

    // -- asking ----------------------------------------------------------------------------------

    async ask(offset, limit) {
        if (!this.resId) {
            return { entries: [], more: false, mailboxes: [], addresses: [], account_state: false };
        }
        const { show, mailbox, oldestFirst } = this.state;
        return this.orm.silent.call(this.resModel, "mail_sync_timeline", [[this.resId]], {
            offset,
            limit,
            filters: { show, mailbox, oldest_first: oldestFirst },
        });
    }

    async load(limit = PAGE) {
        this.state.busy = true;
        const page = await this.keepLast.add(this.ask(0, limit));
        if (this.gone) {
            return;
        }
        Object.assign(this.state, {
            entries: page.entries,
            more: page.more,
            mailboxes: page.mailboxes,
            addresses: page.addresses,
            accountState: page.account_state,
            offset: limit,
            loaded: true,
            busy: false,
        });
    }

    /** Ask again for as much as is shown. */
    refresh() {
        if (!this.gone) {
            return this.load(Math.min(MOST, Math.max(PAGE, this.state.entries.length)));
        }
    }

    async showMore() {
        this.state.busy = true;
        const page = await this.keepLast.add(this.ask(this.state.offset, PAGE));
        const known = new Set(this.state.entries.map(({ id }) => id));
        this.state.entries.push(...page.entries.filter(({ id }) => !known.has(id)));
        Object.assign(this.state, {
            offset: this.state.offset + PAGE,
            more: page.more,
            busy: false,
        });
    }

    /** The chatter beside it shows the same mail. */
    onAnswered(id, delivery) {
        const message = this.store["mail.message"].get(id);
        if (message) {
            message.mail_sync_delivery = delivery;
        }
        return this.refresh();
    }

    // -- choosing --------------------------------------------------------------------------------

    get choices() {
        return [
            { value: "all", label: _t("All"), title: _t("Mails, notes, calls and changes") },
            { value: "mails", label: _t("Mails"), title: _t("Received and sent mails") },
            { value: "in", label: _t("Received"), title: _t("Mails from the customer") },
            { value: "out", label: _t("Sent"), title: _t("Mails to the customer") },
        ];
    }

    choose(show) {
        this.state.show = show;
        return this.load();
    }

    chooseMailbox(ev) {
        this.state.mailbox = Number(ev.target.value);
        return this.load();
    }

    turnRound() {
        this.state.oldestFirst = !this.state.oldestFirst;
        return this.load();
    }

    showAll() {
        Object.assign(this.state, { show: "all", mailbox: 0 });
        return this.load();
    }

    nameOf(mailbox) {
        return mailbox.id === user.userId ? _t("My mailbox") : mailbox.name;
    }

    get orderText() {
        return this.state.oldestFirst ? _t("Oldest first") : _t("Newest first");
    }

    get addressesText() {
        return this.state.addresses.join(", ");
    }

    // -- following ---------------------------------------------------------------------------------

    /** Show the mail that another one answers, further down or up. */
    async goTo(id) {
        for (let page = 0; page < SEARCHED && this.state.more && !this.isShown(id); page++) {
            await this.showMore();
        }
        this.state.found = id;
        browser.setTimeout(() => {
            const selector = `.o_mail_sync_entry[data-id="${id}"]`;
            const entry = this.root.el?.querySelector(selector);
            entry?.scrollIntoView({ behavior: "smooth", block: "center" });
        });
    }

    isShown(id) {
        return this.state.entries.some((entry) => entry.id === id);
    }

    async connect() {
        const action = await this.orm.call("mail.sync.account", "action_open_mine", []);
        return this.action.doAction(action);
    }
}

registry.category("view_widgets").add("mail_sync_timeline", { component: MailSyncTimeline });
