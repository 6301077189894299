"""Faults that are injected into real processes and real files, and what must hold after each of them."""
