"""Follow-ups: "and now a bigger one", "the same in watercolour" change the recipe of a conversation's last picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from runtime.errors import MediaError
from runtime.house import House
from runtime.inside import check_readable
from tools.image.places import Places
from tools.image.repeating import request_like, scaled
from tools.image.request import Edit, ImageRequest

LAST = "last"
"""The name that stands for a conversation's latest picture."""


@dataclass(frozen=True)
class Change:
    """What is to differ from an earlier picture; None is as it was. `add` are words for its description."""

    add: str | None = None
    prompt: str | None = None
    negative_prompt: str | None = None
    width: int | None = None
    height: int | None = None
    scale: float | None = None
    count: int | None = None
    seed: int | None = None
    steps: int | None = None
    style: str | None = None


def picture_of(house: House, like: str, session: str) -> Path | None:
    """The file that `like` names: a path, or "last" (None where this conversation has drawn none that is there)."""
    if like.strip().casefold() == LAST:
        return Places(house.paths).last(session)
    file = Path(like).expanduser()
    outputs = house.paths.outputs / "images" / file
    found = next((path for path in (file.absolute(), outputs) if path.is_file()), None)
    check_readable(found or file.absolute(), house.reach)
    if found is None:
        raise MediaError(f"There is no picture {like}.", remedy="Name its file, or draw one first.")
    return found


def follow(house: House, file: Path, change: Change) -> ImageRequest:
    """The request for the picture in `file` with `change`. What is not named stays: seed, model, size, style, words.

    Where nothing but a number of pictures is asked for ("another one"), the seed is a new one.
    An edit that is to be bigger is enlarged from its result: its source has the size it has. Raises `MediaError`.
    """
    before = request_like(house, file)
    if before.edit is not None and change.scale is not None and change.scale > 1:
        return replace(before, edit=Edit(file, upscale=min(change.scale, 4.0)), width=None, height=None, like=None)
    sized = scaled(before, change.scale) if change.scale is not None else before
    prompt = change.prompt or before.prompt
    if change.add:
        prompt = f"{before.prompt}, {change.add}"
    another = change == Change(prompt=change.prompt, add=change.add, count=change.count) and prompt == before.prompt
    return replace(
        sized,
        prompt=prompt,
        wish=before.wish if prompt == before.prompt else None,
        negative_prompt=change.negative_prompt or before.negative_prompt,
        width=change.width or sized.width,
        height=change.height or sized.height,
        count=change.count or 1,
        seed=change.seed if change.seed is not None else None if another else before.seed,
        steps=change.steps or before.steps,
        style=change.style or before.style,
    )
