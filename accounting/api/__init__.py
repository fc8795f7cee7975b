"""The door for programs to money, policies, runs and results."""
