"""The stock of things: kinds with their builders, words and colours, and things made from them. Owns no shapes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.scenes import kinds
from benchmarks.scenes.build import box
from benchmarks.scenes.kinds import Looks, Thing
from benchmarks.scenes.paints import checks, grained, shade_of
from tools.finder.sample_home.shapes import Solid

Builder = Callable[[Looks], list[Solid]]

KINDS: dict[str, tuple[Builder, str]] = {
    "keys": (kinds.keys, "bunch of keys with a {a} tag"),
    "wallet": (kinds.wallet, "{a} leather wallet"),
    "phone": (kinds.phone, "{a} phone"),
    "mug": (kinds.mug, "{a} mug"),
    "bottle": (kinds.bottle, "{a} bottle with a {b} cap"),
    "glasses": (kinds.glasses, "eyeglasses with {a} frames"),
    "book": (kinds.book, "{a} book"),
    "passport": (kinds.passport, "{a} passport"),
    "notebook": (kinds.notebook, "{a} notebook with a {b} band"),
    "remote": (kinds.remote, "{a} remote control"),
    "scissors": (kinds.scissors, "scissors with {a} handles"),
    "cap": (kinds.cap, "{a} cap"),
    "headphones": (kinds.headphones, "{a} headphones"),
    "toy car": (kinds.toy_car, "{a} toy car"),
    "tape": (kinds.tape, "roll of {a} tape"),
    "torch": (kinds.torch, "{a} torch"),
    "tissues": (kinds.tissues, "{a} and {b} tissue box"),
    "ball": (kinds.game_ball, "{a} ball with {b} pattern"),
    "candle": (kinds.candle, "{a} candle"),
    "camera": (kinds.camera, "{a} camera"),
    "umbrella": (kinds.umbrella, "{a} umbrella"),
    "controller": (kinds.controller, "{a} game controller"),
    "lunch box": (kinds.lunch_box, "{a} lunch box with a {b} lid"),
    "hairbrush": (kinds.hairbrush, "{a} hairbrush"),
    "pouch": (kinds.pouch, "{a} pencil case"),
    "pill bottle": (kinds.pill_bottle, "{a} pill bottle with a {b} cap"),
    "clock": (kinds.clock, "{a} alarm clock"),
}
"""Kind to its builder and to how a user describes it ({a}, {b}: the words of its colours)."""
PATTERNED = {
    "mug": (3, " with {b} stripes"),
    "cap": (2, " with a {b} peak"),
    "pouch": (2, " with {b} stripes"),
}
"""Of such a kind, every so many-th style (remainder 1) shows the second colour, which the description then names."""
COLOURS = {
    "wallet": ("black", "brown", "red", "green"),
    "phone": ("black", "white", "blue", "pink", "red", "turquoise"),
    "glasses": ("black", "red", "blue", "brown"),
    "passport": ("red", "blue", "green"),
    "remote": ("black", "white", "grey"),
    "headphones": ("black", "white", "blue", "red", "pink"),
    "camera": ("black", "brown", "red", "grey"),
    "umbrella": ("black", "red", "blue", "green", "purple"),
    "controller": ("black", "white", "blue", "red"),
    "candle": ("red", "white", "yellow", "purple"),
    "pill bottle": ("orange", "white", "green", "brown"),
}
"""The main colours in which a kind is sold; all of `paints.PALETTE` for the others."""
ANY = ("red", "blue", "green", "yellow", "orange", "purple", "pink", "white", "black", "turquoise")
SECOND = ("white", "black", "yellow", "red", "blue")


def make(name: str, kind: str, rng: np.random.Generator, avoid: frozenset[str] = frozenset()) -> Thing:
    """A thing of that kind in random colours; `avoid`: main colours that are taken."""
    choices = [c for c in COLOURS.get(kind, ANY) if c not in avoid] or list(ANY)
    first = str(rng.choice(choices))
    second = str(rng.choice([c for c in SECOND if c != first]))
    looks = Looks(first, second, shade_of(first, rng), shade_of(second, rng), int(rng.integers(0, 6)))
    builder, words = KINDS[kind]
    every, pattern = PATTERNED.get(kind, (1, ""))
    words += pattern if looks.style % every == 1 else ""
    return Thing(name, kind, words.format(a=first, b=second), looks, tuple(builder(looks)))


def make_cover(name: str, high: bool, rng: np.random.Generator) -> Thing:
    """Something that hides what it is put on: a newspaper, a towel, a folder; over `high` things a cardboard box.

    Towels and folders are in random colours; the newspaper and the cardboard box have, and are called by, their own.
    """
    kind = "box" if high else str(rng.choice(["newspaper", "towel", "folder", "box"]))
    first = str(rng.choice(["white", "blue", "green", "grey", "red", "brown"]))
    looks = Looks(first, "grey", shade_of(first, rng), shade_of("grey", rng), int(rng.integers(0, 3)))
    builders: dict[str, Callable[[], list[Solid]]] = {
        "newspaper": partial(kinds.book, Looks("white", "black", (222, 220, 210), (70, 70, 74), 2), (0.34, 0.02, 0.42)),
        "towel": partial(_towel, looks),
        "folder": partial(kinds.book, looks, (0.27, 0.03, 0.34)),
        "box": partial(_carton, looks),
    }
    called = {"newspaper": "white newspaper", "box": "brown cardboard box", "towel": f"{first} and white towel"}
    return Thing(name, kind, called.get(kind, f"{first} {kind}"), looks, tuple(builders[kind]()))


def _towel(k: Looks) -> list[Solid]:
    return [box((0, 0.008, 0), (0.40, 0.016, 0.36), checks(k.a, (236, 234, 228), 0.07))]


def _carton(k: Looks) -> list[Solid]:
    brown = grained((178, 138, 92), 0.08)
    return [
        box((0, 0.08, 0), (0.32, 0.16, 0.28), brown),
        box((0, 0.1605, 0), (0.05, 0.001, 0.281), grained((206, 178, 130), 0.02)),
    ]
