"""A conversation by voice over a `Session`: hearing, speaking while the model writes, interruption. Owns no terminal."""
