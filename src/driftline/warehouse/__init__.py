"""Counting where the rows lie, in SQL: only counts leave the warehouse."""
