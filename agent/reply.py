"""The text of a turn's reply while it is written: told piece by piece, kept true, and given its sources.

Owns no model and no tools.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.events import TextDelta, TurnEvent
from agent.truth import ClaimFilter
from agent.turn import TurnState
from tools.documents.citing import citation, supporting


@dataclass
class Reply:
    """Gathers the pieces of one reply. `claims` filters the prose of a model that does not do so itself, or is None."""

    turn: TurnState
    emit: Callable[[TurnEvent], None]
    started: float
    claims: ClaimFilter | None
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What was written so far."""
        return "".join(self.pieces)

    def write(self, piece: str) -> None:
        """Show a piece."""
        if not piece:
            return
        if self.turn.first_text_s is None:
            self.turn.first_text_s = time.perf_counter() - self.started
        self.pieces.append(piece)
        self.emit(TextDelta(piece))

    async def write_prose(self, piece: str) -> None:
        """Show what a model wrote on its own, without untrue claims."""
        self.write(piece if self.claims is None else await asyncio.to_thread(self.claims.feed, piece))

    async def close(self, request: str) -> None:
        """Show the rest, and which documents the reply leans on; nothing more where tools ran."""
        if self.turn.calls:
            return
        if self.claims is not None:
            self.write(await asyncio.to_thread(self.claims.close))
        if sources := supporting(self.text, request, self.turn.passages):
            chinese = self.turn.context.language == "zh"
            self.write("\n\n" + "; ".join(f"[{citation(passage, chinese)}]" for passage in sources))
