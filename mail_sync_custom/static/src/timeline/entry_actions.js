import { Component, useState } from "@odoo/owl";

import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { registry } from "@web/core/registry";

/**
 * What can be done with one entry. An action is added under its name, in the order of `sequence`:
 *
 * - `label`, `icon` (a class of Font Awesome), and optionally `title`
 * - `isShown(entry)`: whether this entry has it; every entry if it is left out
 * - `forHidden`: whether it is for colleagues' private mails, too, of which nothing is known
 * - `inMenu`: whether it stands in the menu behind the buttons; a button if it is left out
 * - `run({ entry, resModel, resId, refresh, services })`: `refresh` asks for the entries again
 */
export const entryActions = registry.category("mail_sync_entry_actions");

/** The buttons of an entry, and a menu with what is done less often. */
export class EntryActions extends Component {
    static template = "mail_sync_custom.EntryActions";
    static components = { Dropdown, DropdownItem };
    static props = { entry: Object, resModel: String, resId: Number, refresh: Function };

    setup() {
        this.state = useState({ busy: false });
    }

    get actions() {
        return entryActions
            .getEntries()
            .map(([name, action]) => ({ name, ...action }))
            .filter(({ forHidden }) => forHidden || !this.props.entry.hidden)
            .filter(({ isShown }) => !isShown || isShown(this.props.entry));
    }

    get buttons() {
        return this.actions.filter(({ inMenu }) => !inMenu);
    }

    get menu() {
        return this.actions.filter(({ inMenu }) => inMenu);
    }

    async run(action) {
        this.state.busy = true;
        try {
            await action.run({ ...this.props, services: this.env.services });
        } finally {
            this.state.busy = false;
        }
    }
}
