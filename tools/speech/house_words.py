"""Names that are said in this house, for the recogniser: cameras, zones, taught things. Owns none of them.

Whisper writes a name that it was given beforehand where it would else write a word that sounds alike.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from runtime.house import House

MOST = 60
"""Names at most: the recogniser takes some two hundred tokens of them."""
_QUERIES = (
    ("cameras", "SELECT name FROM cameras ORDER BY id"),
    ("zones", "SELECT name FROM zones ORDER BY name"),
    ("items", "SELECT name FROM items ORDER BY id"),
    ("items", "SELECT aliases FROM items ORDER BY id"),
)


def house_words(house: House, facts: Iterable[str] = ()) -> tuple[str, ...]:
    """The names, each once: cameras, zones, taught things, and people and places that `facts` of the memory name.

    A house without a camera index has none of its own; nothing is made by looking.
    """
    names = [*_indexed(house.paths.finder / "finder.sqlite"), *(name for fact in facts for name in proper_names(fact))]
    by_fold = {name.casefold(): name for name in reversed(names) if name.strip()}
    return tuple(dict.fromkeys(by_fold[name.casefold()] for name in names if name.strip()))[:MOST]


def proper_names(fact: str) -> list[str]:
    """Capitalised words inside a sentence of a language that writes names so: "My sister Nele lives in Kiel" has two.

    German nouns are capitalised too; a few words too many do no harm.
    """
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|[.!?]", fact)
    after = pairwise(words)
    return [word for before, word in after if word[:1].isupper() and len(word) > 2 and before not in ".!?"]


def _indexed(database: Path) -> list[str]:
    """The names in the camera index; an index that cannot be read now has none."""
    if not database.is_file():
        return []
    names: list[str] = []
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=2.0)) as connection:
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            for table, query in _QUERIES:
                if table in tables:
                    names += [row[0] for row in connection.execute(query)]
    except sqlite3.Error:
        return []
    return [word.replace("_", " ").strip() for name in names for word in _listed(name)]


def _listed(name: str) -> list[str]:
    return [str(alias) for alias in json.loads(name)] if name.startswith("[") else [name]
