"""The gateway in front of model servers: who answers, who is only asked, and what is written down of it."""
