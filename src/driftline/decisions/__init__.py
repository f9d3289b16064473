"""What to do about it: from evidence to one decision with its reasons, the rows to train on, and what a policy would have cost."""
