"""`hausgeist items`: teach things from pictures, list, show and forget them. Owns no matching."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from runtime.errors import UsageError
from runtime.house import House
from tools.finder.index import open_store
from tools.finder.records import Box
from tools.finder.store import FinderStore
from tools.finder.taught import items
from tools.finder.taught.rows import Item
from tui.commands.camera_views import iso, moment
from tui.commands.common import existing_file, open_house
from tui.output import print_json, print_table, say


def teach(options: Namespace) -> int:
    """Learn a thing from photos, or from a box on a camera's frame."""
    photos = [existing_file(photo, "photo") for photo in options.photos]
    box = _box(options.box) if options.box else None
    if (box is None) != (options.camera is None):
        raise UsageError("--camera and --box go together.", remedy="--camera study --at 10:42 --box 0.4,0.5,0.1,0.1")
    if options.at and not options.camera:
        raise UsageError("--at is for a camera's frame.", remedy="Give --camera and --box with it.")
    with open_house(options) as house, open_store(house) as store:
        pictures = [items.from_photo(photo) for photo in photos]
        if box is not None:
            at = moment(options.at, house, "--at")
            pictures.append(items.from_camera(house, store, options.camera, at, box))
        item = items.teach(house, store, options.name, pictures, options.also)
        row = _as_json(house, store, item)
    if options.json:
        print_json(row)
        return 0
    count = len(item.photos)
    say(f"I know {item.name} from {count} picture{'s' * (count != 1)} now.")
    say(f'Ask for it: hausgeist find "{item.name}"')
    return 0


def _box(text: str) -> Box:
    """A box from `x,y,width,height`. Raises `UsageError`."""
    try:
        x, y, w, h = (float(part) for part in text.split(","))
    except ValueError as problem:
        remedy = "Write x,y,width,height: pixels, or fractions of the picture."
        raise UsageError(f"{text!r} is no box.", remedy=remedy) from problem
    if not (x >= 0 and y >= 0 and w > 0 and h > 0):
        raise UsageError(f"The box {text!r} is outside the picture or empty.", remedy="Write x,y,width,height.")
    return x, y, w, h


def list_items(options: Namespace) -> int:
    """List what was taught."""
    with open_house(options) as house, open_store(house) as store:
        rows = [_as_json(house, store, item) for item in store.items()]
    if options.json:
        print_json({"items": rows})
        return 0
    cells = [(row["name"], ", ".join(row["also"]) or "-", len(row["photos"]), row["added"]) for row in rows]
    empty = 'Nothing was taught yet. Teach something with `hausgeist items teach "NAME" PHOTO…`.'
    print_table(("thing", "also called", "pictures", "taught"), cells, empty=empty)
    return 0


def show(options: Namespace) -> int:
    """Show a taught thing with its pictures' files."""
    with open_house(options) as house, open_store(house) as store:
        row = _as_json(house, store, store.item(options.name))
    if options.json:
        print_json(row)
        return 0
    say(f"{row['name']}, taught {row['added']}")
    if row["also"]:
        say(f"also called: {', '.join(row['also'])}")
    cells = [(photo["from"], photo["added"], photo["file"] if photo["there"] else "gone") for photo in row["photos"]]
    print_table(("from", "added", "file"), cells, empty="It has no picture.")
    return 0


def forget(options: Namespace) -> int:
    """Forget taught things with their pictures."""
    with open_house(options) as house, open_store(house) as store:
        names = list(dict.fromkeys(store.item(name).name for name in options.names))  # all are known before one goes
        for name in names:
            items.forget_item(store, name)
    if options.json:
        print_json({"forgotten": names})
    else:
        say(f"Forgot {', '.join(names)}, with the pictures.")
    return 0


def _as_json(house: House, store: FinderStore, item: Item) -> dict[str, Any]:
    def photo(file: Path, origin: str, added: float) -> dict[str, Any]:
        return {"file": str(file), "from": origin, "added": iso(added, house), "there": file.is_file()}

    return {
        "name": item.name,
        "also": list(item.aliases),
        "added": iso(item.added, house),
        "photos": [photo(store.folder / one.file, one.origin, one.added) for one in item.photos],
    }
