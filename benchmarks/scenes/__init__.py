"""Rendered homes with truth, from a seed: cameras, people, things, nuisances. To measure by; trains nothing."""
