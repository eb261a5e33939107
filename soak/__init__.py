"""The long tests: mail under chaos, sending under faults, and an oracle that says what is wrong."""
