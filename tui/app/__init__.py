"""The terminal app: Textual screens over a session's events. It shares only messages with the house (`agent.host`)."""
