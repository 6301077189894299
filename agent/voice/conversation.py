"""The conversation: who may speak when. Hands-free, after a wake word, or by a key; interruption; "stop".

Half-duplex (loudspeakers): while the house speaks, the microphone hears the house, so only "stop" and the wake word
are listened for. Full duplex (a headset): speech pauses the sound at once, and ends it when it goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal

from agent.events import ApprovalNeeded, Decision
from agent.recollection import what_is_known
from agent.session import Session
from agent.voice.approval import question
from agent.voice.asking import Asking
from agent.voice.events import Heard, Interrupted, Note, Ready, SpeechBegan, TurnDone, VoiceEvent, VoiceTurn, Woke
from agent.voice.hearing import Clock, Hearing, Utterance
from agent.voice.loudspeaker import Loudspeaker
from agent.voice.mouth import Mouth, Reply
from agent.voice.signals import Signals
from agent.voice.sound_in import frames
from agent.voice.stop_watch import StopWatch
from agent.voice.turns import SpokenTurn
from runtime.cancellation import Cancellation
from runtime.errors import CallCancelled, HausgeistError
from tools.speech import ear
from tools.speech.endpoint import Began, Dropped, Sign
from tools.speech.frames import FRAME_S, Frame
from tools.speech.house_words import house_words
from tools.speech.stopping import is_stop

TAIL_S = 0.35
"""After the last sound of a half-duplex reply, the room still carries it for so long."""
_QUICK_FRAMES = 2
"""Frames of speech (64 ms) at which a full-duplex reply is paused; the rest of `least_s` decides what becomes of it."""
_ANSWER_S = 20.0
"""Seconds to answer a question of approval."""


@dataclass(frozen=True)
class VoiceOptions:
    """How a conversation goes. `live` is off for a file that is read at full speed."""

    mode: Literal["hands-free", "push", "wake"] = "hands-free"
    full_duplex: bool = False
    wake_word: str = "okay_nabu"
    follow_up_s: float = 8.0
    earcons: bool = True
    live: bool = True
    approve_all: bool = False


class Conversation:
    """A spoken conversation over `session`. `tell` gets every event, in the loop's thread."""

    def __init__(
        self, session: Session, loudspeaker: Loudspeaker, options: VoiceOptions, tell: Callable[[VoiceEvent], None]
    ) -> None:
        self.session, self.options, self._tell = session, options, tell
        self.mouth = Mouth(session.house, loudspeaker, lambda text: tell(Note(text)))
        self._clock = Clock()
        self._spoken: SpokenTurn | None = None
        self._task: asyncio.Task[None] | None = None
        self._signals = Signals(self.mouth, wanted=options.earcons)
        self._asking = Asking(_ANSWER_S if options.live else None)
        self.now_s = 0.0
        """Seconds of sound that came in so far."""
        self._awake_until_s = float("-inf")
        self._pressed = False
        self._addressed = True
        self._ending: asyncio.Task[None] | None = None
        facts = [fact.text for fact in session.memory.facts()]
        self.hearing = Hearing(
            session.house, self._utterance, self._sign,
            hotwords=house_words(session.house, facts), live=options.live,
        )  # fmt: skip
        self._watch = StopWatch(
            self.mouth.reference, self.hearing.recognise, self._saying, lambda: self.interrupt("stop")
        )

    # Sound in -----------------------------------------------------------------------------------------------------

    async def run(self, source: ear.Source, cancellation: Cancellation) -> None:
        """Listen to `source` until it ends or is cancelled. Raises `ToolUnavailableError` and `MediaError`."""
        words = (self.options.wake_word,) if self.options.mode == "wake" else ()
        ready = False
        with contextlib.suppress(CallCancelled):
            async with aclosing(frames(self.session.house, source, cancellation, words)) as sound:
                async for frame in sound:
                    if not ready:
                        ready = True
                        self._tell(Ready(source.name))
                    await self.take(frame)
                    if not self.options.live:
                        await self._settled()
            await self.hearing.settle()
            await self.finish()

    async def finish(self) -> None:
        """Wait until the turn is over. A question that nobody can answer any more is a no."""
        self._asking.deny()
        if self._task is not None:
            await self._task

    async def warm(self) -> None:
        """Load what a first turn needs: recogniser, voice, router, chat model and memory. What is missing is noted."""
        for load in (self.hearing.warm, self.mouth.warm, self.session.warm, self._recall):
            try:
                await asyncio.to_thread(load)
            except HausgeistError as problem:
                self._tell(Note(str(problem)))

    def _recall(self) -> None:
        """Open what a reply looks things up in."""
        session = self.session
        what_is_known(session.house, session.memory, session.documents, "Ready.", (), [])

    async def close(self) -> None:
        """End what is said or thought now, and wait until it has ended."""
        self.interrupt("key", quietly=True)
        waiting = [task for task in (self._task, self._ending) if task is not None]
        await asyncio.gather(*waiting, return_exceptions=True)
        await self._signals.settle()

    async def take(self, frame: Frame) -> None:
        """The next frame goes to whom it is for."""
        self.now_s = frame.end_s
        self._clock.note(frame.end_s)
        if frame.wake is not None:
            self._wake(frame.wake)
        if self.options.live and not self.options.full_duplex:
            if self.sounding:
                self.hearing.reset()
                self._watch.feed(frame)
                return
            if self._clock.moment(frame.end_s - FRAME_S) < self.mouth.silent_since_s + TAIL_S:
                return
        self._watch.reset()
        if not self._listening(frame):
            self.hearing.reset()
            return
        await self.hearing.feed(frame)
        self._quickly_pause()

    def _listening(self, frame: Frame) -> bool:
        """Whether speech can be meant for the house now: a request, an answer, or at least a "stop"."""
        if self.hearing.endpointer.speaking:
            return True
        awake = self._pressed or self._awake_until_s >= frame.end_s
        self._addressed = self.options.mode == "hands-free" or self._asking.open or awake
        return self._addressed or self._busy()

    def press(self) -> None:
        """The key of push-to-talk: silence and listen; pressed again, the request is over."""
        if self._busy():
            self.interrupt("key", quietly=True)
        self._pressed = not self._pressed
        if self._pressed:
            self.hearing.reset()
            self._signals.play("listening")
            self._tell(Woke("key"))
        else:
            self._ending = asyncio.create_task(self.hearing.finish())

    def _wake(self, word: str) -> None:
        if self.sounding:
            self.interrupt("speech", quietly=True)
        self._awake_until_s = self.now_s + max(self.options.follow_up_s, 5.0)
        self.mouth.silent_since_s = float("-inf")
        self._signals.play("listening")
        self._tell(Woke(word))

    # Interruption -------------------------------------------------------------------------------------------------

    def interrupt(self, by: Literal["stop", "speech", "key"], *, quietly: bool = False) -> None:
        """End what is said or thought now."""
        self._asking.deny()
        if self._busy() and self._spoken is not None:
            self._spoken.stop()
            self._tell(Interrupted(by))
        if by == "stop":
            self._awake_until_s = float("-inf")
            if not quietly:
                self._signals.play("stopped")

    def _quickly_pause(self) -> None:
        """Full duplex: at the first speech the sound pauses; whether it was speech shows a little later."""
        if self._spoken is not None and self.sounding and self.hearing.endpointer.voiced >= _QUICK_FRAMES:
            self._spoken.reply.pause()

    def _sign(self, sign: Sign) -> None:
        if isinstance(sign, Began):
            self._tell(SpeechBegan(sign.at_s))
        if isinstance(sign, Dropped):
            self._go_on()

    def _go_on(self) -> None:
        """What silenced the reply was not meant for the house."""
        if self._spoken is not None:
            self._spoken.reply.resume()

    def _utterance(self, heard: Utterance) -> None:
        """Words were understood: "stop", an answer to a question, or a request."""
        text = heard.transcript.text.strip()
        if is_stop(text):
            if not (self._addressed or self._busy()):
                return
            self._tell(Heard(text, heard.transcript.language))
            self._pressed = False
            self.interrupt("stop")
            return
        if self._asking.answer(text):
            self._tell(Heard(text, heard.transcript.language))
            self._go_on()
            return
        if not self._addressed:
            self._go_on()
            return
        if self._busy():
            self.interrupt("speech", quietly=True)
        self._pressed = False
        turn = VoiceTurn(text, heard.transcript.language, input_s=(round(heard.begin_s, 2), round(heard.end_s, 2)))
        turn.speech_end_s = self._clock.moment(heard.end_s) if self.options.live else None
        self._begin(turn)

    # Turns --------------------------------------------------------------------------------------------------------

    async def say(self, text: str) -> None:
        """A typed line: a turn whose reply is spoken too, or the answer to an open question.

        Returns when the turn is over, or asks something.
        """
        if is_stop(text):
            self.interrupt("stop")
        elif not self._asking.answer(text):
            self._begin(VoiceTurn(text))
        await self._settled()

    def _begin(self, turn: VoiceTurn) -> None:
        turn.heard_s = time.perf_counter()
        self._tell(Heard(turn.text, turn.language))
        before = self._task
        spoken = SpokenTurn(self.session, self.mouth, turn, self._tell, self._ask)
        self._spoken = spoken
        self._task = asyncio.create_task(self._run(spoken, before))

    async def _run(self, spoken: SpokenTurn, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.gather(before, return_exceptions=True)
        try:
            self._tell(TurnDone(await spoken.run()))
        except HausgeistError as problem:
            self._tell(Note(str(problem)))
        if self._spoken is spoken and not spoken.turn.interrupted and self.options.follow_up_s:
            self._awake_until_s = self.now_s + TAIL_S + self.options.follow_up_s

    async def _ask(self, event: ApprovalNeeded, reply: Reply) -> Decision:
        if self.options.approve_all:
            return "once"
        asked = question(event.tool, event.args, self._spoken.turn.language if self._spoken else None)
        self._tell(Note(asked))
        reply.feed(asked)
        reply.flush()
        return await self._asking.wait()

    async def _settled(self) -> None:
        """Wait until the turn is over, or asks something that the file or the next line may answer."""
        await self.hearing.settle()
        while self._task is not None and self._busy() and not self._asking.open:
            asked = asyncio.create_task(self._asking.changed.wait())
            await asyncio.wait([self._task, asked], return_when=asyncio.FIRST_COMPLETED)
            asked.cancel()

    def _busy(self) -> bool:
        return self._task is not None and not self._task.done()

    @property
    def sounding(self) -> bool:
        """Whether the house is heard speaking now."""
        return self._busy() and self._spoken is not None and self._spoken.reply.sounding

    def _saying(self) -> str:
        return self._spoken.reply.saying if self._spoken is not None else ""
