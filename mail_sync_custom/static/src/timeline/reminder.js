import { _t } from "@web/core/l10n/translation";

import { entryActions } from "./entry_actions";

entryActions.add(
    "remind",
    {
        label: _t("Remind me"),
        icon: "fa-bell-o",
        title: _t("Remind me if there is no answer"),
        inMenu: true,
        isShown: (entry) => entry.remindable,
        run: async ({ entry, resModel, resId, refresh, services }) => {
            const action = await services.orm.call(
                "mail.message",
                "action_mail_sync_open_remind",
                [[entry.id]]
            );
            const thread = services["mail.store"].Thread.insert({ model: resModel, id: resId });
            await services.action.doAction(action, {
                onClose: () => {
                    thread.fetchThreadData(["activities"]); // the chatter shows the new one
                    refresh();
                },
            });
        },
    },
    { sequence: 40 }
);
