"""A mail server and a store in memory, held to the same contracts as the real ones."""
