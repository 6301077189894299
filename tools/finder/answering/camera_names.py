"""Which camera people mean: "the front door camera", "车库", "Küche" for front_door, garage, kitchen_cam.

Owns no cameras. A name is matched whole first, then by its words, then by the room that its words mean in five
languages, then by spelling.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from runtime.errors import UnknownNameError, nearest

REMEDY = "See `hausgeist cameras list`; add one with `hausgeist cameras add NAME PATH`."
_EMPTY_WORDS = (
    "the my our on in at of from view camera cameras cam cams webcam kamera caméra cámara cámaras die der das im la le"
    " el los las de del du dem den room"
)
_EMPTY = frozenset(_EMPTY_WORDS.split())
_ANY = frozenset({"", "all", "any", "every", "everywhere", "none", "null", "所有", "全部", "alle", "toutes", "todas"})


@cache
def _rooms() -> dict[str, frozenset[str]]:
    lines = (files("tools.finder.answering") / "rooms.txt").read_text(encoding="utf-8").splitlines()
    rooms = {}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            meaning, english, foreign = (part.strip().casefold() for part in line.split(";"))
            words = (*english.split(), *foreign.split())
            rooms[meaning] = frozenset({meaning, *(word.replace("_", " ") for word in words)})
    return rooms


def match_camera(said: str | None, names: Sequence[str]) -> str | None:
    """The camera's name that is meant by `said`; None where no certain one is ("all", nothing).

    Raises `UnknownNameError`, which lists the cameras.
    """
    wanted = _plain(said or "")
    if wanted in _ANY or not _words(wanted):
        return None
    for name in names:
        if wanted in (_plain(name), name.casefold()):
            return name
    scored = sorted(((_fit(wanted, name), name) for name in names), reverse=True)
    if scored and scored[0][0] > 0 and (len(scored) == 1 or scored[0][0] > scored[1][0]):
        return scored[0][1]
    by_word = {" ".join(sorted(_words(_plain(name)))): name for name in names}
    near = nearest(" ".join(sorted(_words(wanted))), by_word)
    if near is not None:
        return by_word[near]
    raise UnknownNameError("camera", said or "", names, remedy=REMEDY)


def _plain(text: str) -> str:
    text = re.sub(r"(摄像头|摄像机|监控|的|那边)", " ", text.casefold())
    return " ".join(re.sub(r"[\W_]+", " ", text).split())


def _words(plain: str) -> set[str]:
    return {word for word in plain.split() if word not in _EMPTY}


def _fit(wanted: str, name: str) -> float:
    """How many words agree, and half for each room that both mean."""
    mine, theirs = _words(wanted), _words(_plain(name))
    same = len(mine & theirs) / max(1, len(mine | theirs))
    both = _meant(wanted) & _meant(_plain(name))
    return same + (0.5 if both else 0.0)


def _meant(plain: str) -> set[str]:
    """The rooms a text means, the longest word for one deciding ("front door", not "door")."""
    best, found = 0, set[str]()
    for meaning, words in _rooms().items():
        length = max((len(word) for word in words if _holds(plain, word)), default=0)
        if length > best:
            best, found = length, {meaning}
        elif length and length == best:
            found.add(meaning)
    return found


def _holds(plain: str, word: str) -> bool:
    if re.search(r"[\u3400-\u9fff]", word):
        return word in plain
    return f" {word} " in f" {plain} "
