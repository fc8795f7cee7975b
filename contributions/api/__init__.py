"""The door for programs: strict reading, named problems, one answer per key."""
