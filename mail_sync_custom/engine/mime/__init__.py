"""Message bytes → values, within limits. Nothing that a sender writes raises an error."""
