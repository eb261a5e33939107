"""Message bytes → values, bounded, and never an error for what a sender wrote."""
