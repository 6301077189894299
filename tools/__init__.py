"""The tool contract, the registry, and the built-in tools."""
