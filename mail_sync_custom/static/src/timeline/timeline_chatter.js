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
    },

    /** The same mail is not to stand on one screen twice, in two orders. */
    get mailSyncMailsHidden() {
        return this.mailSyncTimelines > 0 && !this.mailSyncMailsShown;
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
        if (this.mailSyncWithout && !this.mailSyncMailsHidden && this.status !== "loading") {
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
            return super.fetchMessagesData(...arguments);
        }
        const limit = this.store.FETCH_LIMIT;
        const found = await rpc(this.getFetchRoute(), {
            ...this.getFetchParams(),
            fetch_params: { limit, after, before, mail_sync_mails: false },
        });
        if (this.mailSyncMailsHidden) {
            return found;
        }
        // Mails were asked for meanwhile.
        this.mailSyncWithout = this.isLoaded;
        browser.setTimeout(() => this.mailSyncReload());
        return super.fetchMessagesData(...arguments);
    },
});

patch(Thread.prototype, {
    get orderedMessages() {
        const messages = super.orderedMessages;
        if (!this.env.inChatter || !this.props.thread.mailSyncMailsHidden) {
            return messages;
        }
        return messages.filter((message) => !message.isMailSyncMail);
    },
});

patch(Chatter.prototype, {
    toggleMailSyncMails() {
        const { thread } = this.state;
        thread.mailSyncShowMails(!thread.mailSyncMailsShown);
    },
});
