"""A sample third-party tool for Hausgeist: the phase of the moon."""
