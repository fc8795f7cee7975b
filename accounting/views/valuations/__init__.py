"""Pages of valuations: asking, watching, reading, comparing, and what they would do to pay."""
