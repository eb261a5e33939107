import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";

import { entryActions } from "./entry_actions";

/** Ask, call a method of the mail, and load the timeline and the chatter beside it again. */
function confirmed({ entry, refresh, services }, method, dialog, said) {
    services.dialog.add(ConfirmationDialog, {
        ...dialog,
        confirm: async () => {
            await services.orm.call("mail.message", method, [[entry.id]]);
            services.notification.add(said, { type: "success" });
            await refresh();
        },
        cancel: () => {},
    });
}

entryActions
    .add(
        "make_private",
        {
            label: _t("Make private"),
            icon: "fa-lock",
            title: _t("Colleagues see that there was a mail, and nothing else of it"),
            inMenu: true,
            isShown: (entry) => entry.own && !entry.private,
            run: (context) =>
                confirmed(
                    context,
                    "action_mail_sync_make_private",
                    {
                        title: _t("Make this mail private?"),
                        body: _t(
                            "Colleagues will see that there was a mail on this day, but not who wrote it, its subject, its text or its files. Answers that quote it become private, too. Whoever has it in their own mailbox still reads it."
                        ),
                        confirmLabel: _t("Make private"),
                    },
                    _t("The mail is private now.")
                ),
        },
        { sequence: 70 }
    )
    .add(
        "show_again",
        {
            label: _t("Show to colleagues"),
            icon: "fa-unlock",
            title: _t("It is private now: let colleagues read it again"),
            inMenu: true,
            isShown: (entry) => entry.own && entry.private,
            run: (context) =>
                confirmed(
                    context,
                    "action_mail_sync_show",
                    {
                        title: _t("Show this mail to colleagues?"),
                        body: _t(
                            "Everyone who can open this record reads it again. Other private mails of the conversation stay private."
                        ),
                        confirmLabel: _t("Show"),
                    },
                    _t("Colleagues can read the mail again.")
                ),
        },
        { sequence: 70 }
    )
    .add(
        "move",
        {
            label: _t("Move to another record"),
            icon: "fa-share",
            inMenu: true,
            isShown: (entry) => entry.movable,
            run: async ({ entry, refresh, services }) => {
                const action = await services.orm.call(
                    "mail.message",
                    "action_mail_sync_open_move",
                    [[entry.id]]
                );
                await services.action.doAction(action, { onClose: refresh });
            },
        },
        { sequence: 80 }
    )
    .add(
        "remove",
        {
            label: _t("Remove from the CRM"),
            icon: "fa-trash-o",
            inMenu: true,
            forHidden: true,
            isShown: (entry) => entry.removable,
            run: (context) =>
                confirmed(
                    context,
                    "action_mail_sync_remove",
                    {
                        title: _t("Remove this mail from the CRM?"),
                        body: _t(
                            "It goes from this record, with its files, for everyone. It stays in the mailbox as it is, and no mailbox brings it back here."
                        ),
                        confirmLabel: _t("Remove"),
                    },
                    _t("The mail was removed.")
                ),
        },
        { sequence: 90 }
    );
