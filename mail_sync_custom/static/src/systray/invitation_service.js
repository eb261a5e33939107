import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";

/** Where a mailbox is connected: its page, that page without a mailbox, and the wizard. */
const PAGES = ".o_mail_sync_page, .o_mail_sync_welcome, .o_mail_sync_setup";

/**
 * A salesperson who never had a mailbox here is told where to connect one, until they have closed
 * that or have connected it. Administrators have their reminder in the top bar.
 */
export const mailSyncInvitationService = {
    dependencies: ["action", "bus_service", "mail_sync_status", "notification", "orm"],

    start(env, { action, bus_service: bus, mail_sync_status: status, notification, orm }) {
        if (!status.invited) {
            return;
        }
        let connected = false;
        const open = async () => {
            close();
            const mine = await orm.call("mail.sync.account", "action_open_mine", []);
            await action.doAction(mine, { clearBreadcrumbs: true });
        };
        let close = () => {};
        const invite = () => {
            close = notification.add(
                _t(
                    "Your mails with leads are then recorded on them. You can also do it later: Mail " +
                        "Sync, in the menu under your name."
                ),
                {
                    title: _t("Connect your mailbox"),
                    type: "info",
                    sticky: true,
                    className: "o_mail_sync_invitation",
                    buttons: [
                        { name: _t("Connect"), primary: true, onClick: open },
                        { name: _t("Not now"), onClick: () => close() },
                    ],
                    onClose: () =>
                        connected || user.setUserSettings("mail_sync_invitation_closed", true),
                }
            );
        };
        env.bus.addEventListener("WEB_CLIENT_READY", invite, { once: true });
        // Whoever has found the page needs no invitation, which would lie over the wizard.
        env.bus.addEventListener("ACTION_MANAGER:UI-UPDATED", () => {
            if (document.querySelector(PAGES)) {
                close();
            }
        });
        bus.subscribe("mail_sync_custom/status", ({ configured }) => {
            if (configured) {
                connected = true;
                close();
            }
        });
    },
};

registry.category("services").add("mail_sync_invitation", mailSyncInvitationService);
