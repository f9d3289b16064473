"""What one window of data looked like, as counts that add."""
