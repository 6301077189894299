"""Parts of `benchmarks/soak.py`: what is done, and what is measured."""
