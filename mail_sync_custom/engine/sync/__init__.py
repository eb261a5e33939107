"""One account's run: what is new, whose it is, what to fetch, and how it is committed."""
