"""Where models are kept: versions that never change, and the names that say which of them answers."""
