"""The control room: pages that people look at, made from what the service has kept."""
