"""What truly happened in a scene, from its plan and from the pixels of its films, ready for JSON.

The form is that of the project's rendered homes: cameras with zones, items with their track and where they are at the
end, other things, events, things that are never there, nuisances. Owns no pictures and no scoring.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.scenes.film import FPS, Film, PxBox, State
from benchmarks.scenes.layouts import Layout
from benchmarks.scenes.nuisance import Nuisances
from benchmarks.scenes.plan import Plan
from benchmarks.scenes.script import Spot

SEEN_SHARE = 0.3
LEAST_PX = 12

Row = dict[str, Any]


@dataclass(frozen=True)
class _Rest:
    film: Film
    spot: Spot
    since: float
    until: float


class Truth:
    """The truth of one scene."""

    def __init__(self, plan: Plan, films: list[Film], nuisances: dict[str, Nuisances]) -> None:
        self._plan, self._films, self._nuisances = plan, films, nuisances
        self._end = plan.duration_s

    def as_json(self, name: str, seed: int, start: str) -> Row:
        """The whole truth."""
        plan, view = self._plan, self._films[0].layout.view
        items = {n: self._item(n) for n in plan.fates}
        others = {n: self._item(n) for n, role in plan.roles.items() if role != "target"}
        for one, row in items.items():
            row["photo"] = f"{one}.png"
        return {
            "name": name, "seed": seed, "style": plan.style, "start": start, "fps": FPS,
            "size": [view.width, view.height], "duration_s": self._end,
            "cameras": {
                film.camera: {"room": film.layout.room, "video": f"{film.camera}.mp4", "zones": zones(film.layout)}
                for film in self._films
            },
            "items": items, "others": others,
            "events": sorted((e for film in self._films for e in self._events(film)), key=lambda e: float(e["t"])),
            "absent_items": [
                {"item": t.name, "description": t.description, "photo": f"{t.name}.png", "similarity": near}
                for t, near in plan.absent
            ],
            "nuisances": {camera: n.as_json() for camera, n in self._nuisances.items()},
        }  # fmt: skip

    def _item(self, name: str) -> Row:
        thing = self._plan.things[name]
        rests = self._rests(name)
        track = [row for rest in rests for row in self._stays(name, rest)]
        track += [row for film in self._films for row in self._carries(name, film)]
        track.sort(key=lambda row: (float(row["from"]), float(row["to"])))
        return {
            "description": thing.description, "kind": thing.kind, "role": self._plan.roles[name],
            "track": track, "final": self._final(name, rests, track),
        }  # fmt: skip

    def _rests(self, name: str) -> list[_Rest]:
        found = []
        for film in self._films:
            since: float | None = None
            spot: Spot | None = None
            for state in film.states:
                if name in state.lying and spot is None:
                    since, spot = state.since, state.lying[name]
                elif spot is not None and state.lying.get(name) != spot and since is not None:
                    found.append(_Rest(film, spot, since, state.since))
                    since, spot = (state.since, state.lying[name]) if name in state.lying else (None, None)
            if spot is not None and since is not None:
                found.append(_Rest(film, spot, since, self._end))
        return sorted(found, key=lambda rest: rest.since)

    def _stays(self, name: str, rest: _Rest) -> list[Row]:
        """The parts of a rest in which the thing was visible or covered."""
        rows: list[Row] = []
        for state, until in _during(rest):
            mask = state.masks[name]
            cover = self._cover(name, rest, state) if mask.fraction < SEEN_SHARE else None
            row: Row = {
                "camera": rest.film.camera, "from": round(max(state.since, rest.since), 2), "to": round(until, 2),
                "box": list(mask.box if mask.count else _full_box(name, rest)), "place": rest.spot.zone,
                "state": "covered" if cover else "visible", "visible_px": mask.count, "full_px": mask.full,
            }  # fmt: skip
            if cover:
                row |= {"covered_by": cover, "box": list(_full_box(name, rest))}
            if rows and rows[-1]["state"] == row["state"]:
                best = max((rows[-1], row), key=lambda r: int(r["visible_px"]))
                rows[-1] |= {"to": row["to"], **{key: best[key] for key in ("box", "visible_px", "full_px")}}
            else:
                rows.append(row)
        for row in rows:
            hidden = rest.film.seen.hidden.get(name, set())
            spans = _spans([i for i in sorted(hidden) if row["from"] <= i / FPS < row["to"]])
            if spans and row["state"] == "visible":
                row["hidden"] = spans
        return rows

    def _cover(self, name: str, rest: _Rest, state: State) -> str | None:
        """The cover that was put on it and lies there still."""
        covers = [n for n in state.lying if self._plan.roles[n] == "cover"]
        own = [n for n in covers if n == f"cover_{name}"]
        later = [n for n in covers if self._put(n, rest.film) >= rest.since]
        return next(iter([*own, *later]), None)

    def _put(self, name: str, film: Film) -> float:
        return max((rest.since for rest in self._rests(name) if rest.film is film), default=-1.0)

    def _carries(self, name: str, film: Film) -> list[Row]:
        frames = film.seen.carried.get(name, {})
        rows = []
        for first, last in _runs(sorted(frames)):
            most = max(frames[i][1] for i in range(first, last + 1) if i in frames)
            good = [i for i in range(first, last + 1) if i in frames and frames[i][1] >= max(SEEN_SHARE * most, 4)]
            if good:
                boxes = [[i / FPS, *frames[i][0]] for i in good[::5]]
                rows.append({
                    "camera": film.camera, "from": good[0] / FPS, "to": (good[-1] + 1) / FPS,
                    "box": list(frames[good[-1]][0]), "px": frames[good[-1]][1], "place": None, "state": "carried",
                    "boxes": boxes,
                })  # fmt: skip
        return rows

    def _final(self, name: str, rests: list[_Rest], track: list[Row]) -> Row:
        last_rest = rests[-1] if rests else None
        lies = last_rest is not None and last_rest.until >= self._end
        sights = [row for row in track if row["state"] == "carried" or int(row["visible_px"]) >= LEAST_PX]
        sight = max((row for row in sights if row["state"] != "covered"), key=lambda r: float(r["to"]), default=None)
        state = track[-1]["state"] if lies and track else "carried"
        if lies and state == "visible" and int(track[-1]["visible_px"]) < LEAST_PX:
            state = "hidden"
        rest_box = list(_full_box(name, last_rest)) if last_rest else None
        row: Row = {
            "camera": sight["camera"] if sight else (last_rest.film.camera if last_rest else None),
            "place": last_rest.spot.zone if lies and last_rest else None, "state": state,
            "last_visible_s": _last_visible(sight, self._end) if sight else None,
            "box": sight["box"] if sight else None,
            "covered_by": track[-1].get("covered_by") if lies and track else None,
            "rest_box": rest_box, "rest_place": last_rest.spot.zone if last_rest else None,
            "px": _pixels(sight),
        }  # fmt: skip
        if not lies:
            row["gone"] = True
        return row

    def _events(self, film: Film) -> list[Row]:
        rows: list[Row] = []
        for visit in (v for v in self._plan.visits if v.camera == film.camera):
            for moment, touch in zip(visit.moments, visit.leg.touches, strict=True):
                state = next(s for s in film.states if s.since == moment)
                before = film.states[film.states.index(state) - 1]
                shown = before if touch.takes else state
                mask = shown.masks[touch.thing]
                base = {"t": round(moment, 2), "camera": film.camera, "place": touch.spot.zone}
                rows.append(
                    {**base, "type": "removed" if touch.takes else "placed", "item": touch.thing, "box": list(mask.box)}
                )
                if self._plan.roles[touch.thing] == "cover":
                    rows += _covering(base, touch.thing, touch.takes, before, state)
            gone = visit.leg.touches and visit.leg.touches[-1].takes
            if gone and not any(
                v.begin > visit.begin and v.leg.holding == visit.leg.touches[-1].thing for v in self._plan.visits
            ):
                rows.append(
                    {
                        "t": round(visit.end, 2),
                        "camera": film.camera,
                        "type": "carried_out",
                        "item": visit.leg.touches[-1].thing,
                    }
                )
        return rows


def _covering(base: Row, cover: str, takes: bool, before: State, after: State) -> list[Row]:
    shown, hidden = (after, before) if takes else (before, after)
    kind = "uncovered" if takes else "covered"
    return [
        {**base, "type": kind, "item": name, "box": list(shown.masks[name].box), "by": cover}
        for name in hidden.masks
        if name != cover and name in shown.masks
        and hidden.masks[name].fraction < SEEN_SHARE <= shown.masks[name].fraction
    ]  # fmt: skip


def _during(rest: _Rest) -> list[tuple[State, float]]:
    """The camera's states while the thing rests there, with the end of each."""
    states = rest.film.states
    found = []
    for state, after in zip(states, [*states[1:], None], strict=True):
        until = after.since if after is not None else rest.until
        if until > rest.since and state.since < rest.until:
            found.append((state, min(until, rest.until)))
    return found


