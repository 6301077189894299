"""Speaking while the text is still being written: sentence by sentence, ahead by little, to be stopped at once.

Owns the order of synthesis and playing, pause and stop. Owns no voice (`tools.speech`) and no device (`loudspeaker`).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from agent.voice.loudspeaker import Loudspeaker
from agent.voice.reference import Reference
from runtime.cancellation import Cancellation
from runtime.errors import CallCancelled, HausgeistError
from runtime.house import House
from tools.speech.sentence_stream import SentenceStream
from tools.speech.speak import say_sentences
from tools.speech.voice import Samples

PAUSE_S = 0.22
"""Silence after a sentence, seconds; after a clause a quarter of it."""
_AHEAD = 2
"""Sentences that are synthesised before they are needed: more would be work thrown away at an interruption."""
_REPEAT_S = 0.15
"""After a pause, speaking goes on so much earlier, with the word that was cut."""


@dataclass(frozen=True)
class _Sound:
    text: str
    samples: Samples
    rate: int


class Mouth:
    """The house's voice. `note` gets lines for people."""

    def __init__(self, house: House, loudspeaker: Loudspeaker, note: Callable[[str], None]) -> None:
        self.house, self.loudspeaker, self.note = house, loudspeaker, note
        self.reference = Reference()
        self.quiet = False
        """Whether nothing is said, because nothing can be played: the text is there to read."""
        self._noted: set[str] = set()
        self.silent_since_s = float("-inf")
        """When the last sound ended, on the clock of `time.perf_counter`."""

    def warm(self) -> None:
        """Load the preferred voice."""
        self.synthesise("Ready.", Cancellation())

    def synthesise(self, sentence: str, cancellation: Cancellation) -> _Sound | None:
        """The sound of one sentence; None, after a note, in a language that no installed voice speaks."""
        try:
            pieces = list(say_sentences(self.house, [sentence], cancellation=cancellation))
        except CallCancelled:
            raise
        except HausgeistError as problem:
            self.note_once(problem)
            return None
        pause = PAUSE_S if sentence.rstrip()[-1:] not in ",;:，；：、-–—" else PAUSE_S / 4
        rate = pieces[0].rate
        silence = np.zeros(int(pause * rate), np.float32)
        return _Sound(sentence, np.concatenate([*(piece.samples for piece in pieces), silence]), rate)

    def note_once(self, problem: HausgeistError) -> None:
        """Tell of a trouble, the first time that it comes."""
        kind = problem.message.partition("“")[0]
        if kind not in self._noted:
            self._noted.add(kind)
            self.note(str(problem))

    def begin(self, on_mark: Callable[[str], None] = lambda mark: None) -> Reply:
        """A new reply. `on_mark` is told "samples" and "sound" at its first ones."""
        return Reply(self, on_mark)


class Reply:
    """One reply that is being said. Use from the event loop."""

    def __init__(self, mouth: Mouth, on_mark: Callable[[str], None]) -> None:
        self._mouth, self._on_mark = mouth, on_mark
        self._stream = SentenceStream()
        self._sentences: asyncio.Queue[str | _Sound | None] = asyncio.Queue()
        self._sounds: asyncio.Queue[_Sound | None] = asyncio.Queue(_AHEAD)
        self._going = asyncio.Event()
        self._going.set()
        self._cancellation = Cancellation()
        self._playing: Cancellation | None = None
        self._said: list[str] = []
        self.saying = ""
        self.sounding = False
        """Whether sound is on its way to the loudspeaker now."""
        self._work = asyncio.gather(self._synthesise(), self._play())

    @property
    def said(self) -> str:
        """The sentences that were begun, as text."""
        return " ".join(self._said)

    def feed(self, text: str) -> None:
        """The next piece of the text."""
        if self._mouth.quiet:
            return
        for sentence in self._stream.feed(text):
            self._sentences.put_nowait(sentence)

    def add_sound(self, samples: Samples, rate: int) -> None:
        """A sound to play in its turn."""
        if self._mouth.quiet:
            return
        self._sentences.put_nowait(_Sound("", samples, rate))

    def flush(self) -> None:
        """Say what is there of the text now, though its sentence has no end."""
        for sentence in self._stream.close():
            self._sentences.put_nowait(sentence)

    def close(self) -> None:
        """The text has ended."""
        self.flush()
        self._sentences.put_nowait(None)

    async def finished(self) -> None:
        """Wait until everything was said, or it was stopped."""
        with contextlib.suppress(CallCancelled, asyncio.CancelledError):
            await self._work

    def pause(self) -> None:
        """Be silent at once, until `resume`."""
        self._going.clear()
        if self._playing is not None:
            self._playing.cancel()

    def resume(self) -> None:
        """Go on where it paused."""
        self._going.set()

    @property
    def paused(self) -> bool:
        """Whether it waits for `resume`."""
        return not self._going.is_set()

    def stop(self) -> None:
        """Be silent at once, for good."""
        self._cancellation.cancel()
        if self._playing is not None:
            self._playing.cancel()
        self._work.cancel()

    async def _synthesise(self) -> None:
        while (item := await self._sentences.get()) is not None:
            sound = item if isinstance(item, _Sound) else await self._sound_of(item)
            if sound is not None:
                self._mark("samples")
                await self._sounds.put(sound)
        await self._sounds.put(None)

    async def _sound_of(self, sentence: str) -> _Sound | None:
        return await asyncio.to_thread(self._mouth.synthesise, sentence, self._cancellation)

    async def _play(self) -> None:
        while (sound := await self._sounds.get()) is not None:
            self.saying = sound.text
            if sound.text:
                self._said.append(sound.text)
            try:
                await self._play_one(sound)
            except CallCancelled:
                raise
            except HausgeistError as problem:
                self._mouth.note_once(problem)

    async def _play_one(self, sound: _Sound) -> None:
        """Play a sentence, from where it was paused on if need be."""
        position = 0
        self._mouth.reference.begin(sound.samples, sound.rate)
        while position < len(sound.samples):
            await self._going.wait()
            heard = [0.0]
            offset_s = position / sound.rate

            def on_heard(seconds: float, heard: list[float] = heard, offset_s: float = offset_s) -> None:
                self._mark("sound")
                heard[0] = seconds
                self._mouth.reference.heard(offset_s + seconds, time.monotonic())

            self._playing = Cancellation()
            self.sounding = True
            try:
                await asyncio.to_thread(
                    self._mouth.loudspeaker.play, sound.samples[position:], sound.rate, on_heard, self._playing
                )
                return
            except CallCancelled:
                if self._cancellation.cancelled:
                    raise
                position += max(0, int((heard[0] - _REPEAT_S) * sound.rate))
            finally:
                self._playing, self.sounding = None, False
                self._mouth.silent_since_s = time.perf_counter()

    def _mark(self, name: str) -> None:
        self._on_mark(name)
