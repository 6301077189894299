"""Where is my watch: cameras, the index of what was put where, and the search in it."""
