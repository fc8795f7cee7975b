"""A run of ten million contributions, end to end, against the floor of the same run."""
