import { Message } from "@mail/core/common/message_model";

import { patch } from "@web/core/utils/patch";

const MODELS = ["crm.lead", "res.partner"];

patch(Message.prototype, {
    /** Whether this went between somebody here and somebody outside, on a lead or a contact. */
    get isMailSyncMail() {
        if (!MODELS.includes(this.thread?.model)) {
            return false;
        }
        return (
            ["email", "email_outgoing"].includes(this.message_type) ||
            this.notification_ids.some(
                ({ notification_type, res_partner_id }) =>
                    notification_type === "email" && res_partner_id?.partner_share !== false
            )
        );
    },

    /** What its recipients have cannot be edited or deleted; the server refuses it, too. */
    get editable() {
        return super.editable && !this.isMailSyncMail;
    },
});
