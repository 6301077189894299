"""One spoken turn: a request goes to the session, its reply is said while it is written. Owns no hearing.

What happens comes as the events of `agent.events`; a question of approval is asked aloud. A turn that was cut off is
written to the history with as much of the reply as was said.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np

from agent.events import ApprovalNeeded, Decision, TextDelta, ToolFinished, TurnEvent, TurnFailed, TurnFinished
from agent.session import Session
from agent.voice.events import VoiceEvent, VoiceTurn
from agent.voice.mouth import Mouth, Reply
from runtime.cancellation import Cancellation
from tools.speech.voice import Samples

Ask = Callable[[ApprovalNeeded, Reply], Awaitable[Decision]]


class SpokenTurn:
    """Runs one turn. `ask` puts a question of approval to the person and gives the answer in time."""

    def __init__(
        self, session: Session, mouth: Mouth, turn: VoiceTurn, tell: Callable[[VoiceEvent], None], ask: Ask
    ) -> None:
        self._session, self._tell, self._ask = session, tell, ask
        self.turn = turn
        self._cancellation = Cancellation()
        self.reply = mouth.begin(self._mark)
        self._kept = False
        self._silent_text = False

    async def run(self) -> VoiceTurn:
        """Until the reply was said, or the turn was stopped."""
        try:
            async for event in self._session.send(self.turn.text, cancellation=self._cancellation):
                await self._take(event)
            self.reply.close()
            await self.reply.finished()
        finally:
            self.reply.stop()
        if self.turn.interrupted and not self._kept:
            await asyncio.to_thread(self._keep)
        self.turn.finished_s = time.perf_counter()
        return self.turn

    def stop(self) -> None:
        """End it: no more sound, no more work."""
        self.turn.interrupted = True
        self._cancellation.cancel()
        self.reply.stop()

    async def _take(self, event: TurnEvent) -> None:
        self._tell(event)
        if isinstance(event, TextDelta):
            self.turn.first_text_s = self.turn.first_text_s or time.perf_counter()
            self.turn.reply += event.text
            if not self._silent_text:
                self.reply.feed(event.text)
        elif isinstance(event, ApprovalNeeded):
            event.answer.set_result(await self._ask(event, self.reply))
        elif isinstance(event, ToolFinished):
            await self._tool(event)
        elif isinstance(event, TurnFinished):
            self._kept, self.turn.reply = True, event.reply
        elif isinstance(event, TurnFailed) and not event.cancelled:
            self.turn.error = event.error
            self.reply.feed(event.error)

    async def _tool(self, event: ToolFinished) -> None:
        """Words that a tool was asked to speak are played as they are, instead of a report that they were spoken."""
        self.turn.calls.append({"name": event.tool, "args": event.args, "status": event.output.status})
        sounds = [file.path for file in event.output.files if file.media_type.startswith("audio/")]
        if event.output.status == "ok" and sounds:
            self._silent_text = event.tool == "speak"
            for path in sounds:
                self.reply.add_sound(*await asyncio.to_thread(_read, path))

    def _keep(self) -> None:
        """Write the turn that was cut off to the history: the session does so only for whole ones."""
        said = self.reply.said or self.turn.reply
        self.turn.reply = f"{said} …".strip()
        calls: list[dict[str, Any]] = self.turn.calls
        self._session.memory.append_turn(
            self._session.name, self.turn.text, self.turn.reply, calls, self._session.house.now()
        )

    def _mark(self, name: str) -> None:
        now = time.perf_counter()
        if name == "samples":
            self.turn.first_samples_s = self.turn.first_samples_s or now
        elif name == "sound":
            self.turn.first_sound_s = self.turn.first_sound_s or now


def _read(path: Path) -> tuple[Samples, int]:
    import soundfile

    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return np.ascontiguousarray(samples.mean(axis=1)), int(rate)
