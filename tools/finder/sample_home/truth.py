"""The truth of the sample home, from the story and the pictures themselves. Owns no files; format: see the example.

Boxes are [x, y, w, h] in pixels, times seconds from `start`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.finder.sample_home.film import Film
from tools.finder.sample_home.pictures import touches
from tools.finder.sample_home.story import COVERED, DURATION_S, FPS, START, THINGS, Scene, Touch, Visit

Rows = list[dict[str, Any]]
HIDDEN_SHARE = 0.7
"""A thing counts as hidden while people cover this share of its pixels."""


def truth(films: list[Film]) -> dict[str, Any]:
    """The whole truth of the recordings, ready for JSON."""
    events = sorted((row for film in films for row in _events(film)), key=lambda row: float(row["t"]))
    items: dict[str, dict[str, Any]] = {
        name: {
            "description": thing.description,
            "track": sorted(_track(films, name), key=lambda row: float(row["from"])),
        }
        for name, thing in THINGS.items()
    }
    for item in items.values():
        item["final"] = dict(item["track"][-1]) if item["track"] else None
    return {
        "name": "sample_home",
        "start": START.isoformat(),
        "fps": FPS,
        "duration_s": DURATION_S,
        "size": [films[0].scene.view.width, films[0].scene.view.height],
        "cameras": {
            film.scene.camera: {
                "room": film.scene.room,
                "video": f"{film.scene.camera}.mp4",
                "zones": {name: [list(p) for p in polygon] for name, polygon in zones(film.scene).items()},
            }
            for film in films
        },
        "items": items,
        "events": events,
    }


def zones(scene: Scene) -> dict[str, tuple[tuple[float, float], ...]]:
    """Place to polygon, pixels, within the picture."""
    out = {}
    for name, corners in scene.zones.items():
        flat = [scene.view.project(corner) for corner in corners]
        inside = [(min(max(x, 0), scene.view.width - 1), min(max(y, 0), scene.view.height - 1)) for x, y in flat]
        out[name] = tuple((round(x, 1), round(y, 1)) for x, y in inside)
    return out


def _place(scene: Scene, touch_at: tuple[float, float, float]) -> str:
    return next(name for name, corners in scene.zones.items() if abs(corners[0][1] - touch_at[1]) < 0.01)


def _who(scene: Scene, touch: Touch) -> Visit:
    return next(visit for visit in scene.visits if touch in visit.touches)


def _events(film: Film) -> Rows:
    rows: Rows = []
    for touch in touches(film.scene):
        person = _who(film.scene, touch).person
        kind = "removed" if touch.takes else "placed"
        base = {"t": touch.t, "camera": film.scene.camera, "place": _place(film.scene, touch.at), "person": person}
        box = list(film.cuts[touch.thing, touch.at].box)
        rows.append({**base, "type": kind, "item": touch.thing, "box": box})
        under = COVERED.get(touch.thing)
        if under and not touch.takes:
            hidden = list(film.cuts[under, touch.at].box)
            rows.append({**base, "type": "covered", "item": under, "box": hidden, "by": touch.thing})
    return rows


def _track(films: list[Film], name: str) -> Rows:
    rows: Rows = []
    for film in films:
        lies = film.scene.lying.get(name)
        since = 0.0
        steps = [touch for touch in touches(film.scene) if touch.thing == name or COVERED.get(touch.thing) == name]
        state, cover = "visible", None
        for touch in steps:
            if lies is not None:
                rows.append(_rest(film, name, lies, since, touch.t, state, cover))
            if touch.thing == name:
                lies, state, cover = (None if touch.takes else touch.at), "visible", None
            else:
                state, cover = "covered", touch.thing
            since = touch.t
        if lies is not None:
            rows.append(_rest(film, name, lies, since, DURATION_S, state, cover))
    return rows


def _rest(
    film: Film, name: str, at: tuple[float, float, float], since: float, until: float, state: str, cover: str | None
) -> dict[str, Any]:
    cut = film.cuts[name, at]
    row: dict[str, Any] = {
        "camera": film.scene.camera,
        "from": since,
        "to": until,
        "box": list(cut.box),
        "place": _place(film.scene, at),
        "state": state,
    }
    if cover:
        return {**row, "covered_by": cover}
    return {**row, "hidden": _hidden(film, cut.box, since, until)}


def _hidden(film: Film, box: tuple[int, int, int, int], since: float, until: float) -> list[list[float]]:
    x, y, w, h = box
    spans: list[list[float]] = []
    for index in range(round(since * FPS), round(until * FPS)):
        people = film.covered.get(index)
        if people is None or np.mean(people[y : y + h, x : x + w]) < HIDDEN_SHARE:
            continue
        if spans and abs(spans[-1][1] - index / FPS) < 1e-6:
            spans[-1][1] = (index + 1) / FPS
        else:
            spans.append([index / FPS, (index + 1) / FPS])
    return spans
