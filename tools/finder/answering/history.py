"""What the index knows around one sighting: what ended it, what lies there now, who was near. Owns no conclusions.

Each question is one bounded read of the store, so that an answer costs the same in a house
with years of recordings as in one with a day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tools.finder.answering.scale import Scale
from tools.finder.records import Box, Camera, Carried, Change, Coverage, Person, Sighting
from tools.finder.store import FinderStore

LATER_S = 3.0
SINCE_S = 30 * 86400.0
"""Changes up to this long after a sighting are looked through for what ended it."""
NEAR_S = 5.0
LONGEST_S = 6 * 3600.0
"""A sighting lasts to the end of its recording at most; those of longer recordings than this are passed over."""
GAP_S = 60.0
"""Shorter gaps between recordings are not told."""


class History:
    """Questions to one house's index.

    `sizes`: width and height of each camera's recordings by camera id, pixels; `scales`: see `scale`.
    """

    def __init__(
        self,
        store: FinderStore,
        cameras: Sequence[Camera],
        coverage: Sequence[Coverage],
        sizes: dict[int, tuple[int, int]],
        scales: Mapping[int, Scale] | None = None,
    ) -> None:
        self._store = store
        self._cameras = {camera.id: camera for camera in cameras}
        self.coverage, self.sizes, self._scales = tuple(coverage), sizes, scales or {}

    def camera(self, camera_id: int) -> Camera:
        """The camera of that id."""
        return self._cameras[camera_id]

    def end_of(self, camera_id: int) -> float | None:
        """When the camera's last recording ended."""
        name = self._cameras[camera_id].name
        return next((c.end for c in self.coverage if c.camera == name), None)

    def neighbours(self, sighting: Sighting) -> list[Sighting]:
        """Things that a detector or the classifier named, seen on the same camera while the sighting lasted."""
        at = sighting.last_seen
        return self._store.lying(sighting.camera_id, at, at + LONGEST_S, "origin = 'detector' AND label IS NOT NULL")

    def change(self, change_id: int | None) -> Change | None:
        """The change of that id."""
        return self._store.change(change_id) if change_id is not None else None

    def ending(self, sighting: Sighting) -> Change | None:
        """The change that ended a sighting: the one the index names, else the first later one on most of its box."""
        if sighting.ended_by is not None:
            return self.change(sighting.ended_by)
        since = sighting.last_seen - LATER_S
        for change in self._store.changes_over(sighting.camera_id, since, since + SINCE_S, sighting.box):
            if change.type in {"removed", "covered"} and share(sighting.box, change.box) > 0.6:
                return change
        return None

    def placed_on(self, sighting: Sighting) -> Sighting | None:
        """What was put over the spot later and still lies there, where no change says so itself."""
        began = max(sighting.first_seen + LATER_S, sighting.last_seen - LATER_S)
        for other in self._store.put_down(sighting.camera_id, began):
            larger = other.box[2] * other.box[3] > 1.5 * sighting.box[2] * sighting.box[3]
            if other.id != sighting.id and larger and share(sighting.box, other.box) > 0.7:
                return other
        return None

    def put_at(self, event: Change, box: Box) -> Sighting | None:
        """The largest thing that was put over most of `box` when `event` happened."""
        began = f"placed_by IS NOT NULL AND first_seen >= {event.time - NEAR_S!r}"
        put = self._store.lying(event.camera_id, event.time + NEAR_S, event.time + LONGEST_S, began)
        near = [s for s in put if share(box, s.box) > 0.4 and s.box != box]
        return max(near, key=lambda s: s.box[2] * s.box[3], default=None)

    def carried(self, change: Change) -> Carried | None:
        """Where what a change took away was seen last in a hand."""
        return self._store.carried(change.id)

    def person(self, person_id: int | None) -> Person | None:
        """The person of that id."""
        return self._store.person(person_id) if person_id is not None else None

    def people_between(self, since: float, until: float) -> list[Person]:
        """People seen on any camera in that time."""
        return self._store.people(None, since, until)

    def gaps(self, camera_id: int, since: float) -> tuple[tuple[float, float], ...]:
        """Times after `since` in which the camera did not record, to the end of its last recording."""
        name = self._cameras[camera_id].name
        gaps = next((c.gaps for c in self.coverage if c.camera == name), ())
        return tuple((max(a, since), b) for a, b in gaps if b > since and b - a >= GAP_S)

    def scale(self, camera_id: int) -> float | None:
        """Pixels of a centimetre on a camera, where it is known."""
        found = self._scales.get(camera_id)
        return found.px_per_cm if found is not None else None

    def newest_still(self, camera_id: int) -> int | None:
        """The id of the camera's newest settled frame."""
        return self._store.newest_still(camera_id)

    def still_time(self, still_id: int | None) -> float | None:
        """When a still was taken, Unix seconds."""
        still = self._store.still(still_id) if still_id is not None else None
        return still.time if still is not None else None

    def difference(self, first: int | None, second: int | None, box: Box) -> float | None:
        """The share of a spot that differs between two stills (by id); None where that cannot be told."""
        from tools.finder.answering.spot_backend import differing_share

        stills = [self._store.still(still) if still is not None else None for still in (first, second)]
        if stills[0] is None or stills[1] is None:
            return None
        files = [self._store.folder / still.file for still in stills if still is not None]
        return differing_share(files[0], files[1], box, (stills[0].scale, stills[1].scale))


def share(inside: Box, outside: Box) -> float:
    """The share of one box that lies within another."""
    width = min(inside[0] + inside[2], outside[0] + outside[2]) - max(inside[0], outside[0])
    height = min(inside[1] + inside[3], outside[1] + outside[3]) - max(inside[1], outside[1])
    return max(0.0, width) * max(0.0, height) / max(1e-9, inside[2] * inside[3])
