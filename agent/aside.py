"""A turn beside the stored conversations: with the messages that a caller brings, and kept nowhere.

Scripts and the HTTP server use it; several may run at once over one session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from langchain_core.messages import BaseMessage

from agent.chat_llama import ChatLlama
from agent.session import Session
from runtime.house import House
from tools.registry import Registry


def aside(
    session: Session,
    past: Sequence[BaseMessage] = (),
    *,
    house: House | None = None,
    registry: Registry | None = None,
) -> Session:
    """A conversation over the same models and memory, with `past` before its first turn; close only the original.

    `house` and `registry` stand in for the session's own. Approvals given in the one do not count in the other.
    """
    model = session.model.model_copy() if isinstance(session.model, ChatLlama) else session.model
    return replace(
        session,
        house=house or session.house,
        registry=registry or session.registry,
        model=model,
        owns_house=False,
        always=set(),
        never=set(),
        past=list(past),
    )
