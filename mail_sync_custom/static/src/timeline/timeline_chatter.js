import { fields } from "@mail/core/common/record";
import { Thread } from "@mail/core/common/thread";
import { Thread as ThreadModel } from "@mail/core/common/thread_model";
import { Chatter } from "@mail/chatter/web_portal/chatter";

import { browser } from "@web/core/browser/browser";
import { rpc } from "@web/core/network/rpc";
import { user } from "@web/core/user";
import { patch } from "@web/core/utils/patch";

/** Where the browser remembers that its user wants mails in the chatter as well. */
const SHOWN = "mail_sync.chatter.mails";

patch(ThreadModel.prototype, {
    setup() {
        super.setup(...arguments);
        /** How many timelines of this record are on the screen. */
        this.mailSyncTimelines = fields.Attr(0);
        this.mailSyncMailsShown = fields.Attr(
            browser.localStorage.getItem(SHOWN) === `${user.userId}`
        );
        /** Whether mails were left out of what is loaded. */
        this.mailSyncWithout = fields.Attr(false);
        /** Whether what is loaded was asked for by date. */
        this.mailSyncLoadedByDate = fields.Attr(false);
    },

    /** The same mail is not to stand on one screen twice, in two orders. */
    get mailSyncMailsHidden() {
        return this.mailSyncTimelines > 0 && !this.mailSyncMailsShown;
    },

    /** Mails beside a timeline come in its order; on every other screen the order is Odoo's. */
    get mailSyncByDate() {
        return this.mailSyncTimelines > 0 && this.mailSyncMailsShown;
    },

    /** A timeline of this record has come to the screen, or has gone. */
    mailSyncTimelineShown(isShown) {
        this.mailSyncTimelines += isShown ? 1 : -1;
        this.mailSyncReload();
    },

    mailSyncShowMails(isShown) {
        if (isShown) {
            browser.localStorage.setItem(SHOWN, `${user.userId}`);
        } else {
            browser.localStorage.removeItem(SHOWN);
        }
        this.mailSyncMailsShown = isShown;
        this.mailSyncReload();
    },

    /** Mails that were left out are loaded when they are shown again; they are hidden as they are. */
    mailSyncReload() {
        const isOther = this.mailSyncWithout || this.mailSyncLoadedByDate !== this.mailSyncByDate;
        if (isOther && !this.mailSyncMailsHidden && this.isLoaded && this.status !== "loading") {
            this.messages = [];
            this.isLoaded = false;
            return this.fetchNewMessages();
        }
    },

    async fetchMessagesData({ after, around, before } = {}) {
        if (around !== undefined) {
            this.mailSyncMailsShown = true; // it may be a mail
        }
        const isWithout = this.mailSyncMailsHidden;
        // What is loaded has gaps as soon as one part of it has.
        this.mailSyncWithout = isWithout || (this.mailSyncWithout && this.isLoaded);
        if (!isWithout) {
            return this.mailSyncFetch({ after, around, before });
        }
        const found = await this.mailSyncAsk({ after, before, mail_sync_mails: false });
        if (this.mailSyncMailsHidden) {
            return found;
        }
        // Mails were asked for meanwhile.
        this.mailSyncWithout = this.isLoaded;
        browser.setTimeout(() => this.mailSyncReload());
        return this.mailSyncFetch({ after, around, before });
    },

    /** Load a page with mails, by date if they stand beside a timeline. */
    async mailSyncFetch({ after, around, before }) {
        this.mailSyncLoadedByDate = this.mailSyncByDate;
        if (!this.mailSyncByDate) {
            return super.fetchMessagesData({ after, around, before });
        }
        const known = this.messages.filter(({ id }) => Number.isInteger(id)).sort(byDate);
        if (after !== undefined && !this.loadNewer) {
            // What is new may have any date.
            return this.mailSyncAsk({ after: Math.max(...known.map(({ id }) => id)) });
        }
        return this.mailSyncAsk({
            after: after && known.at(-1)?.id,
            around,
            before: before && known[0]?.id,
            mail_sync_by_date: true,
        });
    },

    mailSyncAsk(params) {
        const limit = this.store.FETCH_LIMIT * (params.around === undefined ? 1 : 2);
        return rpc(this.getFetchRoute(), {
            ...this.getFetchParams(),
            fetch_params: { limit, ...params },
        });
    },
});

function byDate(one, other) {
    return one.datetime - other.datetime || one.id - other.id;
}

patch(Thread.prototype, {
    get orderedMessages() {
        const messages = super.orderedMessages;
        const { thread, order } = this.props;
        if (!this.env.inChatter) {
            return messages;
        }
        if (thread.mailSyncMailsHidden) {
            return messages.filter((message) => !message.isMailSyncMail);
        }
        if (thread.mailSyncByDate) {
            messages.sort((one, other) => (order === "asc" ? 1 : -1) * byDate(one, other));
        }
        return messages;
    },
});

patch(Chatter.prototype, {
    toggleMailSyncMails() {
        const { thread } = this.state;
        thread.mailSyncShowMails(!thread.mailSyncMailsShown);
    },
});
