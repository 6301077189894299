"""Sound for the app: plays a file, hears one utterance, tells how loud. Owns no sound device (see `tools.speech`)."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.host.job import Job
from runtime.cancellation import Cancellation
from runtime.errors import CallCancelled, MediaError
from tools.speech.speak import PLAYER

WINDOW_S = 0.1
GUESS_FRAMES = 40
"""The words so far are looked for every so many frames (of 32 ms), when the last look is over."""


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


def listen(job: Job) -> dict[str, Any]:
    """Hear one utterance from the microphone; progress tells {"level", "speech", "text"}: loudness, words so far.

    It ends by itself after the utterance; `end_listening` ends it now. Gives {"text", "language"}. Raises
    `ToolUnavailableError` for a microphone that is missing or fails, `ModelMissingError` without the recogniser.
    """
    return asyncio.run(_Listening(job).run())


def end_listening(job: Job) -> bool:
    """End the listening that is under way; what was heard so far counts. Tells whether there was one."""
    flag = job.desk.listening
    if flag is not None:
        flag.set()
    return flag is not None


class _Listening:
    """One listening: frames from the ear, words so far now and then, the whole at the end."""

    def __init__(self, job: Job) -> None:
        from agent.voice.hearing import Hearing, Utterance
        from tools.speech.house_words import house_words

        self._job = job
        self._heard: list[Utterance] = []
        self._hearing = Hearing(job.house, self._heard.append, hotwords=house_words(job.house))
        self._samples: list[Any] = []
        self._guess: asyncio.Task[Any] | None = None
        self._text = ""

    async def run(self) -> dict[str, Any]:
        """Listen until an utterance is over, the ear ends, or `end_listening`."""
        loop = asyncio.get_running_loop()
        frames: asyncio.Queue[Any] = asyncio.Queue()
        done = threading.Event()
        self._job.desk.listening = done
        ours = Cancellation()
        unlisten = self._job.cancellation.listen(ours.cancel)

        def put(item: Any) -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(frames.put_nowait, item)

        thread = asyncio.create_task(asyncio.to_thread(self._ear, put, ours))
        problem: BaseException | None = None
        try:
            while not self._heard and not done.is_set():
                item = await frames.get()
                if isinstance(item, BaseException) or item is None:
                    problem = item
                    break
                await self._take(item)
            await self._hearing.finish()
            await self._hearing.settle()
        finally:
            self._job.desk.listening = None
            ours.cancel()
            unlisten()
            await thread
        self._job.cancellation.check()
        if problem is not None and not self._heard:
            raise problem
        last = self._heard[0].transcript if self._heard else None
        return {"text": last.text if last else "", "language": last.language if last else None}

    def _ear(self, put: Callable[[Any], None], flag: Cancellation) -> None:
        from tools.speech import ear

        source = ear.Source(device=self._job.house.settings.speech.input_device)
        try:
            ear.listen(self._job.house, source, put, cancellation=flag)
            put(None)
        except CallCancelled:
            put(None)
        except BaseException as problem:
            put(problem)

    async def _take(self, frame: Any) -> None:
        import numpy as np

        level = float(np.sqrt(np.mean(np.square(frame.samples))))
        self._job.progress({"level": min(1.0, level * 6), "speech": float(frame.speech), "text": self._text})
        self._samples.append(frame.samples)
        await self._hearing.feed(frame)
        if (self._guess is None or self._guess.done()) and len(self._samples) % GUESS_FRAMES == 0:
            self._guess = asyncio.create_task(self._words(np.concatenate(self._samples)))

    async def _words(self, samples: Any) -> None:
        heard = await self._hearing.recognise(samples, self._job.cancellation)
        self._text = heard.text
