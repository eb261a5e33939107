import { Message as MessageModel } from "@mail/core/common/message_model";
import { Message } from "@mail/core/common/message";
import { fields } from "@mail/core/common/record";

import { Component, useState } from "@odoo/owl";

import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";

const ICONS = {
    waiting: "fa-clock-o",
    delayed: "fa-clock-o",
    unknown: "fa-question-circle",
    read: "fa-eye",
    deleted: "fa-trash-o",
    delivered: "fa-check",
    expanded: "fa-share",
    relayed: "fa-share",
};
/** Nothing is wrong, but it is not there yet. */
const PENDING = ["waiting", "delayed"];
/** Nobody has to act on these. */
const ARRIVED = ["read", "deleted", "delivered", "expanded", "relayed"];

/** What has become of a mail that did not simply go, instead of *Sent*. */
export function deliveryLabel(state) {
    const labels = {
        waiting: _t("Waiting"),
        unknown: _t("Perhaps sent"),
        refused: _t("Not sent"),
        returned: _t("Came back"),
        delayed: _t("Delayed"),
    };
    return labels[state] || "";
}

/** How bad that is: a colour's name, empty for good news. */
export function deliveryColour(state) {
    if (!state || ARRIVED.includes(state)) {
        return "";
    }
    return PENDING.includes(state) ? "warning" : "danger";
}

/** What is known of a mail's way to its recipients, as a sentence. */
export function deliveryText(state, reason) {
    const lasting = reason.trim();
    switch (state) {
        case "waiting":
            return _t("Waiting: %s", lasting);
        case "unknown":
            return lasting;
        case "refused":
            return _t("Refused: %s", lasting);
        case "returned":
            return _t("Came back: %s", lasting);
        case "delayed":
            return _t("Delayed: %s", lasting);
    }
    return lasting;
}

/** What is known of a sent mail's way, and for its writer the buttons to go on. */
export class Delivery extends Component {
    static template = "mail_sync_custom.Delivery";
    static props = {
        messageId: Number,
        delivery: Object,
        onAnswered: Function,
        boxed: { type: Boolean, optional: true },
    };
    static defaultProps = { boxed: false };

    setup() {
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.orm = useService("orm");
        this.state = useState({ busy: false });
    }

    get text() {
        return deliveryText(this.props.delivery.state, this.props.delivery.reason);
    }

    get icon() {
        return ICONS[this.props.delivery.state] || "fa-exclamation-triangle";
    }

    get colour() {
        const kind = deliveryColour(this.props.delivery.state);
        if (!kind) {
            return "small mb-1 text-muted";
        }
        if (this.props.boxed) {
            return `alert alert-${kind} px-2 py-1 my-1`;
        }
        return `small mb-1 ${kind === "warning" ? "text-warning-emphasis" : "text-danger"}`;
    }

    get mayAnswer() {
        const { repeatable, writer } = this.props.delivery;
        return repeatable && (writer === user.userId || user.isSystem);
    }

    /** Say whom it goes to, and by which way, before it goes. */
    async askToSendAgain() {
        const { to, route } = await this.call("mail_sync_before_sending_again");
        if (!to.length) {
            return this.answer("action_mail_sync_send_again");
        }
        const lines = [_t("It goes to %s.", to.join(", ")), route];
        if (this.props.delivery.state === "unknown") {
            lines.push(_t("If the first one has arrived after all, they will have it twice."));
        }
        this.dialog.add(ConfirmationDialog, {
            title: _t("Send this mail again?"),
            body: lines.join("\n"),
            confirmLabel: _t("Send again"),
            confirm: () => this.answer("action_mail_sync_send_again", _t("The mail is being sent.")),
            cancel: () => {},
        });
    }

    wasSent() {
        return this.answer("action_mail_sync_was_sent", _t("The mail is marked as sent."));
    }

    async answer(method, said) {
        const delivery = await this.call(method);
        if (said) {
            this.notification.add(said, { type: "success" });
        }
        this.props.onAnswered(delivery);
    }

    async call(method) {
        this.state.busy = true;
        try {
            return await this.orm.call("mail.message", method, [[this.props.messageId]]);
        } finally {
            this.state.busy = false;
        }
    }
}

Object.assign(Message.components, { MailSyncDelivery: Delivery });

patch(MessageModel.prototype, {
    setup() {
        super.setup(...arguments);
        /** What is known of a sent mail's way to its recipients; nothing if it simply went. */
        this.mail_sync_delivery = fields.Attr();
    },
});

patch(Message.prototype, {
    onMailSyncAnswered(delivery) {
        this.message.mail_sync_delivery = delivery;
    },
});
