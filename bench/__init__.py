"""How fast Huisu is, as ratios measured in one run on one machine."""
