"""Sound for the app: plays a file and tells where it is and how loud. Owns no sound device (see `tools.speech`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.host.job import Job
from runtime.errors import MediaError
from tools.speech.speak import PLAYER

WINDOW_S = 0.1


def play(job: Job, file: str, start_s: float = 0.0) -> dict[str, Any]:
    """Play a sound file from `start_s` on; progress tells {"at", "total", "level"}: seconds, and loudness 0 to 1.

    Cancelling stops the sound. Gives {"at", "total"}. Raises `MediaError`, `ToolUnavailableError` with the reason.
    """
    import numpy as np
    import soundfile

    try:
        samples, rate = soundfile.read(Path(file), dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as problem:
        raise MediaError(f"The sound {file} cannot be read: {problem}.", remedy="Make it anew.") from problem
    mono = np.ascontiguousarray(samples.mean(axis=1))
    total = len(mono) / rate

    def tell(played: float) -> None:
        at = min(start_s + played, total)
        window = mono[max(0, int((at - WINDOW_S) * rate)) : int(at * rate)]
        level = float(np.sqrt(np.mean(window**2))) if len(window) else 0.0
        job.progress({"at": at, "total": total, "level": min(1.0, level * 4)})

    with job.house.residency.lease(PLAYER, job.cancellation) as worker:
        rest = mono[int(start_s * rate) :]
        played = worker.call("play", rest, int(rate), on_item=tell, cancellation=job.cancellation)
    return {"at": min(start_s + float(played), total), "total": total}
