"""Remembering, recalling and forgetting on request."""
