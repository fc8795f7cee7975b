"""What people enter into the accounts; forms check a field, services keep the rules."""
