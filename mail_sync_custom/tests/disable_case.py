"""A mailbox that is disabled, and the question that comes first."""

from .common import MailSyncCase, mail

LENA = "Lena Park <lena@customer.example>"
ANN = "Ann <ann@company.example>"
BEN = "Ben <ben@company.example>"


class DisableCase(MailSyncCase):
    def disable(self, policy, account=None, by=None):
        """Press *Disable Syncing*, choose, press *Disable Sync*: as the owner, or as another."""
        account = account or self.account
        wizard = self.question(account, by)
        wizard.policy = policy
        wizard.action_disable()
        self.forget()

    def question(self, account=None, by=None):
        account = (account or self.account).with_user(by or (account or self.account).user_id)
        action = account.action_open_disable()
        return account.env[action["res_model"]].with_context(**action["context"]).create({})

    def forget(self):
        """Read everything again from the database, as another session does."""
        self.env.flush_all()
        self.env.invalidate_all()

    def connect_again(self):
        """As its owner, enter the same mailbox again, unchanged; and read it."""
        server = self.server
        account, _ = self.connect(self.ann)
        self.servers[self.ann.email] = server
        self.forget()
        self.sync(account)
        self.forget()
        return account

    def shared(self, subject="To both"):
        """Return Ben's account, after both have read a mail to both of them."""
        account, server = self.connect(self.salesperson("ben"))
        copy = mail(LENA, f"{ANN}, {BEN}", subject)
        self.deliver(copy)
        self.deliver(copy, server=server)
        self.sync()
        self.sync(account)
        return account

    def links(self, account=None):
        account = account or self.account
        return self.env["mail.sync.message"].search([("account_id", "=", account.id)])
