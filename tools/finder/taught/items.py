"""Teaching and forgetting things: their pictures are kept without anything else about them, their vectors on the side.

A picture is a photo's file, or a box on a camera's frame. Owns no matching: a request that names a taught thing is
searched with its vectors as `find --photo` is with a photo's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from runtime.errors import MediaError, UsageError
from runtime.house import House
from runtime.paths import replacing
from runtime.sealed import Seal
from tools.finder.looks.appearance import LeasedAppearance, current_version
from tools.finder.looks.appearance_types import CROP_MARGIN, margin_box
from tools.finder.looks.photo import photo_vectors
from tools.finder.pictures import camera_picture
from tools.finder.records import Box
from tools.finder.scan.segments import camera_zone
from tools.finder.sealing import settle_seal
from tools.finder.store import FinderStore
from tools.finder.taught.rows import Floats, Item

LONGEST_PX = 1600
LEAST_PX = 12
"""A thing must be at least so large on a camera's frame, on its longer side, to be taught from it."""


@dataclass(frozen=True)
class Picture:
    """A picture to teach from, JPEG; `origin` says for people where it is from."""

    jpeg: bytes
    origin: str


def from_photo(file: Path) -> Picture:
    """A photo's picture: turned upright, made smaller, without EXIF. Raises `MediaError`."""
    from tools.finder.picture_backend import encoded, open_picture

    image = open_picture(file)
    image.thumbnail((LONGEST_PX, LONGEST_PX))
    return Picture(encoded(image, "JPEG"), file.name)


def from_camera(house: House, store: FinderStore, name: str, at: float | None, box: Box) -> Picture:
    """The thing in a box on a camera's frame: `box` in pixels, or fractions of the picture where none is above 1.

    `at` is Unix seconds; None: the newest frame. Raises `UsageError` for a box outside the picture or too small, and
    `MediaError` where there is no picture.
    """
    from tools.finder.picture_backend import encoded

    camera = store.camera(name)
    shown = camera_picture(house, store, camera, at)
    width, height = shown.image.size
    x, y, w, h = (value * shown.scale for value in box)
    if max(box) <= 1:
        x, y, w, h = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    if w <= 0 or h <= 0 or x + w > width + 1 or y + h > height + 1:
        size = f"{width / shown.scale:.0f} × {height / shown.scale:.0f}"
        raise UsageError(
            f"The box {','.join(f'{value:g}' for value in box)} is not inside the picture ({size}).",
            remedy=f"See it with `hausgeist cameras still {camera.name} --grid`; a box is x,y,width,height.",
        )
    if max(w, h) < LEAST_PX:
        raise UsageError("The box is too small to tell the thing by.", remedy="Take a frame on which it is larger.")
    part = shown.image.crop(margin_box((x, y, w, h), width, height, CROP_MARGIN))
    zone = camera_zone(house.settings.finder.timezone) or house.now().tzinfo
    moment = datetime.fromtimestamp(shown.time, zone)
    return Picture(encoded(part, "JPEG", 95), f"{camera.name}, {moment:%Y-%m-%d %H:%M:%S}")


def teach(
    house: House, store: FinderStore, name: str, pictures: Sequence[Picture], aliases: Sequence[str] = ()
) -> Item:
    """Keep a thing, or add pictures and names to the one of that name. Raises `UsageError` for a bad or taken name."""
    name = " ".join(name.split())
    if not any(character.isalnum() for character in name) or len(name) > 100:
        raise UsageError(f"{name!r} is not a name for a thing.", remedy="Call it as you will ask for it.")
    others = [item for item in store.items() if item.name.casefold() != name.casefold()]
    taken = {word.casefold(): item.name for item in others for word in (item.name, *item.aliases)}
    for word in (name, *aliases):
        if word.casefold() in taken:
            raise UsageError(f"{word!r} is a name of {taken[word.casefold()]!r} already.", remedy="Choose another one.")
    if not pictures and all(item.name.casefold() != name.casefold() for item in store.items()):
        raise UsageError("There is no picture to learn it from.", remedy="Give photos, or --camera and --box.")
    settle_seal(house)
    kept = [(_keep(store, picture), picture.origin) for picture in pictures]
    return store.write_item(name, [" ".join(alias.split()) for alias in aliases], kept, house.now().timestamp())


def _keep(store: FinderStore, picture: Picture) -> str:
    name = f"items/{hashlib.sha256(picture.jpeg).hexdigest()[:32]}.jpg"
    target = store.folder / name
    if not target.exists():
        with replacing(target) as beside:
            beside.write_bytes(Seal.of(store.folder).close(picture.jpeg))
    return name


def forget_item(store: FinderStore, name: str) -> Item:
    """Forget a thing with its pictures and vectors. Raises `UnknownNameError`."""
    item = store.item(name)
    for file in store.delete_item(item.id):
        (store.folder / file).unlink(missing_ok=True)
    return item


def item_vectors(house: House, store: FinderStore, item: Item, appearance: Callable[[], LeasedAppearance]) -> Floats:
    """Vectors [views, d] of all pictures of a thing, as `photo_vectors` gives them for one.

    Kept by model version; what is missing is made, for which `appearance` is asked. A picture whose file is gone is
    passed over. Raises `MediaError` where nothing is left.
    """
    version = current_version(house)
    found: list[Floats] = []
    for photo in item.photos:
        vectors = store.photo_vectors(photo.id, version)
        file = store.folder / photo.file
        if vectors is None and file.is_file():
            vectors = photo_vectors(file, appearance())
            store.keep_photo_vectors(photo.id, version, vectors)
        if vectors is not None:
            found.append(vectors)
    if not found:
        remedy = f'Teach it again: hausgeist items teach "{item.name}" PHOTO'
        raise MediaError(f"The pictures of {item.name!r} are gone.", remedy=remedy)
    return np.concatenate(found)
