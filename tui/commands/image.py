"""`hausgeist image`: makes a picture. Owns no model and no defaults (see `tools.image`)."""

from __future__ import annotations

import re
from argparse import Namespace
from dataclasses import asdict

from runtime.errors import ArgumentError
from tools.image.generate import generate
from tools.image.request import ImageRequest
from tui.commands.common import interruptible, open_house, output_path, text_of
from tui.output import note, print_json, progress_bar, say


def image(options: Namespace) -> int:
    """Make one picture, and print where it is with what makes it again."""
    prompt = text_of(options.prompt, "prompt")
    width, height = parse_size(options.size) if options.size else (None, None)
    request = ImageRequest(
        prompt,
        negative_prompt=options.negative,
        width=width,
        height=height,
        seed=options.seed,
        steps=options.steps,
        model=options.model,
        output=output_path(options.output, "fox.png"),
    )
    with open_house(options) as house, interruptible() as cancellation, progress_bar() as show:
        show("Drawing", 0, 0, "")
        pictures = generate(house, request, lambda done, total: show("Drawing", done, total, "steps"), cancellation)
    if options.json:
        files = [{"path": str(picture.path), "media_type": "image/png"} for picture in pictures]
        notes = [text for picture in pictures for text in picture.notes]
        print_json({"files": files, "recipe": asdict(pictures[0].recipe), "notes": notes})
        return 0
    for picture in pictures:
        recipe = picture.recipe
        say(f"→ {picture.path} ({recipe.width}×{recipe.height}, {recipe.model}, seed {recipe.seed})")
        for text in picture.notes:
            note(text)
    return 0


def parse_size(text: str) -> tuple[int, int]:
    """ "512x384" as width and height in pixels. Raises `ArgumentError`."""
    match = re.fullmatch(r"(\d{1,5})[x×*](\d{1,5})", text.strip().lower())
    if match is None:
        raise ArgumentError(f"The size {text!r} is not possible.", remedy="Write it as 512x512.")
    return int(match[1]), int(match[2])
