import { RPCError } from "@web/core/network/rpc";
import { _t } from "@web/core/l10n/translation";
import { getDataURLFromFile } from "@web/core/utils/urls";

/** Log a mail by hand: record the mails in these files, and say what became of each. */
export async function logMails(files, { orm, notification, resModel, resId }) {
    let logged = 0;
    for (const file of files) {
        try {
            await logMail(file, { orm, resModel, resId });
            logged++;
        } catch (error) {
            if (!(error instanceof RPCError)) {
                throw error;
            }
            const why = error.data?.message || error.message;
            notification.add(why, { title: file.name, type: "danger", sticky: true });
        }
    }
    if (logged) {
        const said = logged === 1 ? _t("The mail is logged.") : _t("%s mails are logged.", logged);
        notification.add(said, { type: "success" });
    }
    return logged;
}

async function logMail(file, { orm, resModel, resId }) {
    const url = file.size ? await getDataURLFromFile(file) : "";
    const content = url.slice(url.indexOf(",") + 1);
    return orm.call(resModel, "mail_sync_log_mail", [[resId]], { content });
}
