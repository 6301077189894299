"""Figures, each against a peer or a limit in the same run, printed as one JSON object."""
