"""Which process reads which account, and when."""
