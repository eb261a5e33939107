"""A mailbox over IMAP (RFC 9051): the only door to imapclient."""
