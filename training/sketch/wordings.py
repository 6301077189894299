"""Wordings of pictures in five languages, and what each shows. Owns no picture.

Written for this model: patterns around the names that CLDR gives. No request of a user and no test set is in them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from training.sketch.concepts import LANGUAGES, Concept

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (214, 40, 40),
    "orange": (243, 130, 24),
    "yellow": (250, 205, 40),
    "green": (58, 160, 70),
    "blue": (45, 105, 215),
    "purple": (135, 60, 185),
    "pink": (244, 125, 178),
    "brown": (130, 82, 45),
    "black": (28, 28, 30),
    "white": (246, 246, 246),
    "grey": (135, 138, 142),
}
"""RGB of each colour that can be asked for."""
COLOUR_NAMES: dict[str, tuple[str, ...]] = {
    "en": tuple(COLOURS),
    "zh": ("红色", "橙色", "黄色", "绿色", "蓝色", "紫色", "粉色", "棕色", "黑色", "白色", "灰色"),
    "de": ("rot", "orange", "gelb", "grün", "blau", "lila", "rosa", "braun", "schwarz", "weiß", "grau"),
    "es": ("rojo", "naranja", "amarillo", "verde", "azul", "morado", "rosa", "marrón", "negro", "blanco", "gris"),
    "fr": ("rouge", "orange", "jaune", "vert", "bleu", "violet", "rose", "marron", "noir", "blanc", "gris"),
}
BESIDE, ON = 1, 2
"""How two things lie: side by side, or the first on the second. 0: there is one."""

_FRAMES = {
    "en": ("{}", "{}", "a {}", "the {}", "a picture of a {}", "draw a {}", "a simple drawing of {}", "{} icon"),
    "zh": ("{}", "{}", "一个{}", "画{}", "画一个{}", "一张{}的图", "{}的图标"),
    "de": ("{}", "{}", "ein Bild von {}", "zeichne {}", "male {}"),
    "es": ("{}", "{}", "un dibujo de {}", "dibuja {}"),
    "fr": ("{}", "{}", "un dessin de {}", "dessine {}"),
}
_COLOURED = {
    "en": ("{c} {x}", "{c} {x}", "{x} in {c}"),
    "zh": ("{c}的{x}", "{c}{x}"),
    "de": ("{x} in {c}", "{c}: {x}", "{x}, {c}"),
    "es": ("{x} de color {c}", "{x} {c}"),
    "fr": ("{x} de couleur {c}", "{x} {c}"),
}
_PAIRS = {
    BESIDE: {
        "en": ("{a} and {b}", "{a} next to {b}", "{a} with a {b}", "{a} beside a {b}"),
        "zh": ("{a}和{b}", "{a}旁边有{b}", "{a}与{b}"),
        "de": ("{a} und {b}", "{a} neben {b}", "{a} mit {b}"),
        "es": ("{a} y {b}", "{a} junto a {b}"),
        "fr": ("{a} et {b}", "{a} à côté de {b}"),
    },
    ON: {
        "en": ("{a} on a {b}", "{a} on top of a {b}", "{a} above a {b}"),
        "zh": ("{b}上的{a}", "{a}在{b}上", "{b}上面有{a}"),
        "de": ("{a} auf {b}", "{a} über {b}"),
        "es": ("{a} sobre {b}", "{a} encima de {b}"),
        "fr": ("{a} sur {b}", "{a} au-dessus de {b}"),
    },
}
_GROUNDS = {
    "en": "{} on a {c} background",
    "zh": "{}，{c}背景",
    "de": "{}, Hintergrund {c}",
    "es": "{}, fondo {c}",
    "fr": "{}, fond {c}",
}
_LANGUAGE_WEIGHTS = (5, 4, 2, 2, 2)
_PLAIN, _COLOUR, _PAIR = 0.45, 0.25, 0.3
_GROUND_SHARE, _PAIR_COLOUR_SHARE = 0.08, 0.3


@dataclass(frozen=True)
class Wording:
    """A text, and what it shows: indexes of one or two concepts, of their colours (-1: their own), how they lie."""

    text: str
    first: int
    second: int = -1
    first_colour: int = -1
    second_colour: int = -1
    layout: int = 0
    ground: int = -1


def sample(concepts: tuple[Concept, ...], count: int, seed: int, withheld: frozenset[str]) -> Iterator[Wording]:
    """`count` different wordings, the same for a seed; none whose text (folded) is in `withheld`."""
    random_ = random.Random(seed)
    seen = set(withheld)
    made = 0
    for number in range(count * 40):
        wording = _one(random_, concepts, number % len(concepts))
        folded = fold(wording.text)
        if folded not in seen:
            seen.add(folded)
            made += 1
            yield wording
        if made == count:
            return


def fold(text: str) -> str:
    """A text without case and outer spaces, to tell whether two are one."""
    return " ".join(text.casefold().split())


def _one(random_: random.Random, concepts: tuple[Concept, ...], first: int) -> Wording:
    language = random_.choices(LANGUAGES, _LANGUAGE_WEIGHTS)[0]
    kind = random_.choices((0, 1, 2), (_PLAIN, _COLOUR, _PAIR))[0]
    if kind == 2:
        return _pair(random_, concepts, first, language)
    text, colour = _name(random_, concepts[first], language), -1
    if kind == 1:
        colour = random_.randrange(len(COLOURS))
        text = _coloured(random_, text, colour, language)
    text = random_.choice(_FRAMES[language]).format(text)
    ground = -1
    if random_.random() < _GROUND_SHARE:
        ground = random_.choice([at for at in range(len(COLOURS)) if at != colour])
        text = _GROUNDS[language].format(text, c=COLOUR_NAMES[language][ground])
    return Wording(text, first, first_colour=colour, ground=ground)


def _pair(random_: random.Random, concepts: tuple[Concept, ...], first: int, language: str) -> Wording:
    second = random_.choice([random_.randrange(len(concepts)) for _ in range(2)])
    layout = random_.choice((BESIDE, ON))
    colours = [random_.randrange(len(COLOURS)) if random_.random() < _PAIR_COLOUR_SHARE else -1 for _ in range(2)]
    names = []
    for concept, colour in zip((first, second), colours, strict=True):
        name = _name(random_, concepts[concept], language)
        names.append(_coloured(random_, name, colour, language) if colour >= 0 else name)
    text = random_.choice(_PAIRS[layout][language]).format(a=names[0], b=names[1])
    text = random_.choice(_FRAMES[language]).format(text)
    return Wording(text, first, second, colours[0], colours[1], layout)


def _name(random_: random.Random, concept: Concept, language: str) -> str:
    names = concept.names[language]
    return names[0] if random_.random() < 0.5 else random_.choice(names)


def _coloured(random_: random.Random, text: str, colour: int, language: str) -> str:
    return random_.choice(_COLOURED[language]).format(x=text, c=COLOUR_NAMES[language][colour])
