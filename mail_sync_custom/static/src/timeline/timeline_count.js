import { Component, onMounted, onWillUpdateProps, useState } from "@odoo/owl";

import { Notebook } from "@web/core/notebook/notebook";
import { useService } from "@web/core/utils/hooks";

import { useRecordMail } from "./timeline_live";

/** From here on there are only "more than". The server counts no further. */
const MANY = 1000;

/** How many mails a record has, behind the title of the timeline's page. */
export class TimelineCount extends Component {
    static template = "mail_sync_custom.TimelineCount";
    static props = { resModel: String, resId: Number };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ count: 0 });
        useRecordMail(() => this.props, { onChange: () => this.ask(this.props) });
        onMounted(() => this.ask(this.props));
        onWillUpdateProps((next) => {
            if (next.resModel !== this.props.resModel || next.resId !== this.props.resId) {
                this.state.count = 0;
                this.ask(next);
            }
        });
    }

    async ask({ resModel, resId }) {
        const count = await this.orm.silent.call(resModel, "mail_sync_timeline_count", [[resId]]);
        if (resModel === this.props.resModel && resId === this.props.resId) {
            this.state.count = count;
        }
    }

    get text() {
        return this.state.count < MANY ? ` (${this.state.count})` : ` (${MANY - 1}+)`;
    }
}

Notebook.components = { ...Notebook.components, TimelineCount };
