import { Component, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** Which step of connecting runs, beside the buttons that wait for it. */
export class MailSyncStep extends Component {
    static template = "mail_sync_custom.Step";
    static props = { ...standardWidgetProps };

    setup() {
        this.attempt = useState(this.props.record.model.attempt);
    }

    get words() {
        const { step, host } = this.attempt;
        return {
            connection: host ? _t("Connecting to %s…", host) : _t("Connecting…"),
            login: _t("Signing in…"),
            folders: _t("Looking at the folders…"),
        }[step];
    }
}

registry.category("view_widgets").add("mail_sync_step", { component: MailSyncStep });
