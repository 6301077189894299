"""The wordings that are kept out of training, with what each asks for. Owns no measuring."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from training.sketch.wordings import COLOURS, fold


@dataclass(frozen=True)
class Unseen:
    """A wording, and for each thing that it asks for the characters that show it; a colour of the first, or None."""

    text: str
    things: tuple[str, ...]
    colour: str | None


def unseen() -> tuple[Unseen, ...]:
    """The rows of `unseen.tsv`. Raises `ValueError` naming a broken row."""
    rows = []
    text = files("training.sketch").joinpath("unseen.tsv").read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        parts = line.split("\t")
        if len(parts) != 3 or (parts[2] != "-" and parts[2] not in COLOURS):
            raise ValueError(f"unseen.tsv, line {number}: wording, things and colour are wanted, with tabs between")
        rows.append(Unseen(parts[0], tuple(parts[1].split(" ")), None if parts[2] == "-" else parts[2]))
    return tuple(rows)


def withheld() -> frozenset[str]:
    """The texts of these wordings, folded: none of them may be trained on."""
    return frozenset(fold(row.text) for row in unseen())
