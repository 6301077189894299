"""Draw the unseen wordings, judge the pictures, and make the contact sheet.

    python -m training.sketch.measure --model runs/first/hausgeist-sketch --font NotoColorEmoji.ttf \\
        --annotations annotations --out runs/first

Prints one JSON object: for wordings of one thing, how often that thing comes first of 500; for coloured ones, how often
the main colour is the asked one; for pairs, how often both things are present. Each stands beside `ceiling`: the same
measure on pictures that the training's painter made of the same wishes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from rich.progress import track

from runtime.house import House
from runtime.paths import replacing
from tools.finder.looks.efficientnet_backend import Classifier
from tools.image.sketch.pipeline_backend import SketchPipeline
from training.sketch.concepts import Drawn, load
from training.sketch.judge import Judge, Pixels, fit, main_colour
from training.sketch.painting_backend import Painter, Scenes
from training.sketch.unseen import Unseen, unseen
from training.sketch.wordings import BESIDE, COLOURS

_ACROSS, _CELL, _TITLE = 10, 128, 30


def main(argv: list[str] | None = None) -> int:
    """Measure; returns the exit status."""
    parser = argparse.ArgumentParser(description="Measure hausgeist-sketch.", epilog=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--font", type=Path, required=True)
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--labels", type=Path, help="a font for the sheet's titles, one that has Chinese")
    arguments = parser.parse_args(argv)
    pipeline = SketchPipeline.from_pretrained(arguments.model, variant="fp16", use_safetensors=True)
    pipeline.set_progress_bar_config(disable=True)
    rows = unseen()
    drawn = load(arguments.font, arguments.annotations)
    with House.open() as house:
        looks = Classifier(house.catalogue.require("efficientnet-lite0"))
    judge = fit(drawn, {character for row in rows for thing in row.things for character in thing}, looks, 96)
    pictures = [draw(pipeline, row.text, arguments.steps, arguments.seed) for row in track(rows, "Drawing")]
    painter, generator = Painter(drawn.pictures, 96, "cpu"), torch.Generator().manual_seed(arguments.seed)
    figures = {
        "model": scores(rows, pictures, judge),
        "ceiling": scores(rows, [painted(painter, drawn, row, generator) for row in rows], judge),
        "steps": arguments.steps,
        "seed": arguments.seed,
    }
    with replacing(arguments.out / "figures.json") as beside:
        beside.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    with replacing(arguments.out / "sheet.png") as beside:
        sheet(rows, pictures, arguments.labels).save(beside)
    print(json.dumps(figures))
    return 0


def draw(pipeline: Any, wording: str, steps: int, seed: int) -> Pixels:
    """One picture of the network's own size."""
    made = pipeline(wording, num_inference_steps=steps, generator=torch.Generator().manual_seed(seed))
    return np.asarray(made.images[0].convert("RGB"), np.uint8)


def scores(rows: tuple[Unseen, ...], pictures: list[Pixels], judge: Judge) -> dict[str, float]:
    """Shares, 0 to 1, over the wordings of each kind: `first`, `colour`, `both`."""

    def share(of: list[tuple[Unseen, Pixels]], right: Callable[[Unseen, Pixels], bool]) -> float:
        return round(sum(right(row, picture) for row, picture in of) / max(1, len(of)), 4)

    together = list(zip(rows, pictures, strict=True))
    alone = [(row, picture) for row, picture in together if len(row.things) == 1]
    return {
        "first": share(alone, lambda row, picture: judge.first(picture) in _plain(row.things[0])),
        "colour": share(
            [(row, picture) for row, picture in alone if row.colour],
            lambda row, picture: main_colour(picture) == row.colour,
        ),
        "both": share(
            [(row, picture) for row, picture in together if len(row.things) == 2],
            lambda row, picture: all(judge.present(picture) & _plain(thing) for thing in row.things),
        ),
    }


def _plain(thing: str) -> set[str]:
    return set(thing.replace("\ufe0f", ""))


def painted(painter: Painter, drawn: Drawn, row: Unseen, generator: torch.Generator) -> Pixels:
    """What the training's painter makes of a wish: the first character of each thing, in the asked colour."""
    place = {concept.character.replace("\ufe0f", ""): at for at, concept in enumerate(drawn.concepts)}
    things = [next(place[character] for character in thing if character in place) for thing in row.things]
    second = things[1] if len(things) > 1 else -1
    colour = list(COLOURS).index(row.colour) if row.colour else -1
    layout = BESIDE if second >= 0 else 0
    scene = Scenes(*(torch.tensor([value]) for value in (things[0], second, colour, -1, layout, -1)))
    picture = painter.paint(scene, generator)[0]
    return np.asarray(((picture + 1) * 127.5).round().byte().permute(1, 2, 0).numpy(), np.uint8)


def sheet(rows: tuple[Unseen, ...], pictures: list[Pixels], labels: Path | None) -> Image.Image:
    """All pictures with their wordings above, ten in a row."""
    font = ImageFont.truetype(str(labels), 10) if labels else ImageFont.load_default(10)
    down = -(-len(rows) // _ACROSS)
    made = Image.new("RGB", (_ACROSS * _CELL, down * (_CELL + _TITLE)), "white")
    pen = ImageDraw.Draw(made)
    for at, (row, picture) in enumerate(zip(rows, pictures, strict=True)):
        x, y = at % _ACROSS * _CELL, at // _ACROSS * (_CELL + _TITLE)
        wide = row.text if len(row.text) <= 22 else f"{row.text[:22]}\n{row.text[22:44]}"
        pen.multiline_text((x + 3, y + 3), wide, fill="black", font=font, spacing=1)
        made.paste(
            Image.fromarray(picture).resize((_CELL - 4, _CELL - 4), Image.Resampling.LANCZOS), (x + 2, y + _TITLE)
        )
    return made


if __name__ == "__main__":
    raise SystemExit(main())
