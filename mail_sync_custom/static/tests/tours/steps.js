/** What the tours have in common: what differs from run to run, and steps that many take. */

import { registry } from "@web/core/registry";

/** Milliseconds that a step waits for its element, on a busy machine too. */
const PATIENCE = 30000;

/** Add a tour whose steps have that patience. */
export const addTour = (name, tour) =>
    registry.category("web_tour.tours").add(name, {
        ...tour,
        steps: () => tour.steps().map((step) => ({ timeout: PATIENCE, ...step })),
    });

/** Ports, address, password … The test sets them before the tour starts. */
export const given = () => window.mailSyncTour;

export const input = (name) => `.o_mail_sync_setup .o_field_widget[name=${name}] input`;

export const openPage = () => [
    { content: "Open the user menu", trigger: ".o_user_menu button", run: "click" },
    {
        content: "Open Mail Sync",
        trigger: ".dropdown-item[data-menu=mail_sync]:contains(Mail Sync)",
        run: "click",
    },
];

export const openWizard = () => [
    ...openPage(),
    { content: "Choose Custom", trigger: ".o_mail_sync_choice:contains(Custom)", run: "click" },
];

/** Fill in one step of the wizard; nothing of it may be known before. */
export const fill = (protocol, { password }) => [
    {
        content: "Enter the hostname",
        trigger: input(`${protocol}_host`),
        run: `edit ${given().host}`,
    },
    {
        content: "Enter the port",
        trigger: input(`${protocol}_port`),
        run: `edit ${given()[`${protocol}_port`]}`,
    },
    {
        content: "Use SSL? is on already",
        trigger: `${input(`${protocol}_ssl`)}:checked`,
    },
    {
        content: "Tick Self-Signed Certificate?",
        trigger: `${input(`${protocol}_self_signed`)}:not(:checked)`,
        run: "click",
    },
    ...(password
        ? [
              {
                  content: "Enter the password, which nobody can read over the shoulder",
                  trigger: `${input(`${protocol}_password`)}[type=password]`,
                  run: `edit ${password}`,
              },
          ]
        : []),
];

export const press = (name, label) => ({
    content: `Press ${label}`,
    trigger: `.modal-footer button[name=${name}]:contains(${label})`,
    run: "click",
});

/** Confirm the certificate that is shown, before the password is sent. */
export const confirmCertificate = (protocol) => [
    {
        content: "The certificate is shown, whose it is and how long it is valid",
        trigger:
            `[name=${protocol}_other_certificate]` +
            `:has([name=${protocol}_fingerprint_met]:contains(/[0-9a-f]{64}/))` +
            `:has([name=${protocol}_met_subject]:contains(CN=))` +
            `:has([name=${protocol}_met_validity]:contains(/20\\d\\d to .*20\\d\\d/))`,
    },
    {
        content: "Confirm it",
        trigger: `${input(`${protocol}_fingerprint_accepted`)}:not(:checked)`,
        run: "click",
    },
];

/** Enter the address and the port of the test's server, instead of those that are there. */
export const override = (protocol, port) => [
    {
        content: "Another hostname",
        trigger: input(`${protocol}_host`),
        run: `edit ${given().host}`,
    },
    { content: "Another port", trigger: input(`${protocol}_port`), run: `edit ${port}` },
];

/** Wait until a field has a value, whoever put it there. */
export const has = (name, value) => ({
    content: `${name} is ${value}`,
    trigger: `${input(name)}:value(/^${value.replaceAll(".", "\\.")}$/)`,
});

export const isEnabled = {
    content: "It is Enabled, in green",
    trigger: ".o_mail_sync_page [name=state] .badge.text-bg-success:contains(Enabled)",
};
