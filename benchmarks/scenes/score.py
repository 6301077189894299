"""Scores answers of the finder against a scene's truth. Owns neither scenes nor the asking.

Definitions, of all asked things that are present (`of found`: of those for which the finder gave an answer):

- found: an answer was given. right thing: it was given on the right camera with a box that overlaps (IoU ≥ 0.3) the
  thing's last sight or its last resting place.
- camera, place: those of the last sight; the place of a thing that was carried off is its last resting place, or none.
- box: IoU ≥ 0.3 with the last sight (loose: or with the last resting place).
- time error: seconds between the answered and the true last sight. A thing that lies in view until the end may be given
  any moment of its last stay.
- state: visible (also when something happens to stand before it at the end), covered, carried (`gone` counts as that).
- false found: an answer for a thing that is never there; near ones look like a thing that is, far ones do not.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LEAST_IOU = 0.3
Box = Sequence[float]


@dataclass(frozen=True)
class Answer:
    """What the finder said of one thing; `time_s` from the start of the recordings."""

    item: str
    found: bool
    camera: str | None = None
    time_s: float | None = None
    box: tuple[float, ...] | None = None
    place: str | None = None
    state: str | None = None
    score: float = 0.0


@dataclass(frozen=True)
class Mark:
    """How right the answer about one present thing is."""

    item: str
    found: bool
    thing: bool
    camera: bool
    place: bool
    box: bool
    loose: bool
    state: bool
    error_s: float | None
    want: str
    pixels: int


def iou(one: Box | None, other: Box | None) -> float:
    """Intersection over union of two boxes (x, y, width, height)."""
    if not one or not other:
        return 0.0
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    return shared / max(1e-9, one[2] * one[3] + other[2] * other[3] - shared)


def mark(name: str, item: dict[str, Any], answer: Answer | None) -> Mark:
    """Mark one answer; a missing one counts as not found."""
    final = item["final"]
    want = "visible" if final["state"] == "hidden" else str(final["state"])
    pixels = int(final.get("px") or 0)
    if answer is None or not answer.found:
        return Mark(name, False, False, False, False, False, False, False, None, want, pixels)
    camera = answer.camera == final["camera"]
    places = {final["place"]} if final["place"] else {None, final.get("rest_place")}
    box = camera and iou(answer.box, final["box"]) >= LEAST_IOU
    loose = box or (camera and iou(answer.box, final.get("rest_box")) >= LEAST_IOU)
    state = {"gone": "carried"}.get(answer.state or "", answer.state)
    return Mark(
        name, True, loose, camera, camera and answer.place in places, box, loose, state == want,
        _error(item, answer.time_s), want, pixels,
    )  # fmt: skip


def _error(item: dict[str, Any], time_s: float | None) -> float | None:
    final, track = item["final"], item["track"]
    if time_s is None or final["last_visible_s"] is None:
        return None
    low = high = float(final["last_visible_s"])
    if track and final["state"] in {"visible", "hidden"} and track[-1]["state"] == "visible":
        low = min(low, float(track[-1]["from"]))
    return max(low - time_s, 0.0, time_s - high)


@dataclass(frozen=True)
class Sheet:
    """The marks of one or more scenes: of present things, and of absent ones (found or not, near or far)."""

    marks: tuple[Mark, ...]
    absent: tuple[tuple[bool, str], ...]

    def __add__(self, other: Sheet) -> Sheet:
        return Sheet(self.marks + other.marks, self.absent + other.absent)

    def as_json(self) -> dict[str, Any]:
        """Rates, 0 to 1; None where there is nothing to count."""
        found = [m for m in self.marks if m.found]
        errors = [m.error_s for m in found if m.error_s is not None]
        return {
            "things": len(self.marks),
            "found": _rate([m.found for m in self.marks]),
            "right_thing": _rate([m.thing for m in self.marks]),
            "of_found": {
                "right_thing": _rate([m.thing for m in found]),
                "camera": _rate([m.camera for m in found]),
                "place": _rate([m.place for m in found]),
                "iou_03": _rate([m.box for m in found]),
                "iou_03_or_rest": _rate([m.loose for m in found]),
                "state": _rate([m.state for m in found]),
            },
            "median_time_error_s": round(statistics.median(errors), 2) if errors else None,
            "found_by_state": {
                state: _rate([m.found for m in self.marks if m.want == state])
                for state in ("visible", "covered", "carried")
            },
            "found_small": _rate([m.found for m in self.marks if m.pixels < 150]),
            "absent": len(self.absent),
            "false_found": {near: _rate([f for f, k in self.absent if k == near]) for near in ("near", "far")},
        }


def sheet(truth: dict[str, Any], answers: Sequence[Answer]) -> Sheet:
    """Mark all answers about one scene."""
    by_item = {answer.item: answer for answer in answers}
    marks = tuple(mark(name, item, by_item.get(name)) for name, item in truth["items"].items())
    absent = tuple(
        (row["item"] in by_item and by_item[row["item"]].found, str(row["similarity"])) for row in truth["absent_items"]
    )
    return Sheet(marks, absent)


def _rate(values: Sequence[bool]) -> float | None:
    return round(sum(values) / len(values), 3) if values else None
