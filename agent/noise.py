"""Typing slips, lost capitals and fillers, added to utterances so that the router learns to see past them."""

from __future__ import annotations

import random
import re

from agent.quotes import outside

_FILLERS = {
    "latin": ("um ", "uh ", "hey ", "ok ", "so ", "please ", "hm ", "äh ", "euh ", "eh ", "pls ", "erm "),
    "han": ("嗯", "呃", "那个", "就是", "喂", "诶", "请问"),
}
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def noisy(text: str) -> str:
    """A worse written form of `text`, always the same one. Quotations and file names are left alone."""
    dice = random.Random(text)
    if re.search(r"[\u3400-\u9fff]", text):
        return _noisy_han(text, dice)
    free = outside(text)
    letters = [at for at, sign in enumerate(text) if free[at] and sign.isascii() and sign.isalpha()]
    changed = dict(enumerate(text))
    for at in dice.sample(letters, min(len(letters), 1 + len(letters) // 18)):
        changed[at] = _slip(text[at], dice)
    worse = "".join(changed.values())
    if dice.random() < 0.6 and all(free):
        worse = worse.lower().replace("'", "")
    if dice.random() < 0.4 and all(free):
        worse = re.sub(r"[?.!,]", "", worse)
    if dice.random() < 0.35:
        worse = dice.choice(_FILLERS["latin"]) + worse
    return worse


def _noisy_han(text: str, dice: random.Random) -> str:
    worse = re.sub(r"[？。！，]", " " if dice.random() < 0.3 else "", text)
    return dice.choice(_FILLERS["han"]) + worse if dice.random() < 0.7 else worse


def _slip(letter: str, dice: random.Random) -> str:
    kind = dice.random()
    if kind < 0.35:
        return ""
    if kind < 0.6:
        return letter * 2
    row = next((keys for keys in _KEYS if letter.lower() in keys), "e")
    at = row.find(letter.lower())
    return row[min(max(at + dice.choice((-1, 1)), 0), len(row) - 1)]
