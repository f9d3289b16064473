"""How well the model does: from counts of what it said beside what came true, and without labels before they come."""
