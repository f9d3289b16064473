"""What retraining policies would have cost on the user's own past, with real trainings."""
