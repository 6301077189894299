"""When does a person begin to speak, pause, and end? By silence, and by whether what was said is complete.

Pure decisions on frames: owns no sound device, no recognition and no clock (time is the sound's own).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from tools.speech.frames import FRAME_S, Frame
from tools.speech.voice import Samples


@dataclass(frozen=True)
class Began:
    """Somebody speaks, since `at_s`."""

    at_s: float


@dataclass(frozen=True)
class Paused:
    """The speaker pauses: `samples` are the words up to here. `number` counts the pauses."""

    samples: Samples
    number: int
    speech_end_s: float


@dataclass(frozen=True)
class Resumed:
    """The speaker goes on: the last pause was none of the end."""


@dataclass(frozen=True)
class Ended:
    """The turn is over. `pause` is the number of the pause that it ended with; its samples hold every word."""

    samples: Samples
    pause: int
    speech_end_s: float


@dataclass(frozen=True)
class Dropped:
    """It was too short to be speech."""


Sign = Began | Paused | Resumed | Ended | Dropped


@dataclass(frozen=True)
class Patience:
    """Seconds of silence after which a turn ends, by what the words so far look like."""

    pause_s: float = 0.064
    """Silence after which it is worth recognising what was said so far; fluent speech has some ten such a minute."""
    complete_s: float = 0.4
    """A whole request was said."""
    unknown_s: float = 0.8
    """Nothing is known of the words yet."""
    incomplete_s: float = 1.6
    """The words break off ("turn on the")."""
    longest_s: float = 28.0
    """A turn is cut here: Whisper hears 30 seconds at once."""


@dataclass
class Endpointer:
    """Feed it frames; it says what happens. `judge` tells it what the words of the last pause look like."""

    patience: Patience = field(default_factory=Patience)
    begin: float = 0.5
    """Probability from which a frame counts as speech (Silero's own default)."""
    end: float = 0.35
    """Probability below which it counts as silence."""
    least_s: float = 0.16
    """Speech shorter than this is dropped: a click, a cough."""
    before_s: float = 0.4
    """Sound before the first speech that belongs to it: soft consonants."""
    _before: deque[Frame] = field(default_factory=deque)
    _said: list[Frame] = field(default_factory=list)
    _voiced: int = 0
    _silent: int = 0
    _began: bool = False
    _pauses: int = 0
    _complete: bool | None = None
    _last_voiced: int = 0

    @property
    def speaking(self) -> bool:
        """Whether a turn is under way."""
        return self._began

    @property
    def voiced(self) -> int:
        """Frames of speech, one after the other, up to now."""
        return self._voiced if not self._silent else 0

    def judge(self, number: int, complete: bool | None) -> None:
        """Tell whether the words up to pause `number` are a whole request; None where that is not clear."""
        if number == self._pauses:
            self._complete = complete

    def reset(self) -> None:
        """Forget what was heard."""
        self._before.clear()
        self._restart()

    def feed(self, frame: Frame) -> list[Sign]:
        """Take the next frame."""
        if not self._said:
            return self._wait(frame)
        self._said.append(frame)
        speech = frame.speech >= (self.begin if self._silent else self.end)
        return self._speech() if speech else self._silence(frame)

    def finish(self) -> list[Sign]:
        """End the turn now, where one is under way (push to talk)."""
        if not self._began:
            self._restart()
            return []
        signs: list[Sign] = [] if self._paused else [self._pause()]
        return [*signs, self._close()]

    @property
    def _paused(self) -> bool:
        return self._silent * FRAME_S >= self.patience.pause_s

    def _wait(self, frame: Frame) -> list[Sign]:
        if frame.speech < self.begin:
            self._before.append(frame)
            while len(self._before) * FRAME_S > self.before_s:
                self._before.popleft()
            return []
        self._said = [*self._before, frame]
        self._before.clear()
        return self._speech()

    def _speech(self) -> list[Sign]:
        signs: list[Sign] = [Resumed()] if self._began and self._paused else []
        self._voiced, self._silent = self._voiced + 1, 0
        self._last_voiced = len(self._said)
        if not self._began and self._voiced * FRAME_S >= self.least_s:
            self._began = True
            signs.append(Began(self._said[0].end_s - FRAME_S))
        if len(self._said) * FRAME_S >= self.patience.longest_s:
            signs += [self._pause(), self._close()]
        return signs

    def _silence(self, frame: Frame) -> list[Sign]:
        was_paused = self._paused
        self._silent += 1
        if not self._began:
            if self._silent * FRAME_S >= 2 * self.least_s:
                kept = self._said[-int(self.before_s / FRAME_S) :]
                self._restart()
                self._before.extend(kept)
                return [Dropped()]
            return []
        signs: list[Sign] = [self._pause()] if self._paused and not was_paused else []
        if self._silent * FRAME_S >= self._needed_s:
            signs.append(self._close())
        return signs

    @property
    def _needed_s(self) -> float:
        patience = self.patience
        known = {True: patience.complete_s, False: patience.incomplete_s, None: patience.unknown_s}
        return max(known[self._complete], patience.pause_s)

    def _pause(self) -> Paused:
        self._pauses += 1
        self._complete = None
        return Paused(self._samples(), self._pauses, self._speech_end_s)

    def _close(self) -> Ended:
        ended = Ended(self._samples(), self._pauses, self._speech_end_s)
        self._restart()
        return ended

    @property
    def _speech_end_s(self) -> float:
        return self._said[self._last_voiced - 1].end_s if self._last_voiced else 0.0

    def _samples(self) -> Samples:
        return np.concatenate([frame.samples for frame in self._said])

    def _restart(self) -> None:
        self._said, self._voiced, self._silent, self._began, self._complete = [], 0, 0, False, None
        self._last_voiced = 0
