"""The time now. Imports nothing, so that a program can have the time before it has anything else."""

from __future__ import annotations

import os
from datetime import datetime


def system_now() -> datetime:
    """The time now, with the machine's zone; `HAUSGEIST_FAKE_NOW` (ISO 8601) stands in for it in tests."""
    fake = os.environ.get("HAUSGEIST_FAKE_NOW")
    return datetime.fromisoformat(fake).astimezone() if fake else datetime.now().astimezone()
