import { Component, onMounted, onWillUnmount, status, useState } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatInteger } from "@web/views/fields/formatters";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const WORKING = 3000;
const RESTING = 20000;
/** What shows that something has happened since the page was loaded. */
const SIGNS = [
    "state",
    "syncing",
    "last_sync_at",
    "error_code",
    "sending_error_code",
    "paused_until",
    "seen_count",
    "recorded_count",
    "remaining_count",
    "check_state",
    "checked_count",
];

/**
 * How far a synchronisation is. It keeps the page it stands on up to date by itself: the server
 * tells of each step while mails are being read, and is asked now and then, should that not arrive.
 */
export class MailSyncProgress extends Component {
    static template = "mail_sync_custom.Progress";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.busService = useService("bus_service");
        /** What was told since the page was loaded. */
        this.state = useState({ told: null });
        this.onTold = (told) => this.follow(told);
        onMounted(() => this.busService.subscribe("mail_sync/progress", this.onTold));
        this.schedule();
        onWillUnmount(() => {
            this.busService.unsubscribe("mail_sync/progress", this.onTold);
            browser.clearTimeout(this.timeout);
        });
    }

    get account() {
        return { ...this.props.record.data, ...this.state.told };
    }

    get isWorking() {
        const { state, syncing, paused_until: paused, remaining_count: remaining } = this.account;
        return ["enabled", "error"].includes(state) && !paused && (syncing || remaining > 0);
    }

    get isChecking() {
        return ["checking", "fetching"].includes(this.account.check_state);
    }

    get checkedText() {
        return formatInteger(this.account.checked_count);
    }

    get checkTotalText() {
        return formatInteger(this.account.check_total);
    }

    get checkedPercent() {
        const { checked_count: checked, check_total: total } = this.account;
        return total ? Math.round((100 * checked) / total) : 0;
    }

    get total() {
        return this.account.seen_count + this.account.remaining_count;
    }

    get seenText() {
        return formatInteger(this.account.seen_count);
    }

    get totalText() {
        return formatInteger(this.total);
    }

    get percent() {
        return this.total ? Math.round((100 * this.account.seen_count) / this.total) : 0;
    }

    /** Move on with what the server tells; the rest of the page follows when the run is over. */
    async follow(told) {
        if (told.id !== this.props.record.resId) {
            return;
        }
        // A page that is opened is told what was said in the last minute: nothing moves backwards.
        if (told.seen_count >= this.account.seen_count) {
            const { id, ...figures } = told;
            this.state.told = figures;
        }
        if (!told.syncing) {
            await this.reload();
        }
    }

    /** Load the page; what was told is forgotten when the page knows as much, or the run is over. */
    async reload() {
        await this.props.record.load();
        const { told } = this.state;
        if (told && (!told.syncing || this.props.record.data.seen_count >= told.seen_count)) {
            this.state.told = null;
        }
    }

    schedule() {
        const pause = this.isWorking || this.isChecking ? WORKING : RESTING;
        this.timeout = browser.setTimeout(() => this.refresh(), pause);
    }

    async refresh() {
        const { resModel, resId } = this.props.record;
        if (!document.hidden) {
            const [found] = await this.orm.silent.read(resModel, [resId], SIGNS);
            const signs = JSON.stringify(found);
            if (signs !== this.signs && status(this) !== "destroyed") {
                this.signs = signs;
                await this.reload();
            }
        }
        if (status(this) !== "destroyed") {
            this.schedule();
        }
    }
}

registry.category("view_widgets").add("mail_sync_progress", { component: MailSyncProgress });
