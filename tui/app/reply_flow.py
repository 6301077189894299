"""A reply while it streams: Markdown that grows by whole pieces, some times a second. Owns no text of the turn.

Textual's own `MarkdownStream` lays out the screen for each piece that comes. A small model writes a hundred a second,
and each layout takes the loop for ten to twenty milliseconds, in which keys wait; so pieces are gathered here, and the
pause between two layouts follows what the last one took (`rest`).
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from tui.app.rest import Rest

if TYPE_CHECKING:
    from textual.widgets import Markdown

PIECE = 600
"""Characters that are laid out at once; the loop draws, and takes keys, between two."""


class ReplyFlow:
    """Feeds `markdown`. `write` returns at once; `finish` when everything stands."""

    def __init__(self, markdown: Markdown, rest: Rest) -> None:
        self._markdown, self._rest = markdown, rest
        self._waiting = ""
        self._more, self._done = asyncio.Event(), False
        self._task = asyncio.create_task(self._run())

    def write(self, text: str) -> None:
        """Add text."""
        self._waiting += text
        self._more.set()

    async def finish(self) -> None:
        """Wait until all text stands, without the pauses for lack of text."""
        self._done = True
        self._more.set()
        await self._task

    async def _run(self) -> None:
        while self._waiting or not self._done:
            await self._more.wait()
            if not self._waiting:
                self._more.clear()
                continue
            piece, self._waiting = self._waiting[:PIECE], self._waiting[PIECE:]
            before = time.thread_time()
            await self._markdown.append(piece)
            if self._done and not self._waiting:
                return
            await asyncio.sleep(self._rest.pause_after(time.thread_time() - before))
