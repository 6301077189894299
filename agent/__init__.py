"""The chat model, routing, the turn and the session. `from agent import Session` is the Python door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.session import Session, Turn

__all__ = ["Session", "Turn"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        import agent.session

        return getattr(agent.session, name)
    raise AttributeError(f"module 'agent' has no attribute {name!r}")
