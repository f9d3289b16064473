"""Counting where the rows lie: the same kernel inside Spark's executors, and only profiles reach the driver."""
