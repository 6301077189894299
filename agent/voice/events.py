"""What happens in a conversation by voice, beside the events of its turns (`agent.events`). Owns no words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from agent.events import TurnEvent


@dataclass(frozen=True)
class Ready:
    """It listens now; `microphone` names the source."""

    microphone: str


@dataclass(frozen=True)
class Woke:
    """The wake word or the key was noticed: it listens for a request."""

    by: str


@dataclass(frozen=True)
class SpeechBegan:
    """Somebody began to speak, at `at_s` of the sound."""

    at_s: float


@dataclass(frozen=True)
class Heard:
    """A request was understood."""

    text: str
    language: str | None


@dataclass(frozen=True)
class Interrupted:
    """What was being said or thought ended early."""

    by: Literal["stop", "speech", "key"]


@dataclass(frozen=True)
class Note:
    """Something that the person should read: a language without a voice, a loudspeaker that fails."""

    text: str


@dataclass
class VoiceTurn:
    """One spoken turn. Times are seconds on the clock of `time.perf_counter`, None where it did not come to that."""

    text: str
    language: str | None = None
    reply: str = ""
    interrupted: bool = False
    error: str | None = None
    calls: list[dict[str, Any]] = field(default_factory=list)
    speech_end_s: float | None = None
    """Where the words ended in the sound, on the same clock."""
    heard_s: float | None = None
    """When the turn's end was noticed and its words were known."""
    first_text_s: float | None = None
    first_samples_s: float | None = None
    """When the first sentence was synthesised."""
    first_sound_s: float | None = None
    """When the first sound was handed to the loudspeaker."""
    finished_s: float | None = None
    input_s: tuple[float, float] = (0.0, 0.0)
    """Begin and end of the request in the sound that came in, seconds."""

    def spans(self) -> dict[str, float]:
        """Seconds of each stage: hear (to the known words), think (to the first text), synthesise, play, total."""
        marks = [
            ("hear", self.speech_end_s, self.heard_s),
            ("think", self.heard_s, self.first_text_s),
            ("synthesise", self.first_text_s, self.first_samples_s),
            ("play", self.first_samples_s, self.first_sound_s),
            ("first_sound", self.speech_end_s, self.first_sound_s),
        ]
        return {name: round(end - start, 3) for name, start, end in marks if start is not None and end is not None}


@dataclass(frozen=True)
class TurnDone:
    """A spoken turn is over, and is in the history."""

    turn: VoiceTurn


VoiceEvent = Ready | Woke | SpeechBegan | Heard | Interrupted | Note | TurnDone | TurnEvent
