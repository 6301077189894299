"""Hearing and speaking: the voice, the recogniser, the player, and the `speak` tool."""
