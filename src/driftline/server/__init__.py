"""The service: what runs by itself and answers over HTTP."""
