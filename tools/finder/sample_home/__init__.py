"""A small home that the project renders itself: two cameras, a story and its truth; for the demo and for tests."""

from tools.finder.sample_home.home import SampleCamera, SampleHome, ensure_sample_home

__all__ = ["SampleCamera", "SampleHome", "ensure_sample_home"]
