import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

/** One's own Mail Sync page is called that, whatever record it shows. */
class MailSyncPageController extends FormController {
    displayName() {
        const { resModel, data } = this.model.root;
        const own = resModel === "res.users" || data.user_id?.id === user.userId;
        return own ? _t("Mail Sync") : super.displayName();
    }
}

const mailSyncPage = { ...formView, Controller: MailSyncPageController };

registry.category("views").add("mail_sync_page", mailSyncPage);
// Without an account there is nothing to page through, nor to act on.
registry.category("views").add("mail_sync_welcome", {
    ...mailSyncPage,
    display: { controlPanel: false },
});
