"""Footage, peers and measuring for `benchmarks/finder_speed.py`."""
