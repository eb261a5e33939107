import { Component, onMounted, onWillUnmount, useEffect, useRef, useState } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** Milliseconds until it is asked again, should the server not tell. */
const PAUSE = 3000;

/**
 * Whether mailboxes are being searched for past mails of a lead that is new, or has a new address,
 * and how many were found. It opens the timeline, where they appear.
 */
export class MailSyncPastMails extends Component {
    static template = "mail_sync_custom.PastMails";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.root = useRef("root");
        this.state = useState({ shown: false, looking: false, found: 0 });
        const bus = useService("bus_service");
        const onDone = ({ ids }) => ids.includes(this.props.record.resId) && this.ask();
        onMounted(() => bus.subscribe("mail_sync/looked_back", onDone));
        onWillUnmount(() => {
            bus.unsubscribe("mail_sync/looked_back", onDone);
            browser.clearTimeout(this.timeout);
            this.gone = true;
        });
        useEffect(
            (resId) => {
                if (resId !== this.resId) {
                    this.resId = resId;
                    Object.assign(this.state, { shown: false, looking: false, found: 0 });
                }
                this.ask();
            },
            () => {
                const { resId, dirty, data } = this.props.record;
                return [resId, dirty, data.email_from, data.partner_id?.id];
            }
        );
    }

    async ask() {
        browser.clearTimeout(this.timeout);
        const { resId, resModel } = this.props.record;
        if (!resId) {
            return;
        }
        const past = await this.orm.silent.call(resModel, "mail_sync_past_mails", [[resId]]);
        if (this.gone || resId !== this.props.record.resId) {
            return;
        }
        const starts = (past.looking || past.recent) && !this.state.looking && !this.state.shown;
        const shown = past.looking || past.recent || this.state.shown;
        Object.assign(this.state, { shown, looking: past.looking, found: past.found });
        if (starts) {
            this.openTimeline();
        }
        if (past.looking) {
            this.timeout = browser.setTimeout(() => this.ask(), PAUSE);
        }
    }

    openTimeline() {
        const form = this.root.el?.closest(".o_form_view");
        form?.querySelector(".o_notebook_headers a[name='mail_sync_timeline']")?.click();
    }

    get text() {
        if (this.state.found) {
            return _t("Past mails found: %s.", this.state.found);
        }
        return this.state.looking ? "" : _t("No past mails were found.");
    }
}

registry.category("view_widgets").add("mail_sync_past_mails", { component: MailSyncPastMails });
