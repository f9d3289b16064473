"""Other people's traffic layers, told how a rollout splits: HAProxy, or whatever listens to a signed webhook."""
