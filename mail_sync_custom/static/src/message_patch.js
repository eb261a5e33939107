import { Message } from "@mail/core/common/message";
import { Message as MessageModel } from "@mail/core/common/message_model";
import { fields } from "@mail/core/common/record";

import { Component } from "@odoo/owl";

import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { usePopover } from "@web/core/popover/popover_hook";
import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";

/** Why a recorded mail stands where it stands, and who it went between. */
export class MailSyncPopover extends Component {
    static template = "mail_sync_custom.MessagePopover";
    static props = ["message", "close?"];

    setup() {
        this.dialog = useService("dialog");
    }

    get correspondents() {
        const { message } = this.props;
        return [
            { label: _t("From"), names: message.email_from },
            { label: _t("To"), names: message.mailSyncNames(message.incoming_email_to, true) },
            { label: _t("Cc"), names: message.mailSyncNames(message.incoming_email_cc, true) },
        ].filter(({ names }) => names);
    }

    remove() {
        const { message, close } = this.props;
        // Not `useService`: the popover is gone when the answer comes.
        const { orm } = this.env.services;
        this.dialog.add(ConfirmationDialog, {
            title: _t("Remove this mail from the CRM?"),
            body: _t("It stays in your mailbox as it is, and does not come back here."),
            confirmLabel: _t("Remove"),
            confirm: async () => {
                await orm.call("mail.message", "action_mail_sync_remove", [[message.id]]);
                message.delete();
            },
            cancel: () => {},
        });
        close?.();
    }
}

patch(MessageModel.prototype, {
    setup() {
        super.setup(...arguments);
        /** What the server tells of a mail recorded from a mailbox; nothing for any other. */
        this.mail_sync = fields.Attr();
        /** When it is a private mail of colleagues': which way it went, and whose it is. */
        this.mail_sync_hidden = fields.Attr();
    },

    /** Whose a private mail is, as the timeline says it. */
    get mailSyncHiddenText() {
        const { writer, mailboxes } = this.mail_sync_hidden;
        if (mailboxes.length) {
            return _t("From the mailbox of %s", mailboxes.join(", "));
        }
        return writer ? _t("Written by %s", writer) : "";
    },

    /** A sender without a contact is a name and an address, without the quotes between them. */
    get authorName() {
        const name = super.authorName;
        return this.mail_sync && !this.author ? name?.replace(/^"(.*)" </, "$1 <") : name;
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
