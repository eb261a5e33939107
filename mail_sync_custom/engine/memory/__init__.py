"""A mail server and a store in memory, held to the contracts of the real ones."""
