"""Watching cameras on and on: their feeds, the looks for what is new, and the share of the processor they may take."""
