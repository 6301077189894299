"""From changes to stays:

which thing lay where, from when to when, and what ended it. Owns no pixels and no storage.

A thing placed opens a stay at its box; a thing removed closes the open stay there. A large thing placed over
an open stay covers it; when that thing is removed again and the spot looks as it did, the stay is uncovered
and goes on. What was removed but never placed had been there since the recording began. Things that the
vision backend proposes on the first calm still are open from the beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tools.finder.looks.appearance_types import Proposal
from tools.finder.records import Box
from tools.finder.scan.drafts import CarriedDraft, ChangeDraft, SightingDraft
from tools.finder.scan.result import Scan, ScanChange

SMALL = 0.04
"""A proposed region below this share of its cover is covered without a change of its own."""

SameLook = Callable[[int, int, Box], bool]
"""`same_look(still, other_still, box)`:

Whether the box looks the same on two stills (positions in the scan).
"""


@dataclass
class _Open:
    """A stay that goes on; `hidden` are the stays it covers."""

    sighting: SightingDraft
    opened_after: int | None
    hidden: list[_Open] = field(default_factory=list)


@dataclass
class Stays:
    """Builds the stays of one recording; `start` is its wall-clock start, Unix seconds."""

    scan: Scan
    start: float
    same_look: SameLook
    changes: list[ChangeDraft] = field(default_factory=list)
    sightings: list[SightingDraft] = field(default_factory=list)
    _open: list[_Open] = field(default_factory=list)

    @property
    def end(self) -> float:
        """Wall-clock end of the recording."""
        return self.start + self.scan.duration_s

    def carry(self, sighting: SightingDraft) -> None:
        """A stay of the recording before this one that goes on here."""
        self._add(sighting, self.scan.first)

    def begin_with(self, proposals: Sequence[Proposal]) -> None:
        """Things seen on the first calm still, but for those carried; boxes in pixels of the recording."""
        carried = [stay.sighting for stay in self._open]
        for proposal in proposals:
            if not any(_explains(sighting, proposal.box) for sighting in carried):
                self._add(_seen(proposal, self.start, self.end, self.scan.first), self.scan.first)

    def run(self) -> None:
        """Take every change in order of time."""
        for change in self.scan.changes:
            if change.kind == "placed":
                self._placed(change)
            else:
                self._removed(change)

    def end_with(self, proposals: Sequence[Proposal]) -> None:
        """Things seen on the last calm still that no open stay explains."""
        at = self.scan.stills[self.scan.last].offset if self.scan.last is not None else self.scan.duration_s
        for proposal in proposals:
            known = (_explains(stay.sighting, proposal.box) for stay in self._open)
            if not any(known):
                self._add(_seen(proposal, self.start + at, self.end, self.scan.last), self.scan.last)

    def _placed(self, change: ScanChange) -> None:
        index = self._change(change, change.kind, change.box)
        cover = SightingDraft(
            self.start + change.offset, self.end, change.box, "change", still=change.after, placed_by=index,
            crop=change.crop,
        )  # fmt: skip
        hidden = [stay for stay in self._open if covers(change.box, stay.sighting.box)]
        opened = self._add(cover, change.after)
        named: list[tuple[Box, int]] = []
        for stay in sorted(hidden, key=lambda s: -s.sighting.box[2] * s.sighting.box[3]):
            box = stay.sighting.box
            part_of = next((number for whole, number in named if _share(box, whole) > 0.6), None)
            small = stay.sighting.origin == "region" and _share(change.box, box) < SMALL
            if part_of is None and not small:
                part_of = self._change(change, "covered", box)
                named.append((box, part_of))
            part_of = index if part_of is None else part_of
            self._close(stay, self.start + change.offset, part_of)
            opened.hidden.append(stay)
        for stay in [s for s in self._open if s is not opened and iou(s.sighting.box, change.box) > 0.5]:
            self._close(stay, self.start + change.offset, index)

    def _removed(self, change: ScanChange) -> None:
        index = self._change(change, change.kind, change.box)
        moment = self.start + change.offset
        stay = self._best(self._open, change.box)
        if stay is None and self._taken_behind(change, index):
            return
        parts = [s for s in self._open if s is not stay and s.sighting.origin != "change"]
        for part in [s for s in parts if _share(s.sighting.box, change.box) > 0.6]:
            self._close(part, moment, index)
        if stay is None:
            self.sightings.append(
                SightingDraft(
                    self.start, moment, change.box, "change", still=change.before, ended_by=index, crop=change.crop
                )
            )
            return
        self._close(stay, moment, index)
        self._know(stay.sighting, change)
        shown: list[tuple[Box, int]] = []
        for other in stay.hidden:
            self._uncover(other, change, index, shown)

    @staticmethod
    def _best(stays: Sequence[_Open], box: Box) -> _Open | None:
        stay = max(stays, key=lambda s: match(s.sighting.box, box), default=None)
        return stay if stay is not None and match(stay.sighting.box, box) >= 0.3 else None

    def _taken_behind(self, change: ScanChange, index: int) -> bool:
        """Whether a thing was taken while something stood before it: its stay lasts until then."""
        for cover in self._open:
            stay = self._best(cover.hidden, change.box)
            if stay is not None:
                cover.hidden.remove(stay)
                stay.sighting.last_seen = max(stay.sighting.first_seen, self.start + change.offset)
                stay.sighting.ended_by = index
                self._know(stay.sighting, change)
                return True
        return False

    @staticmethod
    def _know(sighting: SightingDraft, change: ScanChange) -> None:
        """What was only seen lying there is known better by what went away: its box and its looks."""
        if sighting.origin != "change" and change.crop:
            sighting.box, sighting.crop, sighting.vector = change.box, change.crop, None

    def _uncover(self, other: _Open, change: ScanChange, removed: int, shown: list[tuple[Box, int]]) -> None:
        box = other.sighting.box
        if other.opened_after is not None and not self.same_look(other.opened_after, change.after, box):
            return
        nested = (number for whole, number in shown if _share(box, whole) > 0.6)
        index = next(nested, None)
        if index is None and other.sighting.origin == "region" and _share(change.box, box) < SMALL:
            index = removed
        if index is None:
            index = self._change(change, "uncovered", box)
            shown.append((box, index))
        old = other.sighting
        again = SightingDraft(
            self.start + change.offset, self.end, box, old.origin, still=change.after, placed_by=index,
            label=old.label, label_score=old.label_score, colours=old.colours, crop=old.crop, vector=old.vector,
        )  # fmt: skip
        self._add(again, change.after)

    def _add(self, sighting: SightingDraft, still: int | None) -> _Open:
        self.sightings.append(sighting)
        stay = _Open(sighting, still)
        self._open.append(stay)
        return stay

    def _close(self, stay: _Open, moment: float, change: int) -> None:
        stay.sighting.last_seen = max(stay.sighting.first_seen, moment)
        stay.sighting.ended_by = change
        self._open.remove(stay)

    def _change(self, change: ScanChange, kind: str, box: Box) -> int:
        seen, carried = change.carried, None
        if seen is not None and kind == "removed":
            carried = CarriedDraft(self.start + seen.offset, seen.box, seen.still)
        self.changes.append(
            ChangeDraft(
                self.start + change.offset, kind, box, change.score,  # type: ignore[arg-type]
                change.before, change.after, change.person, carried,
            )
        )  # fmt: skip
        return len(self.changes) - 1


def _seen(proposal: Proposal, first: float, last: float, still: int | None) -> SightingDraft:
    p = proposal
    return SightingDraft(
        first, last, p.box, p.origin, still=still, label=p.label, label_score=p.label_score, colours=p.colours,
        crop=p.crop, vector=p.vector,
    )  # fmt: skip


def _common(box: Box, other: Box) -> float:
    width = min(box[0] + box[2], other[0] + other[2]) - max(box[0], other[0])
    height = min(box[1] + box[3], other[1] + other[3]) - max(box[1], other[1])
    return max(width, 0.0) * max(height, 0.0)


def iou(box: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    common = _common(box, other)
    return common / max(box[2] * box[3] + other[2] * other[3] - common, 1e-6)


def match(box: Box, other: Box) -> float:
    """How well two boxes stand for one thing:

    Their IoU, or half of the share where one lies within the other.
    """
    smaller = max(min(box[2] * box[3], other[2] * other[3]), 1e-6)
    larger = max(box[2] * box[3], other[2] * other[3])
    inside = _common(box, other) / smaller
    return max(iou(box, other), 0.5 * inside if larger < 4.0 * smaller else 0.0)


def covers(cover: Box, box: Box) -> bool:
    """Whether a thing at `cover` lies over most of `box` and is larger."""
    area = max(box[2] * box[3], 1e-6)
    return _common(cover, box) > 0.6 * area and cover[2] * cover[3] > 1.3 * area


def _share(box: Box, other: Box) -> float:
    """The share of `box` that lies within `other`."""
    return _common(box, other) / max(box[2] * box[3], 1e-6)


def _explains(sighting: SightingDraft, box: Box) -> bool:
    """Whether a proposal at `box` is the thing of `sighting`, or a part of a thing that was placed."""
    return match(sighting.box, box) > 0.3 or (sighting.origin == "change" and _share(box, sighting.box) > 0.7)
