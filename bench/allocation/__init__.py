"""What a run costs, step by step, as worlds grow."""
