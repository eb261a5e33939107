import { messageActionsRegistry, registerMessageAction } from "@mail/core/common/message_actions";

import { _t } from "@web/core/l10n/translation";

import { entryActions } from "./entry_actions";

/** The records on which Mail Sync records mails. */
const MODELS = ["crm.lead", "res.partner"];

/**
 * Open the composer with an answer to a mail, or with the mail to forward.
 *
 * @returns {Promise<boolean>} whether it is a mail; a post to colleagues is Odoo's own to answer
 */
export async function answer({ orm, action }, id, kind, onClose) {
    const opened = await orm.call("mail.message", "action_mail_sync_answer", [[id], kind]);
    if (opened) {
        await action.doAction(opened, { onClose });
    }
    return Boolean(opened);
}

const KINDS = {
    reply: { label: _t("Reply"), icon: "fa-reply", title: _t("Reply to the sender"), sequence: 10 },
    reply_all: {
        label: _t("Reply all"),
        icon: "fa-reply-all",
        title: _t("Reply to the sender and everybody who has this mail"),
        sequence: 20,
    },
    forward: {
        label: _t("Forward"),
        icon: "fa-share",
        title: _t("Send this mail and its files to somebody else"),
        sequence: 30,
    },
};

for (const [kind, { sequence, ...look }] of Object.entries(KINDS)) {
    const definition = {
        ...look,
        isShown: (entry) => Boolean(entry.direction),
        run: ({ entry, refresh, services }) => answer(services, entry.id, kind, refresh),
    };
    entryActions.add(kind, definition, { sequence });
}

// -- the chatter -----------------------------------------------------------------------------------

async function answerInChatter({ message, store, thread }, kind) {
    return answer(store.env.services, message.id, kind, () => thread.fetchNewMessages());
}

/** Odoo's own *Reply All* and *Forward* name no mail that they answer. */
for (const [id, kind] of Object.entries({ "reply-all": "reply_all", forward: "forward" })) {
    const odoos = messageActionsRegistry.get(id);
    messageActionsRegistry.add(
        id,
        {
            ...odoos,
            async onSelected(params) {
                const ours = MODELS.includes(params.thread?.model);
                if (!ours || !(await answerInChatter(params, kind))) {
                    return odoos.onSelected.call(this, params);
                }
            },
        },
        { force: true }
    );
}

registerMessageAction("mail-sync-reply", {
    condition: ({ message, thread }) =>
        MODELS.includes(thread?.model) && message.canReplyAll(thread),
    icon: "fa fa-reply",
    name: _t("Reply"),
    onSelected: async function (params) {
        if (!(await answerInChatter(params, "reply"))) {
            return messageActionsRegistry.get("reply-all").onSelected.call(this, params);
        }
    },
    sequence: 70,
});
