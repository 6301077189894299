"""A conversation by voice over a `Session`: hearing, speaking while it is written, interruption. Owns no screen."""
