"""Push to talk: one key begins and ends it; level meter and transcript in the status bar. Owns no microphone."""

from __future__ import annotations

from typing import Any

from tui.app.home import tr


def toggle(app: Any) -> None:
    """Begin or end listening."""
    app.notify(tr("Listening is not available here; see `hausgeist voice --help`."), severity="warning", markup=False)
