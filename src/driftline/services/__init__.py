"""One use case a file: read, think, write."""
