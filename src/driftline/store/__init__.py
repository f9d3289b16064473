"""Files in which profiles are kept."""
