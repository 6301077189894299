"""People in a camera's picture: where something large moves, is it a person, and whose path is it?

Owns no identities: a track ends when the person leaves the picture. The detector is the SSD of `ssd_backend`;
without it, what moves and is large counts as a person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.finder.records import Box

Picture = NDArray[np.uint8]
Point = tuple[float, float, float, float, float]

LOST_S = 6.0
"""A track that was not continued for so long has ended, seconds."""
ASK_S = 1.0
"""The detector is asked about a track at most this often, and the rarer the oftener it was in vain, seconds."""
STILL_S = 4.0
"""A track that ended at most so long ago may be a person who stands still, seconds."""
ENOUGH = 3
"""Sightings by the detector after which a track is a person's without further looking."""
LEAST = 0.35
"""Detector score from which a part counts as a person."""


class PersonFinder:
    """Looks for people in parts of a picture.

    `folder` is the detector's model folder; None: there is none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._detector = None
        if folder is not None:
            from tools.finder.looks.ssd_backend import Detector

            self._detector = Detector(folder)

    @property
    def sees(self) -> bool:
        """Whether there is a detector."""
        return self._detector is not None

    def within(self, image: Picture, box: Box) -> list[Box]:
        """Boxes of people seen in a square around `box` (pixels of `image`), best first."""
        if self._detector is None:
            return []
        x, y, w, h = box
        height, width = image.shape[:2]
        side = max(1.4 * max(w, h), 160.0)
        left, top = max(0, int(x + w / 2 - side / 2)), max(0, int(y + h / 2 - side / 2))
        right, bottom = min(width, int(left + side)), min(height, int(top + side))
        part = np.ascontiguousarray(image[top:bottom, left:right])
        found = [d for d in self._detector.whole(part, LEAST) if d.label == "person"]
        return [(d.box[0] + left, d.box[1] + top, d.box[2], d.box[3]) for d in found]

    def is_person(self, image: Picture, box: Box) -> bool:
        """Whether most of `box` is taken by a person."""
        return any(overlap(box, seen) > 0.5 for seen in self.within(image, box))


@dataclass
class Track:
    """One person's path so far; `seen` counts the detector's sightings."""

    path: list[Point] = field(default_factory=list)
    seen: int = 0
    asked: float = float("-inf")
    missed: int = 0
    """How often the detector was asked in vain since it last saw the person."""
    body: Box = (0.0, 0.0, 0.0, 0.0)
    """Where the detector saw the person last."""

    def due(self, offset: float) -> bool:
        """Whether the detector is to be asked about it."""
        return self.seen < ENOUGH and offset - self.asked >= ASK_S * (1 + self.missed)


class PeopleTracks:
    """Joins what moves in sample after sample into tracks."""

    def __init__(self, finder: PersonFinder) -> None:
        self._finder = finder
        self.tracks: list[Track] = []

    def look(self, image: Picture, moving: list[tuple[int, int, int, int]], offset: float) -> None:
        """Take the moving parts of one sample."""
        height, width = image.shape[:2]
        diagonal = float(np.hypot(width, height))
        for rank, part in enumerate(sorted(moving, key=lambda box: -box[2] * box[3])[:3]):
            box: Box = part
            track = self._continued(box, offset, 0.2 * diagonal, LOST_S / 2)
            ask = rank == 0 and (
                track is None or (track.seen < ENOUGH and offset - track.asked >= ASK_S * (1 + track.missed))
            )
            people = self._finder.within(image, box) if ask else []
            if people:
                box = max(people, key=lambda person: overlap(part, person))
                track = self._continued(box, offset, 0.5 * diagonal, LOST_S)
            if track is None:
                track = Track()
                self.tracks.append(track)
            if people:
                track.body = box
            if ask:
                track.asked, track.missed = offset, 0 if people else track.missed + 1
            if track.path and track.path[-1][0] == offset:
                continue
            track.path.append((offset, *box))
            track.seen += bool(people)

    def _continued(self, box: Box, offset: float, reach: float, within_s: float) -> Track | None:
        """The track that `box` goes on with: seen a moment ago, near, and not of another size altogether."""
        near: list[tuple[float, Track]] = []
        for track in self.tracks[-8:]:
            last = track.path[-1]
            ratio = box[2] * box[3] / max(last[3] * last[4], 1e-6)
            gap = distance(box, last[1:])
            if offset - last[0] <= within_s and gap < reach and 0.15 < ratio < 7.0:
                near.append((gap, track))
        return min(near, key=lambda pair: pair[0])[1] if near else None

    def stands(self, box: Box, offset: float) -> bool:
        """Whether `box` is a person who stands still where the detector saw them a moment ago."""
        for track in self.tracks[-8:]:
            last = track.path[-1]
            near = offset - last[0] <= STILL_S and overlap(box, last[1:]) >= 0.7
            if near and min(overlap(box, track.body), overlap(track.body, box)) >= 0.6:
                return True
        return False

    def people(self) -> list[Track]:
        """Tracks that are people: seen by the detector at least once, or long ones where there is none."""
        if self._finder.sees:
            return [track for track in self.tracks if track.seen]
        return [track for track in self.tracks if len(track.path) >= 2]


def overlap(box: Box, other: Box) -> float:
    """The share of `box` that `other` covers."""
    width = min(box[0] + box[2], other[0] + other[2]) - max(box[0], other[0])
    height = min(box[1] + box[3], other[1] + other[3]) - max(box[1], other[1])
    return max(width, 0.0) * max(height, 0.0) / max(box[2] * box[3], 1e-6)


def distance(box: Box, other: Box) -> float:
    """Pixels between the nearest points of two boxes; 0 where they overlap."""
    across = max(other[0] - box[0] - box[2], box[0] - other[0] - other[2], 0.0)
    down = max(other[1] - box[1] - box[3], box[1] - other[1] - other[3], 0.0)
    return float(np.hypot(across, down))
