"""Pages for entering, browsing and correcting records."""
