"""Indexing cameras: every new or changed recording is scanned once and written in one transaction.

Owns the order of work and what a broken recording means; the scan is a worker's (`scan_backend`), the vision
backend is a colleague's (`Appearance`), the truth is the store's.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from runtime.errors import MediaError, ModelMissingError, WorkerDiedError
from runtime.house import House
from runtime.residency import Priority
from runtime.worker import Cancellation, Worker, WorkerSpec
from tools.finder.answering.facts import Facts
from tools.finder.answering.shortlist import WHOLE
from tools.finder.looks.appearance import DETECTOR, current_version, open_appearance
from tools.finder.looks.appearance_types import Appearance
from tools.finder.looks.redescribe import redescribe
from tools.finder.looks.vectors import Vectors
from tools.finder.records import Camera
from tools.finder.scan.drafting import Drafter
from tools.finder.scan.drafts import SegmentDraft, SegmentFile
from tools.finder.scan.result import Scan, ScanProgress
from tools.finder.scan.segments import camera_zone
from tools.finder.sealing import settle_seal
from tools.finder.sources.growing import being_written
from tools.finder.sources.recordings import named_start, recordings_of, start_of
from tools.finder.store import FinderStore
from tools.output import Progress

log = logging.getLogger(__name__)


@dataclass
class IndexReport:
    """What an indexing did.

    `broken` holds path and problem of recordings that could not be used, or only in part.
    """

    indexed: int = 0
    skipped: int = 0
    growing: int = 0
    """Recordings left for later, since they are still being written."""
    broken: list[tuple[str, str]] = field(default_factory=list)
    footage_s: float = 0.0
    wall_s: float = 0.0
    changes: int = 0
    sightings: int = 0

    @property
    def times_real_time(self) -> float:
        """Seconds of footage for a second of work."""
        return self.footage_s / self.wall_s if self.wall_s > 0 else 0.0


def index_cameras(
    house: House,
    store: FinderStore,
    names: Sequence[str] | None = None,
    *,
    progress: Callable[[Progress], None] = lambda progress: None,
    cancellation: Cancellation | None = None,
    appearance: bool = True,
    scanner: WorkerSpec | None = None,
    after_each: Callable[[Camera, Path, IndexReport], None] = lambda camera, file, report: None,
    growing: Callable[[Path], bool | None] = being_written,
    elsewhere: Elsewhere | None = None,
) -> IndexReport:
    """Index what is new or changed of these cameras (all of them where `names` is None).

    Without the vision models (`appearance` False, or not installed) changes and stays are found without
    labels. `scanner` stands in for `scan_spec(house)`; `after_each` is called when a recording is written;
    recordings of which `growing` is true are left for later; `elsewhere` scans in place of the worker.
    Raises `UnknownNameError`, `CallCancelled` (what was finished stays), `StorageError`, `UsageError`
    when another process indexes.
    """
    cameras = store.cameras() if names is None else [store.camera(name) for name in names]
    cancellation = cancellation or Cancellation()
    began, report = time.monotonic(), IndexReport()
    settle_seal(house)
    with store.indexing(), ExitStack() as stack:
        if appearance:
            redescribe(house, store, progress, cancellation)
        waiting = _waiting(store, cameras, report, growing)
        if not waiting:
            return report
        indexer = _Indexer(house, store, stack, cancellation, appearance, scanner or scan_spec(house))
        if elsewhere is not None:
            elsewhere.begin([file for _, file in waiting])
            indexer.elsewhere = elsewhere
        for number, (camera, file) in enumerate(waiting):
            cancellation.check()

            def say(done: ScanProgress, number: int = number, name: str = file.name) -> None:
                share = done.done_s / done.total_s if done.total_s else 0.0
                rate = (report.footage_s + done.done_s) / max(time.monotonic() - began, 1e-3)
                text = f"{name} ({rate:.1f}× real time)"
                progress(Progress(text, number + min(share, 1.0), len(waiting), "recordings"))

            indexer.index(camera, file, report, say)
            report.wall_s = time.monotonic() - began
            after_each(camera, file, report)
        ready_to_search(house, store)
        progress(Progress("done", len(waiting), len(waiting), "recordings"))
    report.wall_s = time.monotonic() - began
    return report


def ready_to_search(house: House, store: FinderStore) -> None:
    """Bring what a search reads into line with the truth now, so that the first question need not wait for it.

    Raises `StorageError`.
    """
    vectors = Vectors(house, current_version(house))
    Facts(house.paths.finder / "facts").catch_up(store, [vectors])
    if vectors.count > WHOLE:
        vectors.basis()


def _waiting(
    store: FinderStore, cameras: Sequence[Camera], report: IndexReport, growing: Callable[[Path], bool | None]
) -> list[tuple[Camera, Path]]:
    waiting = []
    for camera in cameras:
        if not camera.place.exists():
            if camera.held is None:
                report.broken.append((camera.source, f"the source of camera {camera.name} is not there"))
            continue
        try:
            files = recordings_of(camera)
        except OSError as problem:
            report.broken.append((camera.source, f"the recordings of {camera.name} cannot be read: {problem.strerror}"))
            continue
        for file in files:
            try:
                found = file.stat()
            except OSError as problem:
                report.broken.append((str(file), f"it cannot be read: {problem.strerror}"))
                continue
            if store.is_indexed(camera.id, str(file), found.st_size, found.st_mtime_ns):
                report.skipped += 1
            elif growing(file):
                report.growing += 1
            else:
                waiting.append((camera, file))
    return waiting


class Elsewhere(Protocol):
    """Scans recordings in another place than the house's own worker (`scan.ray_backend`)."""

    def begin(self, files: Sequence[Path]) -> None:
        """The recordings, in the order in which they will be asked for."""

    def result(self, file: Path, cancellation: Cancellation) -> Scan:
        """The scan of the next one. Raises `MediaError`, `WorkerDiedError` and `CallCancelled`."""
        ...


