"""What people type, read into records or refused with a reason."""
