"""The chat model, routing, the turn and the session. `from agent import Session` is the Python door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.outcome import Turn
    from agent.session import Session

__all__ = ["Session", "Turn"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from agent import outcome, session

        return {"Session": session.Session, "Turn": outcome.Turn}[name]
    raise AttributeError(f"module 'agent' has no attribute {name!r}")
