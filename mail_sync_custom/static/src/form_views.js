import { onMounted, onWillUnmount } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

/** One's own Mail Sync page is called that, whatever record it shows. */
class MailSyncPageController extends FormController {
    setup() {
        super.setup();
        const bus = useService("bus_service");
        const onStatus = ({ configured }) => this.follow(configured);
        onMounted(() => bus.subscribe("mail_sync_custom/status", onStatus));
        onWillUnmount(() => bus.unsubscribe("mail_sync_custom/status", onStatus));
    }

    /** Show one's own mailbox as it is from now on, whoever has changed that. */
    async follow(configured) {
        const { resModel, data } = this.model.root;
        if (configured && resModel === "mail.sync.account" && data.user_id?.id === user.userId) {
            await this.model.root.load();
        }
    }

    displayName() {
        const { resModel, data } = this.model.root;
        const own = resModel === "res.users" || data.user_id?.id === user.userId;
        // Below the list, which is called so too, it has the name that it has in the list.
        const alone = this.env.config.breadcrumbs.length < 2;
        return own && alone ? _t("Mail Sync") : super.displayName();
    }
}

const mailSyncPage = { ...formView, Controller: MailSyncPageController };

registry.category("views").add("mail_sync_page", mailSyncPage);
// Without an account there is nothing to page through, nor to act on.
registry.category("views").add("mail_sync_welcome", {
    ...mailSyncPage,
    display: { controlPanel: false },
});
