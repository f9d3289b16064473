"""Engines: rows go in, profiles come out."""
