"""Doors for administrators at a terminal."""
