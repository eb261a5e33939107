"""Who reads which account, and when."""
