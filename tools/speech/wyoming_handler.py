"""One client of the Wyoming protocol (Home Assistant, satellites): describe, transcribe, synthesise.

Owns the order of the protocol's events (package `wyoming`, MIT). Owns no model: each request leases the workers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from wyoming.asr import Transcribe, Transcript, TranscriptChunk, TranscriptStart, TranscriptStop
from wyoming.audio import AudioChunk, AudioChunkConverter, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, Eventable
from wyoming.info import Describe
from wyoming.ping import Ping, Pong
from wyoming.server import AsyncEventHandler
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

from runtime.cancellation import Cancellation
from runtime.errors import HausgeistError
from runtime.house import House
from tools.speech.frames import SAMPLE_RATE
from tools.speech.house_words import house_words
from tools.speech.listen import transcribe
from tools.speech.normalise import sentences
from tools.speech.sentence_stream import SentenceStream
from tools.speech.speak import SpokenSentence, say_sentences
from tools.speech.transcript import Transcript as Heard
from tools.speech.wyoming_info import info

log = logging.getLogger(__name__)
LONGEST_S = 600
"""Seconds of sound that one request may hold."""
_CHUNK = 1024
"""Samples of a chunk that is sent."""


@dataclass
class _Recording:
    """Sound that comes in for a transcription."""

    language: str | None = None
    names: tuple[str, ...] = ()
    pcm: bytearray = field(default_factory=bytearray)
    converter: AudioChunkConverter = field(
        default_factory=lambda: AudioChunkConverter(rate=SAMPLE_RATE, width=2, channels=1)
    )


class WyomingHandler(AsyncEventHandler):
    """Answers one client, one request after the other."""

    def __init__(self, house: House, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer)
        self._house = house
        self._recording = _Recording()
        self._stream: SentenceStream | None = None
        self._voice: SynthesizeVoice | None = None
        self._cancellation = Cancellation()

    async def run(self) -> None:
        """Serve the client until it leaves. Bytes that are no event end its connection and nothing else."""
        try:
            await super().run()
        except (
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            RecursionError,
            asyncio.IncompleteReadError,
        ) as problem:
            log.warning("A Wyoming client sent what is no event (%s: %s).", type(problem).__name__, problem)

    async def handle_event(self, event: Event) -> bool:
        """Answer an event; what goes wrong is told to the client, which stays connected."""
        try:
            return await self._handle(event)
        except HausgeistError as problem:
            await self._send(Error(text=str(problem), code=type(problem).__name__))
        except (KeyError, TypeError, ValueError) as problem:
            await self._send(Error(text=f"The event {event.type} is malformed: {problem}.", code="malformed"))
        self._recording, self._stream = _Recording(), None
        return True

    async def disconnect(self) -> None:
        """The client is gone: what is made for it ends."""
        self._cancellation.cancel()

    async def _handle(self, event: Event) -> bool:
        if Describe.is_type(event.type):
            await self._send(info(self._house))
        elif Ping.is_type(event.type):
            await self._send(Pong(text=Ping.from_event(event).text))
        elif Transcribe.is_type(event.type):
            wish = Transcribe.from_event(event)
            names = (*(wish.transcript_names or ()), *(wish.transcript_terms or ()))
            self._recording = _Recording(language=wish.language, names=names)
        elif AudioChunk.is_type(event.type):
            return await self._take(AudioChunk.from_event(event))
        elif AudioStop.is_type(event.type):
            await self._transcribe()
        else:
            await self._handle_speech(event)
        return True

    async def _handle_speech(self, event: Event) -> None:
        if SynthesizeStart.is_type(event.type):
            self._stream, self._voice = SentenceStream(), SynthesizeStart.from_event(event).voice
        elif SynthesizeChunk.is_type(event.type) and self._stream is not None:
            await self._say(self._stream.feed(SynthesizeChunk.from_event(event).text), self._voice)
        elif SynthesizeStop.is_type(event.type) and self._stream is not None:
            stream, self._stream = self._stream, None
            await self._say(stream.close(), self._voice)
            await self._send(SynthesizeStopped())
        elif Synthesize.is_type(event.type) and self._stream is None:  # within a stream it repeats the whole text
            wish = Synthesize.from_event(event)
            await self._say(sentences(wish.text), wish.voice)

    async def _take(self, chunk: AudioChunk) -> bool:
        recording = self._recording
        recording.pcm += recording.converter.convert(chunk).audio
        if len(recording.pcm) <= LONGEST_S * SAMPLE_RATE * 2:
            return True
        await self._send(Error(text=f"The recording is longer than {LONGEST_S} seconds.", code="too-long"))
        return False

    async def _transcribe(self) -> None:
        recording, self._recording = self._recording, _Recording()
        samples = (np.frombuffer(bytes(recording.pcm), "<i2") / np.float32(32768)).astype(np.float32)
        words = (*recording.names, *house_words(self._house))
        language = (recording.language or "").split("-")[0].split("_")[0] or None

        def work() -> Heard:
            return transcribe(self._house, samples, language=language, hotwords=words, cancellation=self._cancellation)

        heard = await asyncio.to_thread(work)
        await self._send(TranscriptStart(language=heard.language))
        for segment in heard.segments:
            await self._send(TranscriptChunk(text=f"{segment.text} "))
        await self._send(Transcript(text=heard.text, language=heard.language))
        await self._send(TranscriptStop())

    async def _say(self, texts: list[str], voice: SynthesizeVoice | None) -> None:
        """Send each sentence as it is ready, in a start and a stop of its own."""
        wish = voice.name if voice else None
        language = voice.language if voice else None
        source = say_sentences(self._house, texts, wish, language=language, cancellation=self._cancellation)
        while (spoken := await asyncio.to_thread(next, source, None)) is not None:
            for event in _audio(spoken):
                await self._send(event)

    async def _send(self, event: Eventable) -> None:
        await self.write_event(event.event())


def _audio(spoken: SpokenSentence) -> Iterator[Eventable]:
    pcm = (np.clip(spoken.samples, -1, 1) * 32767).astype("<i2")
    layout = {"rate": spoken.rate, "width": 2, "channels": 1}
    yield AudioStart(**layout)
    for start in range(0, len(pcm), _CHUNK):
        yield AudioChunk(audio=pcm[start : start + _CHUNK].tobytes(), **layout)
    yield AudioStop()


Handlers = Callable[[asyncio.StreamReader, asyncio.StreamWriter], WyomingHandler]
