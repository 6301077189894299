"""A question of approval that is open: who puts it, who answers it, and when it is given up. Owns no policy."""

from __future__ import annotations

import asyncio

from agent.events import Decision
from agent.voice.approval import approves


class Asking:
    """At most one open question. Use from the event loop."""

    def __init__(self, patience_s: float | None) -> None:
        self._patience_s = patience_s
        self._answer: asyncio.Future[Decision] | None = None
        self.changed = asyncio.Event()
        """Set while a question is open."""

    @property
    def open(self) -> bool:
        """Whether a question waits for its answer."""
        return self._answer is not None and not self._answer.done()

    async def wait(self) -> Decision:
        """Open the question and wait; no answer within the patience is a no."""
        self._answer = asyncio.get_running_loop().create_future()
        self.changed.set()
        try:
            return await asyncio.wait_for(self._answer, self._patience_s)
        except TimeoutError:
            return "never"
        finally:
            self.changed.clear()

    def answer(self, text: str) -> bool:
        """Take `text` as the answer; False where no question is open."""
        if self._answer is None or self._answer.done():
            return False
        self._answer.set_result("once" if approves(text) else "never")
        self.changed.clear()
        return True

    def deny(self) -> None:
        """Answer an open question with no."""
        self.answer("no")
