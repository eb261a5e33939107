import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formView } from "@web/views/form/form_view";

/** Odoo says of letters in a field for a number that a required field is missing. */
class MailSyncSetupRecord extends formView.Model.Record {
    _displayInvalidFieldNotification() {
        const wrong = Object.entries(this.usualPorts).find(([name]) => this.isFieldInvalid(name));
        return wrong
            ? this.model.notification.add(wrong[1], { type: "danger" })
            : super._displayInvalidFieldNotification();
    }

    get usualPorts() {
        return {
            imap_port: _t(
                "The port is a number from 1 to 65535: usually 993 with 'Use SSL?', and " +
                    "143 without."
            ),
            smtp_port: _t(
                "The port is a number from 1 to 65535: usually 465 with 'Use SSL?', and " +
                    "587 without."
            ),
        };
    }
}

class MailSyncSetupModel extends formView.Model {
    static Record = MailSyncSetupRecord;
}

registry.category("views").add("mail_sync_setup", { ...formView, Model: MailSyncSetupModel });
