"""A house of made-up sightings and the exact search, for `benchmarks/finder_search.py`."""