def _full_box(name: str, rest: _Rest) -> PxBox:
    """Where it lies, by the moment at which most of it is seen."""
    masks = [state.masks[name] for state, _ in _during(rest)]
    return max(masks, key=lambda mask: mask.count).box


def _last_visible(sight: Row, end: float) -> float:
    last = float(sight["to"]) - 1 / FPS
    for since, until in reversed(sight.get("hidden", [])):
        if until >= last:
            last = since - 1 / FPS
    return round(max(float(sight["from"]), last), 2)


def _pixels(sight: Row | None) -> int:
    return int(sight["visible_px"] if "visible_px" in sight else sight["px"]) if sight else 0


def _runs(frames: list[int]) -> list[tuple[int, int]]:
    """First and last of frames that follow one another (up to a second apart)."""
    runs: list[tuple[int, int]] = []
    for frame in frames:
        if runs and frame - runs[-1][1] <= FPS:
            runs[-1] = (runs[-1][0], frame)
        else:
            runs.append((frame, frame))
    return runs


def _spans(frames: list[int]) -> list[list[float]]:
    spans: list[list[float]] = []
    for frame in frames:
        if spans and abs(spans[-1][1] - frame / FPS) < 1e-6:
            spans[-1][1] = round((frame + 1) / FPS, 2)
        else:
            spans.append([round(frame / FPS, 2), round((frame + 1) / FPS, 2)])
    return spans


def zones(layout: Layout) -> dict[str, list[list[float]]]:
    """Place to polygon, pixels, within the picture."""
    out: dict[str, list[list[float]]] = {}
    for surface in layout.surfaces:
        flat = [layout.view.project(corner) for corner in surface.corners()]
        inside = [(min(max(x, 0), layout.view.width - 1), min(max(y, 0), layout.view.height - 1)) for x, y in flat]
        out[surface.zone] = [[round(x, 1), round(y, 1)] for x, y in inside]
    return out
