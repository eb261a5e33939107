import { reactive } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { session } from "@web/session";

/**
 * How the user's own mailbox is: `configured`, `state` and, while it fails, a `headline`.
 * It comes with the session, and is kept up to date over the bus, in every open tab.
 */
export const mailSyncStatusService = {
    dependencies: ["bus_service"],

    start(env, { bus_service: bus }) {
        const status = reactive({ ...session.mail_sync });
        bus.subscribe("mail_sync_custom/status", (now) => Object.assign(status, now));
        bus.start();
        return status;
    },
};

registry.category("services").add("mail_sync_status", mailSyncStatusService);
