"""Prove a challenger against the champion, and release it step by step, or take it back."""
