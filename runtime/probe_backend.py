"""Run as a program (`python -m runtime.probe_backend llama|sound`): looks at one library and prints JSON.

`runtime.doctor` runs it as a process with a time limit, since a driver or a native library may hang or die.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def llama() -> dict[str, Any]:
    """`version`, `system` (what the build uses of the CPU) and `gpu` (whether it can use one)."""
    import llama_cpp

    system = llama_cpp.llama_print_system_info().decode()
    return {"version": llama_cpp.__version__, "system": system, "gpu": bool(llama_cpp.llama_supports_gpu_offload())}


def sound() -> dict[str, Any]:
    """`output` and `input`: names of the default devices, or None; `error` when PortAudio is missing."""
    try:
        import sounddevice
    except OSError as problem:
        return {"error": str(problem)}
    found: dict[str, Any] = {}
    for kind in ("output", "input"):
        try:
            found[kind] = sounddevice.query_devices(kind=kind)["name"]
        except (sounddevice.PortAudioError, ValueError):
            found[kind] = None
    return found


if __name__ == "__main__":
    print(json.dumps({"llama": llama, "sound": sound}[sys.argv[1]]()))
