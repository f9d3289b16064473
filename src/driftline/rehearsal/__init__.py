"""The whole loop rehearsed: a simulated stream, a real model behind a real gateway, from drift to a new model and back."""
