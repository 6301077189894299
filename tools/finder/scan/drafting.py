"""From the scan of one recording to what the index keeps of it. Owns no pixels, no models and no storage.

Looking at a whole still for things (`Appearance.propose`) costs as much as scanning minutes of quiet footage. So the
first still of a recording is looked at only where it differs from the last of the recording before, and its last
still only where it differs from its first: everything else is known already.
"""

from __future__ import annotations

from collections.abc import Sequence

from runtime.worker import Worker
from tools.finder.looks.appearance_types import Appearance, Proposal
from tools.finder.records import Box, Camera
from tools.finder.scan.carry import carried_stays, last_still
from tools.finder.scan.drafts import PersonDraft, SegmentDraft, SegmentFile, StillDraft
from tools.finder.scan.result import Scan
from tools.finder.scan.stays import Stays
from tools.finder.store import FinderStore

SAME_LOOK = 0.7
"""Correlation from which a spot counts as looking the same."""


class Drafter:
    """Makes drafts. `scanner` is the worker that compares stills; without `appearance` things have no labels."""

    def __init__(self, store: FinderStore, scanner: Worker, appearance: Appearance | None) -> None:
        self._store, self._scanner, self._appearance = store, scanner, appearance

    def draft(self, camera: Camera, scan: Scan, segment: SegmentFile) -> SegmentDraft:
        """All that the recording gives the index."""
        stays = Stays(scan, segment.start, lambda a, b, box: self._same_look(scan, a, b, box))
        for stay in carried_stays(self._store, camera, segment, scan, self._same):
            stays.carry(stay)
        stays.begin_with(self._propose(scan, scan.first, self._new_at_first(camera, scan, segment)))
        stays.run()
        if scan.first is not None and scan.last is not None and scan.last != scan.first:
            new = self._differing(scan.stills[scan.first].jpeg, scan, scan.last)
            stays.end_with(self._propose(scan, scan.last, new))
        self._describe(stays)
        return SegmentDraft(
            segment,
            [StillDraft(segment.start + s.offset, s.jpeg, s.scale) for s in scan.stills],
            stays.changes,
            stays.sightings,
            [
                PersonDraft([(segment.start + p[0], *p[1:]) for p in person.path], person.still)
                for person in scan.people
            ],
        )

    def _new_at_first(self, camera: Camera, scan: Scan, segment: SegmentFile) -> list[Box] | None:
        """Where the first still differs from the recording before; None: there is none, all of it is new."""
        before = last_still(self._store, camera, segment)
        if self._appearance is None or before is None or scan.first is None:
            return None
        return self._differing(before, scan, scan.first)

    def _differing(self, before: bytes, scan: Scan, still: int) -> list[Box]:
        if self._appearance is None:
            return []
        shown = scan.stills[still]
        boxes: list[Box] = self._scanner.call("differing", before, shown.jpeg)
        return boxes

    def _same_look(self, scan: Scan, first: int, second: int, box: Box) -> bool:
        a, b = scan.stills[first], scan.stills[second]
        x, y, w, h = (value * a.scale for value in box)
        return self._same(a.jpeg, b.jpeg, (x, y, w, h))

    def _same(self, first: bytes, second: bytes, box: Box) -> bool:
        return float(self._scanner.call("same_look", first, second, box)) >= SAME_LOOK

    def _propose(self, scan: Scan, still: int | None, within: Sequence[Box] | None) -> list[Proposal]:
        """Things seen on a still, with boxes in pixels of the recording; those that touch `within` (None: all)."""
        if self._appearance is None or still is None or (within is not None and not within):
            return []
        shown = scan.stills[still]
        found = [proposal for proposal in self._appearance.propose(shown.jpeg) if proposal.label != "person"]
        if within is not None:
            found = [proposal for proposal in found if any(_touch(proposal.box, box) for box in within)]
        return [_rescaled(proposal, shown.scale) for proposal in found]

    def _describe(self, stays: Stays) -> None:
        if self._appearance is None:
            return
        bare = [s for s in stays.sightings if s.vector is None and s.crop]
        described = self._appearance.describe([s.crop for s in bare if s.crop])
        for sighting, looks in zip(bare, described, strict=True):
            if sighting.origin != "detector" or sighting.label is None:
                sighting.label, sighting.label_score = looks.label, looks.label_score
            sighting.colours, sighting.vector = looks.colours, looks.vector


def _touch(box: Box, other: Box) -> bool:
    across = min(box[0] + box[2], other[0] + other[2]) - max(box[0], other[0])
    down = min(box[1] + box[3], other[1] + other[3]) - max(box[1], other[1])
    return across > 0 and down > 0


def _rescaled(proposal: Proposal, scale: float) -> Proposal:
    p, (x, y, w, h) = proposal, proposal.box
    box = (x / scale, y / scale, w / scale, h / scale)
    return Proposal(box, p.label, p.label_score, p.colours, p.vector, p.crop, p.origin)
