"""Mails recorded per second: ours against Odoo's mail gateway.

Ours reads the mails from Dovecot over TLS, from log-in to log-out, and commits as it goes. Odoo's
`message_process` is handed the very same bytes, with the lead they belong to, and commits after
each, as its fetchmail does. The leads are the salesperson's, who follows them, as Odoo has it: it
notifies them within Odoo, where ours notifies nobody.
"""

from __future__ import annotations

from .kit import crm, figure, mails, servers

MAILS, LEADS = 1000, 200


def main() -> None:
    """Measure the figure."""
    user = servers.filled(MAILS, leads=LEADS, every=1)
    box = list(mails.mailbox(MAILS, leads=LEADS, every=1))
    with crm.opened(user, LEADS) as world:

        def odoo() -> None:
            with world.transaction() as env:
                for mail in box:
                    lead = world.leads[mail.lead]
                    env["mail.thread"].message_process("crm.lead", mail.raw, thread_id=lead)
                    env.cr.commit()

        ours, peer = figure.seconds(
            lambda: checked(world, world.sync),
            lambda: checked(world, odoo),
            before_ours=world.forget,
            before_peer=world.forget,
        )
    figure.show("recording", MAILS / ours, MAILS / peer, "mails/s")


def checked(world: crm.Crm, work) -> None:
    """Do the work of one side, and check that it was done."""
    work()
    if (recorded := world.recorded()) != MAILS:
        raise RuntimeError(f"{recorded} of {MAILS} mails were recorded.")


if __name__ == "__main__":
    main()
