import { RPCError } from "@web/core/network/rpc";
import { _t } from "@web/core/l10n/translation";
import { getDataURLFromFile } from "@web/core/utils/urls";

/** Log a mail by hand: record the mails in these files, and say what became of each. */
export async function logMails(files, { orm, notification, resModel, resId }) {
    let logged = 0;
    let told = 0;
    for (const file of files) {
        try {
            const { reported } = await logMail(file, { orm, resModel, resId });
            if (reported === undefined) {
                logged++;
            } else {
                told++;
                const said = _t("This is a report. It is shown with the mail that it is about: %s", reported);
                notification.add(said, { title: file.name, type: "success" });
            }
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
    return logged + told;
}

async function logMail(file, { orm, resModel, resId }) {
    const url = file.size ? await getDataURLFromFile(file) : "";
    const content = url.slice(url.indexOf(",") + 1);
    return orm.call(resModel, "mail_sync_log_mail", [[resId]], { content });
}
