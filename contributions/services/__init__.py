"""What can be done with records: each module is named for its subject."""
