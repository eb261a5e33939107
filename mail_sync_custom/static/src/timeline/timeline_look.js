import { useExternalListener } from "@odoo/owl";

import { patch } from "@web/core/utils/patch";

import { MailSyncTimeline } from "./timeline";

/** The dot on a lead goes when its user sees the timeline, as it is then: not in a hidden tab. */
patch(MailSyncTimeline.prototype, {
    setup() {
        super.setup(...arguments);
        this.unseen = false;
        useExternalListener(document, "visibilitychange", () => this.unseen && this.look());
    },

    async load() {
        await super.load(...arguments);
        await this.look();
    },

    async look() {
        const { resModel, resId } = this;
        if (resModel !== "crm.lead" || !resId || this.gone) {
            return;
        }
        this.unseen = document.visibilityState !== "visible";
        if (!this.unseen) {
            await this.orm.silent.call(resModel, "mail_sync_looked", [[resId]]);
        }
    },
});
