import { onMounted, onWillUnmount, useEffect, useState } from "@odoo/owl";

import { useService } from "@web/core/utils/hooks";
import { debounce } from "@web/core/utils/timing";

/**
 * Call `onChange`, a moment later, when mails are recorded on a record, or when something in its
 * chatter comes, goes or fails. `onRecorded` is called at once for recorded mails.
 *
 * @param {() => { resModel: string, resId: number }} getRecord
 */
export function useRecordMail(getRecord, { onChange, onRecorded }) {
    const store = useService("mail.store");
    const state = useState({ thread: undefined });
    const busService = useService("bus_service");
    const soon = debounce(onChange, 400);
    const listen = (recorded) => {
        const { resModel, resId } = getRecord();
        if (recorded[resModel]?.includes(resId)) {
            onRecorded?.();
            soon();
        }
    };
    onMounted(() => busService.subscribe("mail_sync/recorded", listen));
    onWillUnmount(() => {
        busService.unsubscribe("mail_sync/recorded", listen);
        soon.cancel();
    });
    let known = false;
    useEffect(
        () => {
            if (known) {
                soon();
            }
            known = true;
        },
        () => {
            const { resModel, resId } = getRecord();
            if (state.thread?.model !== resModel || state.thread?.id !== resId) {
                state.thread = store.Thread.insert({ model: resModel, id: resId });
            }
            const { messages } = state.thread;
            const waiting = messages
                .filter((message) => message.mail_sync_delivery)
                .map((message) => `${message.id} ${message.mail_sync_delivery.state}`);
            return [messages.length, waiting.join()];
        }
    );
}
