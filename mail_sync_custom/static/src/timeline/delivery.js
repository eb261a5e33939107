import { Message as MessageModel } from "@mail/core/common/message_model";
import { Message } from "@mail/core/common/message";
import { fields } from "@mail/core/common/record";

import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";

/** What keeps a mail from its recipients, as a sentence. */
export function deliveryText(state, reason) {
    const lasting = reason.trim();
    switch (state) {
        case "waiting":
            return _t("Waiting: %s", lasting);
        case "refused":
            return _t("Refused: %s", lasting);
        case "returned":
            return _t("Came back: %s", lasting);
    }
    return "";
}

patch(MessageModel.prototype, {
    setup() {
        super.setup(...arguments);
        /** Why a mail that was written here has not gone; nothing for one that has. */
        this.mail_sync_delivery = fields.Attr();
    },
});

patch(Message.prototype, {
    get mailSyncDeliveryText() {
        const delivery = this.message.mail_sync_delivery;
        return delivery ? deliveryText(delivery.state, delivery.reason) : "";
    },
});
