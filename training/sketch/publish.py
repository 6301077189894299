"""Put a trained and measured model where the program looks for it, with its model card.

python -m training.sketch.publish --run runs/first
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from tools.image.sketch import NAME, folder

MOST_BYTES = 40_000_000
_NEEDED = ("training.json", "figures.json", "sheet.png", NAME)


def main(argv: list[str] | None = None) -> int:
    """Publish a run; returns the exit status: 2 where something is missing or too large."""
    parser = argparse.ArgumentParser(description="Publish hausgeist-sketch.", epilog=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="the folder that train and measure wrote to")
    parser.add_argument("--to", type=Path, default=folder(), help="where to put it; the program looks in its package")
    arguments = parser.parse_args(argv)
    run: Path = arguments.run
    absent = [name for name in _NEEDED if not (run / name).exists()]
    if absent:
        print(
            f"{run} has no {', '.join(absent)}: run training.sketch.train, then training.sketch.measure.",
            file=sys.stderr,
        )
        return 2
    size = sum(file.stat().st_size for file in (run / NAME).rglob("*") if file.is_file())
    if size > MOST_BYTES:
        print(
            f"{run / NAME} has {size / 1e6:.1f} MB; at most {MOST_BYTES / 1e6:.0f} MB may be published.",
            file=sys.stderr,
        )
        return 2
    beside = arguments.to.with_name(f".{arguments.to.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(run / NAME, beside)
    shutil.copy2(run / "sheet.png", beside / "sheet.png")
    training, figures = (json.loads((run / name).read_text(encoding="utf-8")) for name in _NEEDED[:2])
    (beside / "README.md").write_text(card(training, figures, size), encoding="utf-8")
    shutil.rmtree(arguments.to, ignore_errors=True)
    beside.rename(arguments.to)
    print(f"{arguments.to}: {size / 1e6:.1f} MB")
    return 0


def card(training: dict[str, Any], figures: dict[str, Any], size: int) -> str:
    """The model card, in Markdown, from what training and measuring wrote."""
    made, ceiling = figures["model"], figures["ceiling"]
    rows = "\n".join(
        f"| {words} | {made[name]:.0%} | {ceiling[name]:.0%} |"
        for name, words in (
            ("first", "the asked thing comes first of 500"),
            ("colour", "the main colour is the asked one"),
            ("both", "both things of a pair are there"),
        )
    )
    return f"""# {NAME}

A small text-to-image model: plain pictures of one or two things, in colours, from wordings in five languages.
{training["parameters"] / 1e6:.1f} million parameters, {size / 1e6:.1f} MB in half precision. How it was made, from
which pictures and under which licences: `training/sketch/README.md` in the project.

## Training
{training["steps"]} steps of {training["batch"]} pictures, {training["seconds"] / 60:.0f} minutes, {training["device"]}:
{training["pictures_per_s"]:.0f} pictures a second, {training["wordings"]} wordings, seed {training["seed"]}.

## Figures
Sixty wordings that were not in training, {figures["steps"]} steps, seed {figures["seed"]}. `sheet.png` shows them.

| | this model | pictures of the training's painter |
|---|---|---|
{rows}

## Limits
It knows what an emoji font shows. It draws no text, no scenes, no likeness of anyone.
"""


if __name__ == "__main__":
    raise SystemExit(main())
