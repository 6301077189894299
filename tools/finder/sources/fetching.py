"""Fetches what is new of a Frigate camera into our folder of it, and remembers how far it came.

A clip is put in place whole, under the UTC time at which it begins; only then is the mark (the beginning of the last
segment that was fetched) moved on, so that a killed run fetches a clip again at most. Owns neither the API (see
`frigate`) nor the index.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from runtime.errors import MediaError
from runtime.house import House
from runtime.paths import ensure, replacing
from tools.finder.records import Camera
from tools.finder.sources.frigate import FrigateServer, Span, around, joined
from tools.finder.sources.live import full_address
from tools.finder.sources.messages import Recorded
from tools.finder.store import FinderStore

CLIP_S = 300.0
"""Longest clip, seconds."""
WINDOW_S = 6 * 3600.0
"""So much is asked for at once, seconds."""
MARGIN_S = 15.0
"""What is fetched before and after an event, seconds."""
OVERLAP_S = 1.0
SETTLED_S = 900.0
"""Segments of a time so long ago are all told, seconds."""
LATE_S = 45.0
"""An event may be told so late, seconds: with events only, what is newer is left for the next time."""


def fetch_new(
    server: FrigateServer,
    camera: str,
    folder: Path,
    *,
    now: float,
    history_s: float,
    events_only: bool = False,
    check: Callable[[], None] = lambda: None,
) -> Iterator[Recorded]:
    """Fetch the recordings since the last time (`history_s` seconds back where there was none), the oldest first.

    `now` is Unix seconds. Raises `MediaError`; what was fetched before stays.
    """
    ensure(folder)
    mark = folder / ".fetched.json"
    until = now - LATE_S if events_only else now
    last = at = _mark(mark) or now - history_s
    while at < until:
        check()
        end = min(at + WINDOW_S, until)
        spans = [span for span in server.recordings(camera, at - OVERLAP_S, end) if span[0] > last + 0.001]
        if events_only:
            seen = server.events(camera, at - MARGIN_S - CLIP_S, end + MARGIN_S)
            spans = around(spans, seen, MARGIN_S, now)
        for group in joined(spans, CLIP_S):
            span = (group[0][0], group[-1][1])
            target = _target(folder, span)
            if not target.exists() and server.clip(camera, span, target, check):
                yield Recorded(str(target), span[0], span[1] - span[0], target.stat().st_size)
            last = group[-1][0]
            _set_mark(mark, last)
        if end < now - SETTLED_S or events_only:  # nothing of this window can come any more
            last = max(last, end)
            _set_mark(mark, last)
        at = end


def fetch_frigate(
    house: House, store: FinderStore, names: Sequence[str] | None, check: Callable[[], None] = lambda: None
) -> list[tuple[str, str]]:
    """Fetch what is new of these Frigate cameras (all where `names` is None); gives address and problem of failures."""
    failed = []
    for camera in store.cameras():
        if camera.kind == "frigate" and (names is None or camera.name in names):
            try:
                for _ in fetch_camera(house, store.folder, camera, check):
                    pass
            except MediaError as problem:
                failed.append((camera.source, problem.message))
    return failed


def fetch_camera(
    house: House, folder: Path, camera: Camera, check: Callable[[], None] = lambda: None
) -> Iterator[Recorded]:
    """Fetch what is new of one Frigate camera. `folder` is the finder's. Raises `MediaError`."""
    with FrigateServer(full_address(folder, camera)) as server:
        yield from fetch_new(
            server, camera.options.remote or camera.name, camera.place, now=house.now().timestamp(),
            history_s=3600.0 * house.settings.finder.frigate_hours, events_only=camera.options.events_only, check=check,
        )  # fmt: skip


def _target(folder: Path, span: Span) -> Path:
    moment = datetime.fromtimestamp(round(span[0], 3), UTC)
    name = f"{moment:%Y%m%dT%H%M%S}.{moment.microsecond // 1000:03d}Z.mp4"
    return ensure(folder / f"{moment:%Y-%m-%d}") / name


def _mark(file: Path) -> float | None:
    try:
        return float(json.loads(file.read_text(encoding="utf-8"))["last"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _set_mark(file: Path, last: float) -> None:
    with replacing(file) as beside:
        beside.write_text(json.dumps({"last": last}), encoding="utf-8")
