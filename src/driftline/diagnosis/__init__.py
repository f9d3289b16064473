"""Why a window drifted: faults of the data by their signatures, where they live, what they explain, and what the rest is."""
