"""The library PortAudio by sounddevice, or the reason why it is not there. Owns no device."""

from __future__ import annotations

import multiprocessing
import os
from typing import Any

try:
    import sounddevice

    _MISSING = ""
except OSError as problem:
    sounddevice = None
    _MISSING = str(problem)


def silence_drivers() -> None:
    """In a worker process: let no sound driver write to the terminal; what matters comes as an error."""
    if multiprocessing.parent_process() is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)


def missing() -> str:
    """Why PortAudio cannot be used here, with the remedy; empty where it can."""
    return f"the library PortAudio is missing ({_MISSING}); install libportaudio2" if sounddevice is None else ""


def portaudio() -> Any:
    """The module `sounddevice`. Ask `missing` first."""
    return sounddevice
