"""One account's run: what is new, whose is it, what to fetch, and one commit for all of it."""
