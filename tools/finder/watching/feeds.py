"""The live cameras of a watch: one thread for each, which records or fetches and tells what comes of it.

A thread ends only when it is cancelled: whatever fails is told as `Lost`, and tried again after a growing wait. Owns no
index: it never touches the store.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from runtime.errors import CallCancelled, HausgeistError
from runtime.house import House
from runtime.worker import Cancellation
from tools.finder.records import Camera
from tools.finder.sources.address import redact
from tools.finder.sources.fetching import fetch_camera
from tools.finder.sources.live import full_address, recorder_spec
from tools.finder.sources.messages import Backoff, Connected, Lost, SourceMessage

log = logging.getLogger(__name__)

Tell = Callable[[Camera, SourceMessage], None]
FETCH_S = 30.0
"""Seconds between two looks at a Frigate server."""
JOIN_S = 3.0


class Feed:
    """The thread of one live camera. `tell` is called from it."""

    def __init__(self, house: House, folder: Path, camera: Camera, tell: Tell, first_wait_s: float = 1.0) -> None:
        self.camera = camera
        self._house, self._folder, self._tell, self._first_wait_s = house, folder, tell, first_wait_s
        self._cancellation = Cancellation()
        self._thread = threading.Thread(target=self._run, name=f"feed of {camera.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Tell it to end; see `join`."""
        self._cancellation.cancel()

    def join(self) -> bool:
        """Wait a moment until it has ended; tells whether it has."""
        self._thread.join(JOIN_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        waits = Backoff(self._first_wait_s)
        while not self._cancellation.cancelled:
            try:
                for message in self._messages():
                    waits.reset()
                    self._tell(self.camera, message)
                problem = "it gives nothing any more"
            except CallCancelled:
                return
            except HausgeistError as error:
                problem = redact(error.message).rstrip(".")
            except Exception as error:
                log.debug("The feed of %s failed", self.camera.name, exc_info=error)
                problem = redact(f"{type(error).__name__}: {error}").rstrip(".")
            wait = waits.next()
            self._tell(self.camera, Lost(problem, wait))
            self._cancellation.wait(wait)

    def _messages(self) -> Iterator[SourceMessage]:
        return self._fetched() if self.camera.kind == "frigate" else self._recorded()

    def _recorded(self) -> Iterator[SourceMessage]:
        settings = self._house.settings.finder
        address = full_address(self._folder, self.camera)
        with self._house.residency.lease(recorder_spec(self.camera.name), self._cancellation) as worker:
            yield from worker.stream(
                "record", address, str(self.camera.place), cancellation=self._cancellation,
                segment_s=settings.segment_s, stall_s=settings.stall_s, transport=settings.rtsp_transport,
                first_wait_s=self._first_wait_s,
            )  # fmt: skip

    def _fetched(self) -> Iterator[SourceMessage]:
        told = False
        while not self._cancellation.cancelled:
            yield from fetch_camera(self._house, self._folder, self.camera, self._cancellation.check)
            if not told:
                told = True
                yield Connected(0, 0, "")
            self._cancellation.wait(FETCH_S)
