"""Libraries report nothing: their own switches against telemetry, set in every process before they are loaded.

onnxruntime on Linux sends usage to its maker since 1.24 unless its switch is set (`tests/test_offline.py` watches that
no library even looks up a name).
"""

from __future__ import annotations

import os

SWITCHES = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "ORT_DISABLE_TELEMETRY": "1",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
}


def forbid_telemetry() -> None:
    """Set the switches of this process and of those that it starts."""
    os.environ.update(SWITCHES)
