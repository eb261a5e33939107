import { Component, onMounted, onWillUnmount } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { debounce } from "@web/core/utils/timing";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** A dot on a lead that has written since one last looked; it comes and goes while one looks on. */
export class MailSyncUnreadField extends Component {
    static template = "mail_sync_custom.UnreadField";
    static props = { ...standardFieldProps };

    setup() {
        const bus = useService("bus_service");
        const soon = debounce(() => this.follow(), 400);
        const listening = ["mail_sync/recorded", "mail_sync/looked"].map((type) => [
            type,
            // One function for each: the bus forgets the first of two that are the same.
            (changed) => {
                const { resModel, resId } = this.props.record;
                if (changed[resModel]?.includes(resId)) {
                    soon();
                }
            },
        ]);
        onMounted(() => listening.forEach(([type, listen]) => bus.subscribe(type, listen)));
        onWillUnmount(() => {
            listening.forEach(([type, listen]) => bus.unsubscribe(type, listen));
            soon.cancel();
        });
    }

    /** Read the lead again, unless it is being written. */
    async follow() {
        const { record } = this.props;
        if (!record.dirty && !record.isInEdition) {
            await record.load();
        }
    }

    get isUnread() {
        return this.props.record.data[this.props.name];
    }
}

registry.category("fields").add("mail_sync_unread", {
    component: MailSyncUnreadField,
    displayName: _t("New mail"),
    supportedTypes: ["boolean"],
    listViewWidth: 30,
});
