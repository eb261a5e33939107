import { Message } from "@mail/core/common/message";
import { Message as MessageModel } from "@mail/core/common/message_model";
import { fields } from "@mail/core/common/record";

import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { usePopover } from "@web/core/popover/popover_hook";
import { patch } from "@web/core/utils/patch";

/** Why a recorded mail stands where it stands, and who it went between. */
export class MailSyncPopover extends Component {
    static template = "mail_sync_custom.MessagePopover";
    static props = ["message", "close?"];

    get correspondents() {
        const { email_from: from, incoming_email_to: to, incoming_email_cc: cc } = this.props.message;
        return [
            { label: _t("From"), names: from || "" },
            { label: _t("To"), names: this.props.message.mailSyncNames(to, true) },
            { label: _t("Cc"), names: this.props.message.mailSyncNames(cc, true) },
        ].filter(({ names }) => names);
    }
}

patch(MessageModel.prototype, {
    setup() {
        super.setup(...arguments);
        /** What the server tells of a mail recorded from a mailbox; nothing for any other. */
        this.mail_sync = fields.Attr();
    },

    /** Pairs of name and address as one line: the names, or all of it. */
    mailSyncNames(pairs, full) {
        return (pairs || [])
            .map(([name, email]) => (full && name && email ? `${name} <${email}>` : name || email))
            .join(", ");
    },
});

patch(Message.prototype, {
    setup() {
        super.setup(...arguments);
        this.mailSyncPopover = usePopover(MailSyncPopover, { position: "bottom-start" });
    },

    /** The kind of message says nothing that the badge does not say. */
    get showSubtypeDescription() {
        return super.showSubtypeDescription && !this.message.mail_sync;
    },

    onClickMailSync(ev) {
        this.mailSyncPopover.open(ev.currentTarget, { message: this.message });
    },
});
