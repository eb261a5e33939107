import { registry } from "@web/core/registry";
import { BadgeField, badgeField } from "@web/views/fields/badge/badge_field";

/** The status of an account in the colour it has everywhere. */
const CLASSES = {
    enabled: "text-bg-success",
    error: "text-bg-danger",
    pending: "text-bg-warning",
    connection: "o_mail_sync_connection",
};

export class MailSyncStateField extends BadgeField {
    get badgeClass() {
        return CLASSES[this.props.record.data[this.props.name]] || super.badgeClass;
    }
}

registry.category("fields").add("mail_sync_state", {
    ...badgeField,
    component: MailSyncStateField,
    supportedTypes: ["selection"],
});
