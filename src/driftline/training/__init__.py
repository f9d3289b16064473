"""From rows to a new model: a snapshot of rows, a process that trains, and what is written down about both."""
