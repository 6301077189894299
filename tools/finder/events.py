"""The changes of cameras as rows for people and programs. Owns no indexing and no printing."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Any

from tools.finder.store import FinderStore


def events(store: FinderStore, camera: str | None = None, zone: tzinfo | None = None) -> list[dict[str, Any]]:
    """Rows `{"camera", "time", "offset_s", "type", "box", "label", "score"}`, the oldest first.

    `time` is ISO 8601 with offset in `zone` (UTC where none is given), `offset_s` seconds from the start of
    the recording, `box` [x, y, w, h] in its pixels. Raises `UnknownNameError`.
    """
    names = {c.id: c.name for c in store.cameras()}
    starts = {s.id: s.start for s in store.segments(camera)}
    labels = store.change_labels(store.camera(camera).id if camera is not None else None)
    return [
        {
            "camera": names[change.camera_id],
            "time": datetime.fromtimestamp(change.time, zone or UTC).isoformat(timespec="milliseconds"),
            "offset_s": round(change.time - starts[change.segment_id], 3),
            "type": change.type,
            "box": [round(value) for value in change.box],
            "label": labels.get(change.id),
            "score": change.score,
        }
        for change in store.changes(camera)
    ]
