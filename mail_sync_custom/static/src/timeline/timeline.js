import { Component, onMounted, onWillUnmount, onWillUpdateProps, useRef, useState } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { DateTimeInput } from "@web/core/datetime/datetime_input";
import { Dropzone } from "@web/core/dropzone/dropzone";
import { useCustomDropzone } from "@web/core/dropzone/dropzone_hook";
import { serializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { debounce } from "@web/core/utils/timing";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { TimelineEntry } from "./timeline_entry";
import { logMails } from "./timeline_files";
import { useRecordMail } from "./timeline_live";

const PAGE = 20;
/** What one request may ask for. */
const MOST = 100;
/** Pages that are looked through for a mail that was answered. */
const SEARCHED = 10;
/** Where the browser remembers that its user wants conversations. */
const GROUPED = "mail_sync.timeline.conversations";

/** What *Log a mail by hand* shows while a file is dragged over the timeline. */
class MailDropzone extends Component {
    static template = "mail_sync_custom.MailDropzone";
    static components = { Dropzone };
    static props = Dropzone.props;
}

/** All communication of a record in order of time: the Life of the Lead. */
export class MailSyncTimeline extends Component {
    static template = "mail_sync_custom.Timeline";
    static components = { DateTimeInput, TimelineEntry };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.store = useService("mail.store");
        this.root = useRef("root");
        this.fileInput = useRef("file");
        this.searchInput = useRef("search");
        this.keepLast = new KeepLast();
        this.state = useState({
            show: "mails",
            mailbox: 0,
            oldestFirst: false,
            grouped: browser.localStorage.getItem(GROUPED) === `${user.userId}`,
            ...this.nothing,
        });
        this.searchSoon = debounce((text) => this.search(text), 300);
        useRecordMail(() => this, {
            onChange: () => this.state.loaded && this.refresh(),
            onRecorded: () => this.thread.fetchNewMessages(),
        });
        useCustomDropzone(
            this.root,
            MailDropzone,
            { extraClass: "o_mail_sync_dropzone", onDrop: (ev) => this.log([...ev.dataTransfer.files]) },
            () => this.state.mayWrite
        );
        this.open(this.props.record);
        onMounted(() => this.load());
        onWillUpdateProps(({ record }) => {
            if (record.resId !== this.resId || record.resModel !== this.resModel) {
                this.open(record);
                this.load();
            }
        });
        onWillUnmount(() => {
            this.searchSoon.cancel();
            this.thread.mailSyncTimelineShown(false);
            this.gone = true;
        });
    }

    /** What is known before the record has been asked. */
    get nothing() {
        return {
            entries: [],
            conversations: false,
            partly: false,
            more: false,
            start: 0,
            loaded: false,
            busy: false,
            logging: false,
            mailboxes: [],
            addresses: [],
            accountState: false,
            mayWrite: false,
            found: 0,
            date: false,
            search: "",
        };
    }

    open({ resModel, resId }) {
        Object.assign(this, { resModel, resId });
        this.thread?.mailSyncTimelineShown(false);
        this.thread = this.store.Thread.insert({ model: resModel, id: resId });
        this.thread.mailSyncTimelineShown(true);
        Object.assign(this.state, this.nothing, { mailbox: 0 });
        if (this.searchInput.el) {
            this.searchInput.el.value = "";
        }
    }

    // -- asking ----------------------------------------------------------------------------------

    async ask(offset, limit, date = false) {
        const { show, mailbox, oldestFirst, grouped, search } = this.state;
        if (!this.resId) {
            return { entries: [], more: false, offset: 0 };
        }
        const filters = { show, mailbox, search, date, oldest_first: oldestFirst, conversations: grouped };
        return this.keepLast.add(
            this.orm.silent.call(this.resModel, "mail_sync_timeline", [[this.resId]], {
                offset,
                limit,
                filters,
            })
        );
    }

    /** Show a page instead of what is shown: the first, that of a date, or as much as was shown. */
    async load({ start = 0, limit = PAGE, date = false } = {}) {
        this.state.busy = true;
        const page = await this.ask(start, limit, date);
        if (this.gone) {
            return;
        }
        Object.assign(this.state, {
            entries: page.entries,
            conversations: page.conversations || false,
            partly: page.partly || false,
            more: page.more,
            start: page.offset,
            offset: page.offset + limit,
            loaded: true,
            busy: false,
        });
        if ("mailboxes" in page) {
            Object.assign(this.state, {
                mailboxes: page.mailboxes,
                addresses: page.addresses,
                accountState: page.account_state,
                mayWrite: page.may_write,
            });
        }
        if (date && page.found) {
            this.show(page.found);
        }
    }

    /** Ask again for as much as is shown. */
    refresh() {
        if (!this.gone) {
            const shown = this.state.offset - this.state.start;
            const limit = Math.min(MOST, Math.max(PAGE, shown || 0));
            return this.load({ start: this.state.start, limit });
        }
    }

    async showMore() {
        this.state.busy = true;
        const page = await this.ask(this.state.offset, PAGE);
        this.take(page, { behind: true });
        Object.assign(this.state, { offset: this.state.offset + PAGE, more: page.more });
    }

    async showBefore() {
        this.state.busy = true;
        const start = Math.max(0, this.state.start - PAGE);
        const page = await this.ask(start, this.state.start - start);
        this.take(page, { behind: false });
        this.state.start = start;
    }

    /** Put a page behind, or before, what is shown. */
    take(page, { behind }) {
        const add = (shown, more) => {
            const known = new Set(shown.map(({ id }) => id));
            const added = more.filter(({ id }) => !known.has(id));
            return behind ? [...shown, ...added] : [...added, ...shown];
        };
        this.state.entries = add(this.state.entries, page.entries);
        if (this.state.conversations) {
            this.state.conversations = add(this.state.conversations, page.conversations || []);
        }
        this.state.busy = false;
    }

    /** The chatter beside it shows the same mail. */
    onAnswered(id, delivery) {
        const message = this.store["mail.message"].get(id);
        if (message) {
            message.mail_sync_delivery = delivery;
        }
        return this.refresh();
    }

    // -- searching, and jumping to a date ----------------------------------------------------------

    onSearch(ev) {
        this.searchSoon(ev.target.value);
    }

    onSearchKey(ev) {
        if (ev.key === "Enter") {
            ev.preventDefault();
            this.searchSoon.cancel();
            this.search(ev.target.value);
        }
    }

    search(text) {
        if (text.trim() !== this.state.search) {
            this.state.search = text.trim();
            return this.load();
        }
    }

    clearSearch() {
        this.searchInput.el.value = "";
        return this.search("");
    }

    jumpTo(date) {
        this.state.date = date;
        return date ? this.load({ date: serializeDate(date) }) : this.load();
    }

    // -- conversations -----------------------------------------------------------------------------

    group() {
        this.state.grouped = !this.state.grouped;
        if (this.state.grouped) {
            browser.localStorage.setItem(GROUPED, `${user.userId}`);
        } else {
            browser.localStorage.removeItem(GROUPED);
        }
        return this.load();
    }

    entriesOf({ ids }) {
        const entries = new Map(this.state.entries.map((entry) => [entry.id, entry]));
        return ids.map((id) => entries.get(id)).filter(Boolean);
    }

    /** The mails of a conversation that are not shown yet. */
    restOf({ ids }) {
        const known = new Set(this.state.entries.map(({ id }) => id));
        return ids.filter((id) => !known.has(id));
    }

    /** A conversation is called what its oldest mail is called, of those that are shown. */
    subjectOf(conversation) {
        const entries = this.entriesOf(conversation);
        const oldest = this.state.oldestFirst ? entries[0] : entries.at(-1);
        return oldest?.subject || (oldest?.hidden ? _t("Private mail") : _t("No subject"));
    }

    countOf({ ids, count }) {
        return ids.length === count ? `${count}` : _t("%(shown)s of %(count)s", { shown: ids.length, count });
    }

    restText(conversation) {
        return _t("Show %s more of this conversation", this.restOf(conversation).length);
    }

    async showRest(conversation) {
        this.state.busy = true;
        const ids = this.restOf(conversation).slice(0, MOST);
        const record = [[this.resId]];
        const entries = await this.orm.call(this.resModel, "mail_sync_timeline_entries", record, { ids });
        this.state.entries.push(...entries);
        this.state.busy = false;
    }

    // -- writing, and logging by hand --------------------------------------------------------------

    async compose(method) {
        if (!(await this.props.record.save())) {
            return;
        }
        const action = await this.orm.call(this.resModel, method, [[this.resId]]);
        return this.action.doAction(action, {
            onClose: () => {
                this.thread.fetchNewMessages();
                this.refresh();
            },
        });
    }

    chooseFiles() {
        this.fileInput.el.click();
    }

    async onFilesChosen(ev) {
        await this.log([...ev.target.files]);
        ev.target.value = null;
    }

    async log(files) {
        this.state.logging = true;
        const { orm, notification, resModel, resId } = this;
        try {
            if (await logMails(files, { orm, notification, resModel, resId })) {
                await this.refresh();
            }
        } finally {
            this.state.logging = false;
        }
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

    get beforeText() {
        return this.state.oldestFirst ? _t("Show older") : _t("Show newer");
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
        this.show(id);
    }

    /** Mark an entry, and scroll to it. */
    show(id) {
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
