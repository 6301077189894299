"""The search: a query in, an answer with its evidence out. Owns neither indexing nor the command line.

Steps: what is asked for (`query`), the columns of the sightings of the time and cameras asked for (`index_view`), the
ranking (`match`), the after-check (`answer`), the words (`wording`) and the picture (`evidence_backend`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from runtime.errors import MediaError, UsageError
from runtime.house import House
from tools.finder.answering.answer import Found, Reported, report
from tools.finder.answering.clock import at_zone
from tools.finder.answering.habit import Usual, usual_places
from tools.finder.answering.index_view import Index, open_index
from tools.finder.answering.journey import Step
from tools.finder.answering.match import Ranked, rank
from tools.finder.answering.outlines import outlined, wanted_shape
from tools.finder.answering.query import Wanted, understand
from tools.finder.answering.same import choose
from tools.finder.answering.shortlist import Asked, shortlist
from tools.finder.answering.verify import verified
from tools.finder.answering.wording import sentence
from tools.finder.looks.appearance import STARTER_VERSION, LeasedAppearance, open_appearance
from tools.finder.looks.photo import known_photo_vectors
from tools.finder.records import Sighting
from tools.finder.sealing import shown_folder
from tools.finder.store import FinderStore
from tools.finder.taught.items import item_vectors
from tools.finder.taught.names import named_item
from tools.finder.taught.rows import Item

Floats = NDArray[np.float32]


class Embeds(Protocol):
    """What embeds texts: `memory.embedder.Embedder`."""

    def embed(self, texts: Sequence[str], kind: Literal["query", "passage"] = "query") -> Floats:
        """Unit vectors [n, d]."""


@dataclass(frozen=True)
class FindQuery:
    """What to look for: words, a photo of the thing, or both; on one camera; since a time (aware)."""

    item: str
    camera: str | None = None
    since: datetime | None = None
    photo: Path | None = None


@dataclass(frozen=True)
class FindResult:
    """The answer; `reported` newest first, `frames` are the evidence pictures in the same order."""

    item: str
    found: Found
    answer: str
    frames: tuple[Path, ...]
    now: datetime

    def as_json(self) -> dict[str, Any]:
        """The object of `hausgeist find --json`."""
        return {
            "item": self.item,
            "found": bool(self.found.reported),
            "answer": self.answer,
            "sightings": [
                self._sighting(one, frame) for one, frame in zip(self.found.reported, self.frames, strict=True)
            ],
            "usual": [
                {"camera": u.camera, "place": u.place.words_en, "share": round(u.share, 2), "days": u.days}
                for u in self.found.usual
            ],
            "best_score": round(self.found.best, 3),
            "coverage": [
                {"camera": c.camera, "from": self._time(c.start), "to": self._time(c.end),
                 "gaps": [[self._time(a), self._time(b)] for a, b in c.gaps]}
                for c in self.found.coverage
            ],
        }  # fmt: skip

    def _sighting(self, one: Reported, frame: Path) -> dict[str, Any]:
        return {
            "camera": one.camera,
            "zone": one.place.zone,
            "place": one.place.words_en,
            "first_seen": self._time(one.sighting.first_seen),
            "last_seen": self._time(one.sighting.last_seen),
            "box": [round(value, 1) for value in one.sighting.box],
            "score": round(one.score, 3),
            "frame": str(frame),
            "state": one.state,
            "by": one.by,
            "event": None if one.event is None else {"type": one.event.type, "time": self._time(one.event.time)},
            "cover": one.cover,
            "path": [self._step(step) for step in one.path],
            "checked": one.checked,
            "not_recorded_since": [[self._time(a), self._time(b)] for a, b in one.missed],
        }

    def _step(self, step: Step) -> dict[str, Any]:
        stops = [{"time": self._time(stop.time), "place": stop.place.words_en} for stop in step.stops]
        times = {"first_seen": self._time(step.first_seen), "last_seen": self._time(step.last_seen)}
        return {"camera": step.camera, **times, "stops": stops}

    def _time(self, seconds: float | None) -> str | None:
        return (
            None if seconds is None else datetime.fromtimestamp(seconds, self.now.tzinfo).isoformat("T", "milliseconds")
        )


def search(
    house: House,
    embedder: Embeds,
    query: FindQuery,
    *,
    language: str = "en",
    check: Callable[[], None] = lambda: None,
) -> FindResult:
    """Look for a thing. `check` may raise to cancel.

    Raises `UnknownNameError` for a camera, `MediaError` for a photo, and what leasing the vision models raises.
    """
    if not query.item.strip() and query.photo is None:
        raise UsageError("There is nothing to look for.", remedy="Name a thing, or give its photo.")
    if query.photo is not None and not query.photo.is_file():
        raise MediaError(f"There is no photo {query.photo}.", remedy="Give the path of a JPEG or PNG file.")
    now = house.now()
    with FinderStore(house.paths.finder) as store, _blas().limit(limits=1):
        known = open_index(house, store, query.camera, query.since.timestamp() if query.since else None)
        check()
        ranked = likeliest(house, embedder, query, known)
        check()
        least = house.settings.finder.found_score
        chosen = choose(ranked, least)
        reported = report(chosen, known.history)
        best = ranked[0].score if ranked else 0.0
        usual = () if _lies_there(reported) else _habit(house, embedder, query, store, ranked, known)
        found = Found(tuple(reported), best, known.history.coverage, usual)
        with ThreadPoolExecutor(2) as drawing:  # Pillow gives way to other threads while it reads and writes JPEG
            frames = tuple(frame.result() for frame in [_frame(house, store, one, drawing) for one in reported])
    item = query.item.strip() or (query.photo.stem if query.photo else "")
    return FindResult(item, found, sentence(item, found, now, language), frames, now)


@cache
def _blas() -> ThreadpoolController:
    """The libraries of linear algebra in this process. Their threads wait for each other many times in a search, which
    costs more than they bring where other programs (a language model) take some of the cores."""
    return ThreadpoolController().select(user_api="blas")


def _lies_there(reported: Sequence[Reported]) -> bool:
    return bool(reported) and reported[0].state in {"visible", "covered"}


def _habit(
    house: House, embedder: Embeds, query: FindQuery, store: FinderStore, ranked: Sequence[Ranked], known: Index
) -> tuple[Usual, ...]:
    """Where the thing usually is at this hour; for a question about a late time or one camera, from all there is."""
    if query.since is not None or query.camera is not None:
        known = open_index(house, store, None, None)
        ranked = likeliest(house, embedder, replace(query, camera=None, since=None), known)
    return usual_places(ranked, house.settings.finder.found_score, known.history, house.now())


def likeliest(house: House, embedder: Embeds, query: FindQuery, index: Index, *, closely: bool = True) -> list[Ranked]:
    """The sightings of an index that are most likely the thing, best first. Raises as `search` does.

    `closely`: whether the best are looked at once more, in their crops.
    """
    if not len(index.ids):
        return []
    wanted = understand(query.item, lambda texts: embedder.embed(texts)) if query.item.strip() else None
    with ExitStack() as stack:
        leased: list[LeasedAppearance] = []

        def appearance() -> LeasedAppearance:
            if not leased:
                leased.append(stack.enter_context(open_appearance(house)))
            return leased[0]

        shares = index.shares(appearance)
        photo = known_photo_vectors(query.photo, index.vectors.folder, appearance) if query.photo else None
        taught = named_item(index.store.items(), query.item) if photo is None else None
        if taught is not None:
            photo = item_vectors(house, index.store, taught, appearance)
        full = index.version != STARTER_VERSION
        text = appearance().words([query.item]) if full and wanted is not None else None
        kind = index.labels(appearance).of(wanted.labels) if wanted is not None and not full else None
        asked = Asked(wanted, photo, text, kind)
        usual = index.background(shares)
        near = shortlist(index.scan, shares, asked, usual, index.facts, index.vectors)
        table = index.table(index.ids[near], shares[near])
        weights = index.weights(table)
        seen, share, total = table, weights, None
        if len(near) < len(index.ids):
            seen, share, total = usual.seen, usual.share, float(index.weights(usual.seen).mean()) * len(index.ids)
        more = (text, kind)
        hits = rank(table, seen, index.vectors, wanted, photo, index.scales, weights, *more, share=share, total=total)
        known = index.store.sightings_by_id([hit.id for hit in hits])
        found = [Ranked(known[h.id], h.score, h.ratio, h.evidence, h.like_best) for h in hits if h.id in known]
        if not closely:
            return found
        rows = index.facts.outlines
        ranked = outlined(found, wanted_shape(wanted, _photos(query, taught, index.store), rows), rows)
        if full:
            ranked = verified(ranked, index.store, appearance(), query.item.strip(), query.photo)
    return _by_position(ranked, wanted)


def _photos(query: FindQuery, taught: Item | None, store: FinderStore) -> list[Path]:
    """The pictures of the thing: those that it was taught from, or the one that is asked with."""
    if taught is not None:
        return [store.folder / photo.file for photo in taught.photos]
    return [query.photo] if query.photo is not None else []


def _by_position(ranked: list[Ranked], wanted: Wanted | None) -> list[Ranked]:
    """For "the left bottle": of the things that fit, weigh those more that lie so on their camera's picture."""
    if wanted is None or wanted.position is None or not ranked:
        return ranked
    rivals = [r for r in ranked if r.ratio >= 0.3 * ranked[0].ratio]
    weights: dict[int, float] = {}
    for one in rivals:
        centres = [_centre(r.sighting) for r in rivals if r.sighting.camera_id == one.sighting.camera_id]
        low, high = min(centres), max(centres)
        at = (_centre(one.sighting) - low) / (high - low) if high - low > one.sighting.box[2] / 2 else 0.5
        weights[one.sighting.id] = {"left": 1 - at, "right": at, "middle": 1 - abs(2 * at - 1)}[wanted.position]
    best = max(weights.values())
    moved = [
        replace(r, score=r.score * (0.1 + 0.9 * w), ratio=r.ratio * (0.1 + 0.9 * w))
        for r in ranked
        for w in [weights.get(r.sighting.id, 0.0) / max(best, 1e-6)]
    ]
    return sorted(moved, key=lambda r: -r.score)


def _centre(sighting: Sighting) -> float:
    return sighting.box[0] + sighting.box[2] / 2


def _frame(house: House, store: FinderStore, one: Reported, drawing: Executor) -> Future[Path]:
    """The evidence picture of a sighting, made where it is not there yet."""
    from tools.finder.answering.evidence_backend import draw_evidence

    name = re.sub(r"[^\w-]+", "-", f"{one.camera}-{at_zone(one.sighting.last_seen, house.now().tzinfo):%Y%m%d-%H%M%S}")
    target = shown_folder(house) / f"found-{name}-{one.sighting.id}.jpg"
    if target.exists():
        return drawing.submit(lambda: target)
    still = store.still(one.sighting.still_id) if one.sighting.still_id is not None else None
    if still is None:
        nearest = store.stills(one.camera, one.sighting.last_seen)
        if not nearest:
            raise MediaError(f"No frame of {one.camera} is kept.", remedy="Run `hausgeist cameras index`.")
        still = nearest[0]
    file, longest_px = store.folder / still.file, house.settings.finder.thumbnail_px
    return drawing.submit(draw_evidence, file, one.sighting.box, still.scale, target, longest_px)
