"""What still lies where it lay when the recording before this one ended. Owns no pixels: it asks for a comparison.

A stay that was open at the end of the last recording goes on in this one where the spot looks the same on this
one's first calm still. What was moved in between is left to this recording's own proposals and changes.
"""

from __future__ import annotations

from collections.abc import Callable

from runtime.sealed import read_picture
from tools.finder.records import Box, Camera, Segment, Sighting
from tools.finder.scan.drafts import SegmentFile, SightingDraft
from tools.finder.scan.result import Scan
from tools.finder.store import FinderStore

LONGEST_GAP_S = 12 * 3600.0
"""A recording that ended longer ago than this says nothing about the beginning of this one, seconds."""

Compare = Callable[[bytes, bytes, Box], bool]
"""`same(jpeg, other_jpeg, box)`: whether the box (pixels of the JPEGs) looks the same on two stills."""


def carried_stays(
    store: FinderStore, camera: Camera, file: SegmentFile, scan: Scan, same: Compare
) -> list[SightingDraft]:
    """The stays of the recording before `file` that go on in it."""
    before = _before(store, camera, file)
    if before is None or scan.first is None:
        return []
    first = scan.stills[scan.first]
    carried = []
    for old in store.sightings(camera.name, since=before.start + before.duration_s - 1.0, until=file.start):
        still = store.still(old.still_id) if old.still_id is not None else None
        if old.segment_id != before.id or old.ended_by is not None or still is None:
            continue
        if abs(still.scale - first.scale) > 1e-3 or not (store.folder / still.file).is_file():
            continue
        scaled = tuple(value * first.scale for value in old.box)
        box = (scaled[0], scaled[1], scaled[2], scaled[3])
        if same(read_picture(store.folder / still.file), first.jpeg, box):
            carried.append(_again(old, file, scan.first))
    return carried


def last_still(store: FinderStore, camera: Camera, file: SegmentFile) -> bytes | None:
    """JPEG of the last still of the recording before `file`, or None."""
    before = _before(store, camera, file)
    if before is None:
        return None
    end = before.start + before.duration_s
    stills = [s for s in store.stills(camera.name, since=before.start, until=end) if s.segment_id == before.id]
    newest = max(stills, key=lambda still: (still.time, still.id), default=None)
    if newest is None or not (store.folder / newest.file).is_file():
        return None
    return read_picture(store.folder / newest.file)


def _before(store: FinderStore, camera: Camera, file: SegmentFile) -> Segment | None:
    """The usable recording of the same picture size that ended last before `file` began."""
    found = None
    for segment in store.segments(camera.name):
        end = segment.start + segment.duration_s
        fits = segment.status != "broken" and (segment.width, segment.height) == (file.width, file.height)
        if fits and segment.path != file.path and file.start - LONGEST_GAP_S <= end <= file.start + 2.0:
            found = segment
    return found


def _again(old: Sighting, file: SegmentFile, still: int) -> SightingDraft:
    return SightingDraft(
        file.start, file.start + file.duration_s, old.box, old.origin, still=still, label=old.label,
        label_score=old.label_score, colours=old.colours, crop=old.crop,
    )  # fmt: skip