class _Indexer:
    """One indexing while it runs."""

    def __init__(
        self, house: House, store: FinderStore, stack: ExitStack, cancellation: Cancellation, appearance: bool,
        scanner: WorkerSpec,
    ) -> None:  # fmt: skip
        self._house, self._store, self._cancellation = house, store, cancellation
        self._zone = camera_zone(house.settings.finder.timezone)
        self._worker: Worker = stack.enter_context(house.residency.lease(scanner))
        self._appearance: Appearance | None = None
        self._vectors: Vectors | None = None
        self.elsewhere: Elsewhere | None = None
        if appearance:
            self._open_appearance(stack)
        self._drafter = Drafter(store, self._worker, self._appearance)

    def _open_appearance(self, stack: ExitStack) -> None:
        try:
            self._appearance = stack.enter_context(open_appearance(self._house))
            self._vectors = Vectors(self._house, self._appearance.version)
        except ModelMissingError as problem:
            log.warning("Things are indexed without labels: %s", problem)

    def index(self, camera: Camera, file: Path, report: IndexReport, say: Callable[[ScanProgress], None]) -> None:
        """Scan one recording and write what it gave; a broken one is written with its problem."""
        found = file.stat()
        try:
            scan = self._scan(file, say)
        except (MediaError, WorkerDiedError) as problem:
            start = named_start(camera, file, self._zone) or found.st_mtime
            draft = SegmentDraft(
                SegmentFile(
                    str(file), found.st_size, found.st_mtime_ns, start, 0.0, 0, 0, 0.0, "broken", problem.message
                )
            )
            self._write(camera, draft)
            report.broken.append((str(file), problem.message))
            return
        start = start_of(
            camera, file, creation=scan.creation, mtime=found.st_mtime, duration_s=scan.duration_s, default=self._zone
        ).time
        problem_text = _problem(scan)
        segment = SegmentFile(
            str(file), found.st_size, found.st_mtime_ns, start, scan.duration_s, scan.width, scan.height, scan.fps,
            "partial" if problem_text else "ok", problem_text,
        )  # fmt: skip
        draft = self._drafter.draft(camera, scan, segment)
        self._write(camera, draft)
        report.indexed += 1
        report.footage_s += scan.duration_s
        report.changes += len(draft.changes)
        report.sightings += len(draft.sightings)
        if problem_text:
            report.broken.append((str(file), problem_text))

    def _scan(self, file: Path, say: Callable[[ScanProgress], None]) -> Scan:
        if self.elsewhere is not None:
            return self.elsewhere.result(file, self._cancellation)
        for item in self._worker.stream("scan", str(file), cancellation=self._cancellation):
            if isinstance(item, Scan):
                return item
            say(item)
        raise MediaError(f"The scan of {file} gave no result.")

    def _write(self, camera: Camera, draft: SegmentDraft) -> None:
        ids, replaced = self._store.write_segment(camera.id, draft)
        if self._vectors is not None:
            self._vectors.remove(replaced)
            Facts(self._house.paths.finder / "facts").outlines.add(ids, [s.crop for s in draft.sightings])
            pairs = [(i, s.vector) for i, s in zip(ids, draft.sightings, strict=True) if s.vector is not None]
            self._vectors.add([i for i, _ in pairs], [vector for _, vector in pairs])


def _problem(scan: Scan) -> str | None:
    """What is wrong with a recording and what could be used of it, in words."""
    if not scan.problems:
        return None
    return f"{'; '.join(scan.problems)}; {scan.duration_s:.1f} s of it are used"


def scan_spec(house: House) -> WorkerSpec:
    """The worker that scans recordings; with the person detector where it is installed."""
    installed = house.catalogue.installed(DETECTOR)
    kwargs = {
        "detector": str(house.catalogue.folder(DETECTOR)) if installed else None,
        "still_px": house.settings.finder.thumbnail_px,
    }
    target = "tools.finder.scan.scan_backend:Scanner"
    return WorkerSpec("camera scan", target, kwargs, cpu_bytes=500_000_000, priority=Priority.BACKGROUND)


@contextmanager
def open_store(house: House) -> Iterator[FinderStore]:
    """The house's camera index."""
    with FinderStore(house.paths.finder) as store:
        yield store
