"""What the figures share: how they are taken, the mails, the CRM, the servers."""
