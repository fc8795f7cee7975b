"""What each point and each owner of data was worth to a model: pure arithmetic, no Django."""
