import { patch } from "@web/core/utils/patch";

import { MailSyncTimeline } from "./timeline";

/** The dot on a lead goes when its user sees the timeline, as it is then. */
patch(MailSyncTimeline.prototype, {
    async load() {
        await super.load(...arguments);
        const { resModel, resId } = this;
        if (resModel === "crm.lead" && resId && !this.gone) {
            await this.orm.silent.call(resModel, "mail_sync_looked", [[resId]]);
        }
    },
});
