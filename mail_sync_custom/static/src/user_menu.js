import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";

/** The way to the user's own Mail Sync page: their account, or how to connect one. */
function mailSyncItem(env) {
    return {
        type: "item",
        id: "mail_sync",
        description: _t("Mail Sync"),
        show: () => user.isInternalUser,
        callback: async () => {
            const action = await env.services.orm.call("mail.sync.account", "action_open_mine", []);
            env.services.action.doAction(action, { clearBreadcrumbs: true });
        },
        // After *My Preferences*.
        sequence: 55,
    };
}

registry.category("user_menuitems").add("mail_sync", mailSyncItem);
