"""The house over HTTP: the OpenAI-compatible interface, the finder's, and what guards them."""
