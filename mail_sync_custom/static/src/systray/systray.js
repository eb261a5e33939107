import { Component, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

/**
 * What a user should know of their mailbox, in the top bar until it is mended: that it fails and,
 * for administrators, that there is none yet. Otherwise nothing is there.
 */
export class MailSyncSystray extends Component {
    static template = "mail_sync_custom.Systray";
    static props = {};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.status = useState(useService("mail_sync_status"));
    }

    get isFailing() {
        return ["error", "connection"].includes(this.status.state);
    }

    get isMissing() {
        return user.isSystem && this.status.configured === false;
    }

    get words() {
        if (this.isFailing) {
            return _t("Mail Sync: %s", this.status.headline || _t("your mailbox is failing"));
        }
        return this.isMissing ? _t("Your Mail Sync is not configured") : "";
    }

    async open() {
        const action = await this.orm.call("mail.sync.account", "action_open_mine", []);
        await this.action.doAction(action, { clearBreadcrumbs: true });
    }
}

// The highest number is the furthest from the user's name.
registry
    .category("systray")
    .add("mail_sync", { Component: MailSyncSystray }, { sequence: 120 });
