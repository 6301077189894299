"""`hausgeist find`: where a thing was last seen, with its sightings and frames. Owns no search."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime
from typing import Any

from memory.embedder import Embedder
from runtime.errors import UsageError
from runtime.house import House
from runtime.times import parse_when
from tools.finder.answering.search import FindQuery, search
from tui.commands.common import existing_file, interruptible, language_of, open_house
from tui.output import print_json, print_table, progress_bar, say


def find(options: Namespace) -> int:
    """Look for a thing by its name, by a photo of it, or by both."""
    item = " ".join(options.item)
    if not item.strip() and not options.photo:
        raise UsageError("There is nothing to look for.", remedy="Name a thing, or give --photo FILE.")
    photo = existing_file(options.photo, "photo") if options.photo else None
    with open_house(options) as house, interruptible() as cancellation, progress_bar() as show:
        query = FindQuery(item, options.camera, _since(options.since, house), photo)
        show("Looking", 0, 0, "")
        result = search(house, Embedder(house), query, language=language_of(house, item), check=cancellation.check)
    body = result.as_json()
    if options.json:
        print_json(body)
    else:
        _say(body)
    return 0


def _since(text: str | None, house: House) -> datetime | None:
    if text is None:
        return None
    interval = parse_when(text, house.now())
    if interval is None:
        remedy = 'Write "yesterday", "2 hours ago", or a time as ISO 8601.'
        raise UsageError(f"--since {text!r} is no time.", remedy=remedy)
    return interval.start


def _say(body: dict[str, Any]) -> None:
    say(body["answer"])
    if not body["sightings"]:
        return
    say()
    cells = [
        (
            one["camera"],
            one["place"] or one["zone"],
            one["first_seen"],
            one["last_seen"],
            one["state"],
            one["by"] or "-",
            f"{one['score']:.2f}",
        )
        for one in body["sightings"]
    ]
    columns = ("camera", "place", "first seen", "last seen", "state", "by", "score")
    print_table(columns, cells, empty="")
    say()
    for one in body["sightings"]:
        say(f"→ {one['frame']}")
