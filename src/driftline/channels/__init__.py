"""Where messages leave: chats, pagers, mail and webhooks, each told in the words that it understands."""
