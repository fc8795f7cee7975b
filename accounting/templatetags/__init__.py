"""What pages of records show out of the accounts, without records knowing of accounts."""
