"""Where marks go: pure numbers, no markup, no words."""
