import { onMounted, onWillUnmount, reactive, useExternalListener } from "@odoo/owl";

import { getActiveHotkey } from "@web/core/hotkeys/hotkey_service";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

/** The buttons that connect to a server, each with the server's name in the form. */
const CONNECTING = {
    action_next: "imap_host",
    action_connect_smtp: "smtp_host",
    action_change_password: "",
};

/** In these, Enter has a meaning of its own. */
const OWN_ENTER =
    "textarea, button, a, .o_list_renderer *, .o_select_menu *, " +
    ".o-autocomplete:has(.o-autocomplete--dropdown-menu) *";

/** Odoo names neither the fields that are empty, nor what is wrong with letters for a number. */
class MailSyncSetupRecord extends formView.Model.Record {
    _displayInvalidFieldNotification() {
        const wrong = Object.entries(this.usualPorts).find(([name]) => this.isFieldInvalid(name));
        return this.model.notification.add(wrong ? wrong[1] : this.missingWords, {
            type: "danger",
        });
    }

    get missingWords() {
        const missing = Object.keys(this.activeFields).filter((name) => this.isFieldInvalid(name));
        // The fields of the second step have the names of the first, and a space.
        const labels = missing.map((name) => this.fields[name].string.trim());
        return _t("Still to be filled in: %s.", labels.join(", "));
    }

    get usualPorts() {
        return {
            imap_port: _t(
                "The port is a number from 1 to 65535: usually 993 with 'Use SSL?', and " +
                    "143 without."
            ),
            smtp_port: _t(
                "The port is a number from 1 to 65535: usually 465 with 'Use SSL?', and " +
                    "587 without."
            ),
        };
    }
}

class MailSyncSetupModel extends formView.Model {
    static Record = MailSyncSetupRecord;

    setup(...args) {
        super.setup(...args);
        /** Which step of an attempt runs, if any, and the server that is asked. */
        this.attempt = reactive({ step: "", host: "" });
    }
}

/** Connecting takes seconds: the form says which step runs. What is missing gets the focus. */
class MailSyncSetupController extends FormController {
    setup() {
        super.setup();
        const bus = useService("bus_service");
        const onStep = ({ step }) => this.follow(step);
        onMounted(() => {
            bus.subscribe("mail_sync_custom/step", onStep);
            this.focusWhatIsNext();
        });
        onWillUnmount(() => bus.unsubscribe("mail_sync_custom/step", onStep));
        // Odoo's checkboxes take Enter for themselves, unless it is caught before.
        const onBox = (ev) => ev.target.matches?.("input[type=checkbox]") && this.onKeydown(ev);
        useExternalListener(window, "keydown", onBox, { capture: true });
        useExternalListener(window, "keydown", (ev) => this.onKeydown(ev));
    }

    get dialog() {
        return this.rootRef.el?.closest(".modal");
    }

    /** Move on with what the server tells, while it is still being waited for. */
    follow(step) {
        const { attempt } = this.model;
        attempt.step = attempt.step && step;
    }

    async beforeExecuteActionButton(clickParams) {
        const { attempt, root } = this.model;
        const { name, special } = clickParams;
        if (special || !(name in CONNECTING)) {
            return super.beforeExecuteActionButton(clickParams);
        }
        Object.assign(attempt, { step: "connection", host: "" });
        let saved = false;
        try {
            saved = await super.beforeExecuteActionButton(clickParams);
            attempt.host = root.data[CONNECTING[name]] || "";
        } finally {
            if (saved === false) {
                attempt.step = "";
            }
        }
        if (saved === false) {
            this.focusWhatIsMissing();
        }
        return saved;
    }

    async afterExecuteActionButton(clickParams) {
        this.model.attempt.step = "";
        return super.afterExecuteActionButton(clickParams);
    }

    /** Go to the certificate that has to be confirmed, or to *Finish* when nothing else is left. */
    focusWhatIsNext() {
        this.focus("[name$=_other_certificate] input[type=checkbox]:not(:checked)");
        this.dialog?.querySelector("button[name=action_finish]")?.focus();
    }

    /** Go to the first field that is marked, without waiting for the mark. */
    focusWhatIsMissing() {
        const { root } = this.model;
        const widgets = [...(this.rootRef.el?.querySelectorAll(".o_field_widget[name]") || [])];
        const missing = widgets.find((each) => root.isFieldInvalid(each.getAttribute("name")));
        missing?.querySelector("input, textarea")?.focus();
    }

    focus(selector) {
        this.rootRef.el?.querySelector(selector)?.focus();
    }

    /** Enter does what the primary button does. */
    onKeydown(ev) {
        const { dialog } = this;
        const ours = dialog?.contains(ev.target) && !ev.target.matches(OWN_ENTER);
        if (!ours || ev.defaultPrevented || ev.repeat || getActiveHotkey(ev) !== "enter") {
            return;
        }
        const primary = dialog.querySelector(".modal-footer button.btn-primary:enabled");
        if (primary) {
            ev.preventDefault();
            ev.stopPropagation();
            primary.click();
        }
    }
}

registry.category("views").add("mail_sync_setup", {
    ...formView,
    Controller: MailSyncSetupController,
    Model: MailSyncSetupModel,
});
