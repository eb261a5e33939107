import { Component } from "@odoo/owl";

import { Dialog } from "@web/core/dialog/dialog";
import { UncaughtPromiseError } from "@web/core/errors/error_service";
import { _t } from "@web/core/l10n/translation";
import { RPCError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";

const MODELS = ["mail.sync.account.setup", "mail.sync.account.password"];

/** What went wrong when it was tried: the step and the cause first, then what to do about it. */
export class MailSyncErrorDialog extends Component {
    static template = "mail_sync_custom.ErrorDialog";
    static components = { Dialog };
    static props = { message: String, model: String, close: Function };

    get title() {
        return this.props.model === "mail.sync.account.password"
            ? _t("The password was not changed")
            : _t("Not connected yet");
    }

    /** The lines of the message; the server's reply only where it gave one. */
    get lines() {
        const [cause, remedy, serverWords] = this.props.message.split("\n");
        return { cause, remedy, serverWords };
    }
}

/** Odoo's own dialog calls a mistyped password an *Invalid Operation*. */
function mailSyncErrorHandler(env, error, originalError) {
    if (
        !(error instanceof UncaughtPromiseError && originalError instanceof RPCError) ||
        !MODELS.includes(originalError.model) ||
        originalError.exceptionName !== "odoo.exceptions.UserError"
    ) {
        return false;
    }
    error.unhandledRejectionEvent.preventDefault();
    env.services.dialog.add(MailSyncErrorDialog, {
        message: originalError.data.message,
        model: originalError.model,
    });
    return true;
}

// Before Odoo's handler of RPC errors, which is 97.
registry
    .category("error_handlers")
    .add("mailSyncErrorHandler", mailSyncErrorHandler, { sequence: 96 });
