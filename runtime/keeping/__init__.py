"""Keeping what the owner has: backups, their restoring, and what can be saved of damaged databases."""
