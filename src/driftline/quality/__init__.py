"""What is missing, of the wrong type, or not there at all."""
