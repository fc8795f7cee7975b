"""What can be done with accounts: each module is named for its subject."""
