"""The scan of one recording, in a worker process: keyframes first, full decoding only around changes.

Joins reading (`video_backend`), settling (`settled_backend`), judging (`judge_backend`), timing
(`refine_backend`) and people (`people_backend`). Owns no storage; its memory does not grow with the length of
the footage, but for what it found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.worker_service import Emit
from tools.finder.records import Box
from tools.finder.scan.behind_backend import Behind
from tools.finder.scan.carrying_backend import LONGEST_S, Thing, follow
from tools.finder.scan.compare_backend import differing, same_look
from tools.finder.scan.judge_backend import LEAST_PX, Verdict, judge, split
from tools.finder.scan.people_backend import PeopleTracks, PersonFinder, Track, distance, overlap
from tools.finder.scan.refine_backend import Watch, refine
from tools.finder.scan.regions import IntBox, Region
from tools.finder.scan.result import Scan, ScanCarried, ScanChange, ScanPerson, ScanProgress, ScanStill
from tools.finder.scan.settled_backend import WAIT_S, SettledModel
from tools.finder.scan.spots_backend import LastRests, cut_out, jpeg, with_before
from tools.finder.scan.video_backend import Probe, Reader, Sample, keyframes, probe, work_size
from tools.finder.trimming import give_memory_back

Picture = NDArray[np.uint8]

BATCH = 24
"""Changes whose pictures are kept in memory before their moments are looked for."""
STEP_S = 0.3
"""Where all frames are decoded, pictures are this far apart, seconds."""
SPARSE_S = 4.2
"""Key frames further apart than this are too few to see changes by: everything between them is looked at."""
HELD_S = 5.0
"""How long a place where a person stood still is looked at for that person again, seconds."""
PERSON_SHARE = 0.006
"""A region larger than this share of the picture is looked at for a person standing still."""


@dataclass
class _Found:
    watch: Watch
    verdict: Verdict
    before: int
    after: int
    crop: bytes


class Scanner:
    """The service.

    `detector` is the folder of the SSD model or None; `still_px` the longest side of stills.
    """

    def __init__(self, detector: str | None = None, still_px: int = 1280) -> None:
        cv2.setNumThreads(2)
        self._finder = PersonFinder(Path(detector) if detector else None)
        self._still_px = still_px
        give_memory_back()

    def scan(self, path: str, *, emit: Emit) -> None:
        """Scan a recording: emits `ScanProgress` values and, at the end, one `Scan`. Raises `MediaError`."""
        info = probe(Path(path))
        found = _Pass(Path(path), info, self._finder, self._still_px, emit).run()
        give_memory_back()
        emit(found)

    def same_look(self, first: bytes, second: bytes, box: Box) -> float:
        """See `compare_backend.same_look`."""
        return same_look(first, second, box)

    def differing(self, first: bytes, second: bytes) -> list[Box]:
        """See `compare_backend.differing`."""
        return differing(first, second)


class _Pass:
    """One scan while it runs."""

    def __init__(self, path: Path, info: Probe, finder: PersonFinder, still_px: int, emit: Emit) -> None:
        self._path, self._info, self._finder, self._emit = path, info, finder, emit
        self._still_px = still_px
        self._model = SettledModel()
        self._people = PeopleTracks(finder)
        self._stills: list[ScanStill] = []
        self._pending: list[_Found] = []
        self._changes: list[ScanChange] = []
        self._seen: Sample | None = None
        self._size_changes: list[str] = []
        self._calm: Sample | None = None
        self._calm_still: int | None = None
        self._first: int | None = None
        self._scale = 1.0
        self._held: list[tuple[float, IntBox]] = []
        self._rest, self._behind = LastRests(), Behind()

    def run(self) -> Scan:
        self._scale = self._info.width / work_size(self._info)[0]
        with Reader(self._path, self._info) as reader:
            self._read(reader)
        self._settle_moments()
        if self._calm is None:
            self._calm = self._seen
        last = self._keep_calm() if self._calm is not None else None
        people = [ScanPerson(tuple(self._full_point(p) for p in t.path)) for t in self._people.people()]
        i, problems = self._info, (*self._info.problems, *self._size_changes)
        found = [self._with_person(c) for c in sorted(self._changes, key=lambda change: change.offset)]
        return Scan(
            i.width, i.height, i.fps, i.duration_s, i.creation, problems, tuple(self._stills), tuple(found),
            tuple(people), self._first if self._first is not None else last, last,
        )  # fmt: skip

    def _read(self, reader: Reader) -> None:
        """Take the key frames; where something happens between two, and where they lie far apart, all frames."""
        end, before = self._info.duration_s, -STEP_S
        for key in keyframes(self._path, self._info) if self._info.steady else ():
            self._emit(ScanProgress(key.offset, end))
            quiet = key.offset - before <= SPARSE_S and self._model.quiet(key.image, key.offset)
            if quiet:
                self._seen = key
                self._set_calm(key)
            else:
                if before >= 0.0:
                    self._take_all(reader, before + 0.6 * STEP_S, key.offset - 0.6 * STEP_S)
                self._take(key)
            before = key.offset
        if end - before > SPARSE_S or self._model.busy:
            self._take_all(reader, before + 0.6 * STEP_S, float("inf"))

    def _take_all(self, reader: Reader, start_s: float, end_s: float) -> None:
        for sample in reader.span(start_s, end_s, STEP_S):
            self._emit(ScanProgress(sample.offset, self._info.duration_s))
            self._take(sample)

    def _note_size(self, sample: Sample) -> None:
        """Say so where the recording goes on in another size; its pictures are brought to the first one."""
        size = sample.frame.width, sample.frame.height
        if size != sample.size and not self._size_changes:
            words = f"its picture size changes at {sample.offset:.1f} s"
            self._size_changes.append(f"{words} from {sample.size[0]}x{sample.size[1]} to {size[0]}x{size[1]}")

    def _take(self, sample: Sample) -> None:
        self._seen = sample
        self._note_size(sample)
        if self._model.quiet(sample.image, sample.offset):
            self._set_calm(sample)
            return
        step = self._model.step(sample.image, sample.offset)
        if step.moving:
            self._people.look(sample.image, step.moving, sample.offset)
        for region in step.regions:
            self._decide(region, sample)
        if step.calm:
            self._set_calm(sample)
        if len(self._pending) >= BATCH:
            self._settle_moments()

    def _set_calm(self, sample: Sample) -> None:
        self._calm, self._calm_still = sample, None
        self._rest.begin(sample.image, sample.offset)
        if self._first is None:
            self._first = self._keep_calm()

    def _decide(self, region: Region, sample: Sample) -> None:
        """Accept a region, as a change or silently, or hold it while a person stands there."""
        verdict = judge(region)
        if region.rest_s < WAIT_S and (region.light_changed or not (region.clear and verdict.sure)):
            return
        if self._is_person(verdict, sample):
            self._model.hold(region)
            return
        self._model.accept(region)
        if verdict.kind != "thing" or self._is_remnant(region) or self._was_person(region, verdict, sample):
            return
        if self._rest.back(region):
            return
        self._rest.note(region.box)
        before = self._keep_calm() if self._calm is not None else None
        self._calm, self._calm_still = sample, None
        after = self._keep_calm()
        parts = split(region)
        for part in parts:
            self._add(part, verdict if len(parts) == 1 else judge(part), sample, (before, after))
        for part, still in self._behind.shown(region, LEAST_PX) if verdict.presence < 0 else ():
            self._add(part, judge(part), sample, (still, after))
        self._behind.note(region, after if before is None else before)

    def _add(self, region: Region, verdict: Verdict, sample: Sample, stills: tuple[int | None, int]) -> None:
        if verdict.kind != "thing":
            return
        placed, box, (before, after) = verdict.presence > 0, verdict.box, stills
        crop = cut_out(region, sample.image, box)
        watch = Watch(region, placed)
        self._pending.append(_Found(watch, verdict, after if before is None else before, after, crop))

    def _is_person(self, verdict: Verdict, sample: Sample) -> bool:
        """Whether a person stands still there, or it is a part of one who did a moment ago."""
        box = verdict.box
        self._held = [held for held in self._held if sample.offset - held[0] <= HELD_S]
        for held in [held for held in self._held if overlap(box, held[1]) > 0.6]:
            self._held.remove(held)
            if self._finder.is_person(sample.image, held[1]):
                self._held.append((sample.offset, held[1]))
                return True
        if not self._is_large(box, sample):
            return False
        if self._people.stands(box, sample.offset) or self._finder.is_person(sample.image, box):
            self._held.append((sample.offset, box))
            return True
        return False

    def _was_person(self, region: Region, verdict: Verdict, sample: Sample) -> bool:
        """Whether what is gone was a person who had stood there since the recording began."""
        if verdict.presence > 0 or not self._is_large(verdict.box, sample):
            return False
        return self._finder.is_person(with_before(region, sample.image), verdict.box)

    def _is_large(self, box: IntBox, sample: Sample) -> bool:
        height, width = sample.image.shape[:2]
        return box[2] * box[3] > PERSON_SHARE * int(height) * int(width)

    def _is_remnant(self, region: Region) -> bool:
        """Whether it is a left over part of a change just found, which settled a little later."""
        area = int(region.mask.sum())
        return any(
            area < 0.3 * int(other.mask.sum())
            and region.t_before < other.t_after + 0.1
            and distance(region.box, other.box) <= 6.0
            for other in (found.watch.region for found in self._pending)
        )

    def _keep_calm(self) -> int:
        """Position of the still of the last calm sample, made when it is first asked for."""
        assert self._calm is not None
        if self._calm_still is None:
            image = self._calm.at_size(self._still_px)
            self._stills.append(ScanStill(self._calm.offset, jpeg(image, 88), image.shape[1] / self._info.width))
            self._calm_still = len(self._stills) - 1
        return self._calm_still

    def _settle_moments(self) -> None:
        give_memory_back()  # what decoders held that are closed now; others are opened here
        refine(self._path, self._info, [found.watch for found in self._pending])
        for found in self._pending:
            self._emit.check()
            watch = found.watch
            carried = None if watch.placed else self._carried(watch, found.verdict)
            score = 0.5 * min(1.0, found.verdict.contrast / 40.0) + 0.5 * abs(found.verdict.presence)
            self._changes.append(
                ScanChange(
                    watch.moment, "placed" if watch.placed else "removed", self._full_box(found.verdict.box),
                    round(score, 3), found.before, found.after, None, found.crop, carried,
                )
            )  # fmt: skip
        self._pending = []

    def _carried(self, watch: Watch, verdict: Verdict) -> ScanCarried | None:
        """Where the thing was seen last in a hand, with a still of that moment."""
        thing = Thing.of(watch.region, verdict.box)
        with Reader(self._path, self._info) as reader:
            samples = reader.span(watch.moment, watch.moment + LONGEST_S, 0.1)
            found = follow(samples, thing, self._model.settled)
        if found is None:
            return None
        sample, (x, y, w, h) = found
        image, s = sample.at_size(self._still_px), self._scale
        self._stills.append(ScanStill(sample.offset, jpeg(image, 88), image.shape[1] / self._info.width))
        box = (round(x * s, 1), round(y * s, 1), round(w * s, 1), round(h * s, 1))
        return ScanCarried(round(sample.offset, 2), box, len(self._stills) - 1)

    def _with_person(self, change: ScanChange) -> ScanChange:
        """The change with the person who was nearest about that moment."""
        s = self._scale
        box = (change.box[0] / s, change.box[1] / s, change.box[2] / s, change.box[3] / s)
        gaps = [(_nearest(t, change.offset, box), index) for index, t in enumerate(self._people.people())]
        near = [(gap, index) for gap, index in gaps if gap is not None]
        return replace(change, person=min(near)[1]) if near else change

    def _full_box(self, box: IntBox) -> Box:
        s = self._scale
        return (round(box[0] * s, 1), round(box[1] * s, 1), round(box[2] * s, 1), round(box[3] * s, 1))

    def _full_point(self, point: tuple[float, ...]) -> tuple[float, float, float, float, float]:
        t, x, y, w, h = point
        s = self._scale
        return (round(t, 2), round(x * s, 1), round(y * s, 1), round(w * s, 1), round(h * s, 1))


def _nearest(track: Track, moment: float, box: tuple[float, ...], within_s: float = 3.0) -> float | None:
    """Pixels between the box and where the track was about that moment, or None when it was too far away."""
    x, y, w, h = box
    if not track.path[0][0] - within_s <= moment <= track.path[-1][0] + within_s:
        return None
    gaps = [distance((x, y, w, h), point[1:]) for point in track.path if abs(point[0] - moment) <= within_s]
    reach = max(max(point[3], point[4]) for point in track.path)
    return min(gaps) if gaps and min(gaps) <= reach else None
