import { HtmlComposerMessageField } from "@mail/views/web/fields/html_composer_message_field/html_composer_message_field";

import { browser } from "@web/core/browser/browser";
import { patch } from "@web/core/utils/patch";

patch(HtmlComposerMessageField.prototype, {
    /** Whoever answers knows to whom: the cursor is where they write, above what is quoted. */
    getConfig() {
        const config = super.getConfig(...arguments);
        const { mail_sync_exact, mail_sync_to_emails, partner_ids } = this.props.record.data;
        if (mail_sync_exact && (partner_ids?.count || mail_sync_to_emails)) {
            const ready = config.onEditorReady;
            config.onEditorReady = () => {
                ready?.();
                // Once the dialog is there, which takes the focus for itself.
                browser.setTimeout(() => focusBeginning(this.editor));
            };
        }
        return config;
    },
});

function focusBeginning({ editable, isDestroyed, shared }) {
    if (!isDestroyed && editable.isConnected) {
        editable.focus();
        shared.selection.setCursorStart(editable.firstElementChild || editable);
    }
}
