"""A score and a threshold, and out comes a verdict with its reason."""
