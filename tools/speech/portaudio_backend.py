"""The library PortAudio by sounddevice, or the reason why it is not there. Owns no device."""

from __future__ import annotations

from typing import Any

try:
    import sounddevice

    _MISSING = ""
except OSError as problem:
    sounddevice = None
    _MISSING = str(problem)


def missing() -> str:
    """Why PortAudio cannot be used here, with the remedy; empty where it can."""
    return f"the library PortAudio is missing ({_MISSING}); install libportaudio2" if sounddevice is None else ""


def portaudio() -> Any:
    """The module `sounddevice`. Ask `missing` first."""
    return sounddevice
