"""Watches cameras on and on: records the live ones, looks through what is new, and keeps within the limits.

One camera's failure is told and tried again; it stops no other. Owns no printing: every event goes to `tell`, from
any thread, one at a time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from runtime.errors import CallCancelled, HausgeistError, UsageError
from runtime.house import House
from runtime.worker import Cancellation, WorkerSpec
from tools.finder.index import IndexReport, index_cameras, scan_spec
from tools.finder.records import Camera
from tools.finder.retention import tidy
from tools.finder.sources.address import redact
from tools.finder.sources.messages import Connected, Lost, SourceMessage
from tools.finder.store import FinderStore
from tools.finder.watching.events import CameraWatch, Kind, WatchEvent
from tools.finder.watching.feeds import Feed
from tools.finder.watching.looking import Looker
from tools.finder.watching.pace import Pacer, TreeTime

log = logging.getLogger(__name__)

STATE_S = 60.0
TIDY_S = 600.0
RETRY_ROUNDS = 6
"""A camera at which looking failed is left alone for so many rounds."""


class Watch:
    """One watch of the cameras `names` (None: all, also those added meanwhile). Use `run` once."""

    def __init__(
        self,
        house: House,
        store: FinderStore,
        names: Sequence[str] | None,
        tell: Callable[[WatchEvent], None],
        cancellation: Cancellation,
        *,
        appearance: bool = True,
    ) -> None:
        self._house, self._store, self._tell, self._cancellation = house, store, tell, cancellation
        self._names = None if names is None else {store.camera(name).name for name in names}
        self._appearance = appearance
        settings = house.settings.finder
        self._looker = Looker(store, settings.settle_s, lambda: house.now().timestamp())
        self._spent = TreeTime()
        self._pacer = Pacer(settings.watch_cpu_share, spent=self._spent)
        self._feeds: dict[int, Feed] = {}
        self._states: dict[int, CameraWatch] = {}
        self._resting: dict[int, int] = {}
        self._telling = threading.Lock()
        self._indexed = 0
        self._last_state = self._last_tidy = time.monotonic()
        self._counted = (time.monotonic(), self._spent())

    def run(self) -> None:
        """Watch until cancelled; then end the feeds, which completes what they were recording."""
        self._say("started", None, cameras=[camera.name for camera in self._cameras()])
        try:
            while not self._cancellation.cancelled:
                self._round()
                self._rest()
        except CallCancelled:
            if not self._cancellation.cancelled:
                raise
        finally:
            self._end()
        self._say("stopped", None, indexed=self._indexed)

    def _cameras(self) -> list[Camera]:
        return [camera for camera in self._store.cameras() if self._names is None or camera.name in self._names]

    def _round(self) -> None:
        """Look at every camera once."""
        self._pacer.begin()
        cameras = self._cameras()
        self._match_feeds(cameras)
        worked = False
        for camera in cameras:
            worked = self._look(camera) or worked
        if worked or time.monotonic() - self._last_tidy > TIDY_S:
            self._tidy()
        self._house.residency.release_idle()
        if time.monotonic() - self._last_state > (1.0 if worked else STATE_S):
            self._say_state()

    def _rest(self) -> None:
        """Pay back the processor time used, and wait for the next round."""
        self._cancellation.wait(max(self._house.settings.finder.watch_every_s, self._pacer.owed_s))

    def _look(self, camera: Camera) -> bool:
        """Look through what is ready of one camera; tells whether there was something."""
        state = self._states[camera.id]
        if self._resting.get(camera.id, 0) > 0:
            self._resting[camera.id] -= 1
            return False
        try:
            if camera.held is None and not camera.place.exists():
                raise UsageError(f"{camera.source} is not there")
            ready, state.growing = self._looker.look(camera)
            state.waiting = len(ready)
            if ready:
                self._index(camera, state)
        except CallCancelled:
            raise
        except Exception as problem:  # whatever it is, the other cameras go on
            self._trouble(camera, state, problem)
            return False
        if state.problem is not None:
            state.problem = None
            self._say("well", camera.name)
        return bool(ready)

    def _trouble(self, camera: Camera, state: CameraWatch, problem: Exception) -> None:
        said = _words(problem)
        self._resting[camera.id] = RETRY_ROUNDS
        if state.problem != said:
            log.debug("Looking at %s failed", camera.name, exc_info=problem)
            state.problem = said
            self._say("problem", camera.name, problem=said)

    def _index(self, camera: Camera, state: CameraWatch) -> None:
        told = IndexReport()

        def after(of: Camera, file: Path, report: IndexReport) -> None:
            nonlocal told
            new_problems = report.broken[len(told.broken) :]
            for path, problem in new_problems:
                self._say("problem", of.name, path=path, problem=f"{Path(path).name}: {problem}")
            self._indexed, state.indexed, state.waiting = self._indexed + 1, state.indexed + 1, state.waiting - 1
            if report.indexed > told.indexed:
                self._say(
                    "indexed", of.name, path=str(file), duration_s=round(report.footage_s - told.footage_s, 1),
                    changes=report.changes - told.changes, sightings=report.sightings - told.sightings,
                )  # fmt: skip
            told = replace(report, broken=list(report.broken))
            self._pacer.pause(self._cancellation.check)
            self._pacer.begin()
            if time.monotonic() - self._last_state > STATE_S:
                self._say_state()

        index_cameras(
            self._house, self._store, [camera.name], cancellation=self._cancellation, appearance=self._appearance,
            scanner=self._scanner(), after_each=after, growing=self._looker.grows,
        )  # fmt: skip

    def _scanner(self) -> WorkerSpec:
        """The scan worker that keeps to its share."""
        plain = scan_spec(self._house)
        share = self._house.settings.finder.watch_cpu_share
        target = "tools.finder.watching.paced_scan_backend:PacedScanner"
        return WorkerSpec(
            "patient camera scan", target, {**plain.kwargs, "share": share}, cpu_bytes=plain.cpu_bytes,
            priority=plain.priority,
        )  # fmt: skip

    def _match_feeds(self, cameras: Sequence[Camera]) -> None:
        """Start the feeds of live cameras that are new, and end those of cameras that are gone."""
        for camera in cameras:
            live = camera.kind != "recordings"
            self._states.setdefault(camera.id, CameraWatch(camera.name, "connecting" if live else "folder"))
            if live and camera.id not in self._feeds:
                self._feeds[camera.id] = Feed(self._house, self._store.folder, camera, self._hear)
        for camera_id in self._feeds.keys() - {camera.id for camera in cameras}:
            self._feeds.pop(camera_id).stop()
        for camera_id in self._states.keys() - {camera.id for camera in cameras}:
            del self._states[camera_id]

    def _hear(self, camera: Camera, message: SourceMessage) -> None:
        """Called from the feeds' threads."""
        state = self._states.get(camera.id)
        if state is None:
            return
        if isinstance(message, Connected):
            state.feed = "connected"
            size = {"width": message.width, "height": message.height, "codec": message.codec}
            self._say("connected", camera.name, **(size if message.width else {}))
        elif isinstance(message, Lost):
            state.feed = "lost"
            self._say("lost", camera.name, problem=message.problem, retry_s=message.retry_s)
        else:
            start = datetime.fromtimestamp(message.start, self._house.now().tzinfo).isoformat(timespec="milliseconds")
            self._say(
                "recorded", camera.name, path=message.path, start=start, duration_s=round(message.duration_s, 3),
                bytes=message.bytes,
            )  # fmt: skip

    def _tidy(self) -> None:
        self._last_tidy = time.monotonic()
        try:
            kept = tidy(self._house, self._store)
        except (HausgeistError, OSError) as problem:
            self._say("problem", None, problem=_words(problem))
            return
        if kept.anything:
            self._say("tidied", None, words=kept.words, **kept.as_json())

    def _say_state(self) -> None:
        now, spent = time.monotonic(), self._spent()
        share = (spent - self._counted[1]) / max(now - self._counted[0], 1e-3) / self._pacer.cores
        self._last_state, self._counted = now, (now, spent)
        states = list(self._states.values())
        self._say(
            "state", None, indexed=self._indexed, waiting=sum(state.waiting for state in states),
            cpu_share=round(share, 3), cameras=[state.as_json() for state in states],
        )  # fmt: skip

    def _end(self) -> None:
        for feed in self._feeds.values():
            feed.stop()
        for feed in self._feeds.values():
            feed.join()

    def _say(self, kind: Kind, camera: str | None, **facts: object) -> None:
        with self._telling:
            self._tell(WatchEvent(kind, self._house.now(), camera, facts))


def _words(problem: Exception) -> str:
    """A failure for people, on one line and without credentials."""
    if isinstance(problem, HausgeistError):
        return redact(problem.message)
    if isinstance(problem, OSError) and problem.strerror:
        return f"{problem.strerror}: {problem.filename}"
    return redact(f"{type(problem).__name__}: {problem}")
