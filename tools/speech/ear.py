"""Listening from the main process: frames of a microphone or a file, out of the ear's worker. Owns no recognition.

A driver that hangs or crashes is an error with a remedy here, within seconds: nothing waits for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import ToolUnavailableError, WorkerDiedError, WorkerTimeoutError
from runtime.house import House
from runtime.residency import Priority
from runtime.worker import Cancellation, Worker, WorkerSpec
from tools.speech.frames import Frame, SoundDevice

EAR = WorkerSpec("ear", "tools.speech.ear_backend:EarService", cpu_bytes=150_000_000, priority=Priority.SPEECH)
_PATIENCE_S = 10.0
"""A microphone that is not heard of for so long counts as hanging; it sends a frame every 32 ms."""
_REMEDY = "Plug it in again, or choose another with speech.input_device (`hausgeist devices` lists them)."


@dataclass(frozen=True)
class Source:
    """Where sound comes from: a `file`, or else the microphone `device` (None: the default one)."""

    file: Path | None = None
    device: str | None = None
    paced: bool = False
    """Whether a file is read as fast as it would be spoken."""

    @property
    def name(self) -> str:
        """What to call it."""
        return str(self.file) if self.file else f"the microphone {self.device}" if self.device else "the microphone"


def listen(
    house: House,
    source: Source,
    on_frame: Callable[[Frame], None],
    *,
    wake_words: tuple[str, ...] = (),
    cancellation: Cancellation | None = None,
) -> None:
    """Call `on_frame` for every 32 ms of sound, until the file ends or the work is cancelled.

    Raises `MediaError` for a bad file, `ToolUnavailableError` for a microphone that is missing, busy, unplugged or
    hanging, and `CallCancelled`.
    """
    file = str(source.file.expanduser().absolute()) if source.file else None
    with _explained(house) as worker:
        worker.call(
            "listen", file, source.device, wake_words, paced=source.paced,
            on_item=on_frame, cancellation=cancellation, timeout_s=_PATIENCE_S,
        )  # fmt: skip


def devices(house: House) -> list[SoundDevice]:
    """The sound devices of this machine. Raises `ToolUnavailableError` with the reason."""
    with _explained(house) as worker:
        found: list[SoundDevice] = worker.call("devices", timeout_s=_PATIENCE_S)
    return found


@contextmanager
def _explained(house: House) -> Iterator[Worker]:
    """The ear's worker; its death and its silence are errors of the sound system."""
    try:
        with house.residency.lease(EAR) as worker:
            try:
                yield worker
            except WorkerTimeoutError as problem:
                worker.close(grace_s=0.0)
                raise ToolUnavailableError("The microphone does not answer.", remedy=_REMEDY) from problem
    except WorkerDiedError as problem:
        raise ToolUnavailableError("The driver of the microphone crashed.", remedy=_REMEDY) from problem
