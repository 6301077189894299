"""Taught things in the index: their names, their pictures' files, and vectors by model version. Owns no pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.errors import UnknownNameError
from tools.finder.fact_queries import FactQueries

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ItemPhoto:
    """One picture of a thing. `file` is relative to the finder's folder; `origin` says for people where it is from."""

    id: int
    file: str
    origin: str
    added: float


@dataclass(frozen=True)
class Item:
    """A taught thing; `aliases` are other names of it. `added` is Unix seconds."""

    id: int
    name: str
    aliases: tuple[str, ...]
    added: float
    photos: tuple[ItemPhoto, ...]


class StoreItems(FactQueries):
    """The part of `FinderStore` that knows what the owner has taught."""

    def items(self) -> list[Item]:
        """All taught things, by name."""
        photos: dict[int, list[ItemPhoto]] = {}
        for row in self._database.execute("SELECT item_id, id, file, origin, added FROM item_photos ORDER BY id"):
            photos.setdefault(row[0], []).append(ItemPhoto(*row[1:]))
        rows = self._database.execute("SELECT id, name, aliases, added FROM items ORDER BY name").fetchall()
        return [Item(r[0], r[1], tuple(json.loads(r[2])), r[3], tuple(photos.get(r[0], ()))) for r in rows]

    def item(self, name: str) -> Item:
        """The taught thing of that name or alias, in any case. Raises `UnknownNameError`."""
        items, wanted = self.items(), name.strip().casefold()
        for item in items:
            if wanted in {item.name.casefold(), *(alias.casefold() for alias in item.aliases)}:
                return item
        remedy = 'Teach one with `hausgeist items teach "NAME" PHOTO…`.'
        raise UnknownNameError("taught thing", name, [item.name for item in items], remedy=remedy)

    def write_item(self, name: str, aliases: Sequence[str], photos: Sequence[tuple[str, str]], now: float) -> Item:
        """Add a thing, or add names and photos (file, origin) to the one of that name."""
        with self._transaction():
            row = self._database.execute("SELECT id, aliases FROM items WHERE name = ?", (name,)).fetchone()
            known = [] if row is None else json.loads(row[1])
            merged = [*known, *(alias for alias in aliases if alias.casefold() not in {k.casefold() for k in known})]
            if row is None:
                done = self._database.execute("INSERT INTO items (name, added) VALUES (?, ?)", (name, now))
                row = (done.lastrowid,)
            text = json.dumps(merged, ensure_ascii=False)
            self._database.execute("UPDATE items SET aliases = ? WHERE id = ?", (text, row[0]))
            for file, origin in photos:
                self._database.execute(
                    "INSERT OR IGNORE INTO item_photos (item_id, file, origin, added) VALUES (?, ?, ?, ?)",
                    (row[0], file, origin, now),
                )
        return self.item(name)

    def delete_item(self, item_id: int) -> list[str]:
        """Forget a thing. Returns the files that nothing names any more."""
        with self._transaction():
            rows = self._database.execute("SELECT file FROM item_photos WHERE item_id = ?", (item_id,)).fetchall()
            self._database.execute("DELETE FROM items WHERE id = ?", (item_id,))
            left = {row[0] for row in self._database.execute("SELECT file FROM item_photos")}
        return [row[0] for row in rows if row[0] not in left]

    def photo_vectors(self, photo_id: int, version: str) -> Floats | None:
        """The kept vectors [views, d] of a photo for this model version, or None."""
        row = self._database.execute(
            "SELECT views, vectors FROM item_vectors WHERE photo_id = ? AND version = ?", (photo_id, version)
        ).fetchone()
        if row is None:
            return None
        flat = np.frombuffer(row[1], "<f4").astype(np.float32)
        return flat.reshape(int(row[0]), -1) if row[0] and flat.size % row[0] == 0 else None

    def keep_photo_vectors(self, photo_id: int, version: str, vectors: Floats) -> None:
        """Keep the vectors of a photo in place of those of other versions."""
        with self._transaction():
            self._database.execute("DELETE FROM item_vectors WHERE photo_id = ?", (photo_id,))
            self._database.execute(
                "INSERT INTO item_vectors (photo_id, version, views, vectors) VALUES (?, ?, ?, ?)",
                (photo_id, version, len(vectors), np.asarray(vectors, "<f4").tobytes()),
            )
