import { RelativeTime } from "@mail/core/common/relative_time";

import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const { DateTime } = luxon;

/** A moment as one would say it, "3 minutes ago", with the exact local time on hover. */
export class MailSyncAgoField extends Component {
    static template = "mail_sync_custom.AgoField";
    static components = { RelativeTime };
    static props = { ...standardFieldProps };

    get moment() {
        return this.props.record.data[this.props.name];
    }

    get exact() {
        return this.moment.toLocaleString(DateTime.DATETIME_MED);
    }

    get neverText() {
        return _t("Not yet");
    }
}

registry.category("fields").add("mail_sync_ago", {
    component: MailSyncAgoField,
    displayName: _t("Time ago"),
    supportedTypes: ["datetime"],
    // "Not yet" is a value, too: the label stays.
    isEmpty: () => false,
});
