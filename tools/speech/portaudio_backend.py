"""The library PortAudio by sounddevice, or the reason why it is not there. Owns no device.

It is loaded when first asked for: loading it opens the sound system, and who reads files must not depend on that.
"""

from __future__ import annotations

import multiprocessing
import os
from typing import Any


def silence_drivers() -> None:
    """In a worker process: let no sound driver write to the terminal; what matters comes as an error."""
    if multiprocessing.parent_process() is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)


def missing() -> str:
    """Why PortAudio cannot be used here, with the remedy; empty where it can."""
    try:
        portaudio()
    except OSError as problem:
        return f"the library PortAudio is missing ({problem}); install libportaudio2"
    return ""


def portaudio() -> Any:
    """The module `sounddevice`. Ask `missing` first."""
    import sounddevice

    return sounddevice
