"""Statements of which only the newest holds: where one lives, a number, a favourite. Owns no storage.

By rules, and conservative: a statement has a slot only where its subject can have one value at a time ("My phone number
is …", "我住在…"). Likes, pets, friends and events add up; they have none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from memory.facts import without_lead_in
from memory.words import content_words, index_words, sentences

LONGEST = 200
_I = re.IGNORECASE
_NOW = r"(?:(?:now|currently|jetzt|inzwischen|maintenant|ahora|现在|如今)\s*)?"
_OWN: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "residence",
        ("live", "wohne", "lebe", "habite", "vis", "vivo", "住在"),
        rf"(?:i|we) {_NOW}live {_NOW}(?:in|at|on)\b|ich (?:wohne|lebe) {_NOW}(?:in|am|an|auf)\b"
        rf"|(?:j'habite|je vis) {_NOW}(?:à|au|en|dans)\b|(?:yo )?{_NOW}vivo {_NOW}en\b|我{_NOW}住在",
    ),
    (
        "occupation",
        ("work", "arbeite", "travaille", "trabajo"),
        rf"i {_NOW}work {_NOW}as\b|ich arbeite {_NOW}als\b|je travaille {_NOW}comme\b"
        rf"|(?:yo )?{_NOW}trabajo {_NOW}(?:como|de)\b",
    ),
    (
        "employer",
        ("work", "arbeite", "travaille", "trabajo"),
        rf"i {_NOW}work {_NOW}(?:at|for)\b|ich arbeite {_NOW}bei\b|je travaille {_NOW}chez\b"
        rf"|(?:yo )?{_NOW}trabajo {_NOW}en\b",
    ),
    (
        "age",
        ("old", "years", "jahre", "ans", "años", "岁"),
        rf"i(?:'m| am) {_NOW}\d{{1,3}} years old|ich bin {_NOW}\d{{1,3}} jahre? alt|j'ai {_NOW}\d{{1,3}} ans\b"
        rf"|(?:yo )?tengo {_NOW}\d{{1,3}} años\b|我{_NOW}(?:今年)?\d{{1,3}}岁",
    ),
    (
        "name",
        ("name", "called", "heiße", "appelle", "llamo", "我叫"),
        r"my (?:first )?name is\b|i(?:'m| am) called\b|ich heiße\b|mein name ist\b|je m'appelle\b|(?:yo )?me llamo\b"
        r"|我的?名字(?:是|叫)|我叫",
    ),
)
_SLOTS = tuple((key, words, re.compile(f"^(?:{pattern})", _I)) for key, words, pattern in _OWN)

_HEADS = (
    "name|(?:phone |mobile |house |customer |account |room )?number|address|e-?mail|birthday|age|(?:shoe )?size|height"
    "|weight|password|passcode|pin|code|blood type|job|rent|salary|licen[cs]e plate"
    r"|\w*(?:nummer|adresse|passwort|größe|code)|geburtstag|alter|beruf|miete|blutgruppe|kennzeichen"
    "|nom|numéro(?: de \\w+)?|adresse|anniversaire|âge|taille|pointure|mot de passe|loyer|métier"
    "|nombre|número(?: de \\w+)?|teléfono|dirección|cumpleaños|edad|talla|contraseña|código|alquiler"
)
_WORD = r"[^\s,.;:!?]+"
_ATTRIBUTES = tuple(
    re.compile(pattern, _I)
    for pattern in (
        rf"^(?P<key>(?:my|our) (?:{_WORD}\s){{0,3}}?(?:{_HEADS})) (?:is|was) {_NOW}",
        rf"^(?P<key>(?:my|our) (?:{_WORD}'s )?favou?rite (?:{_WORD}\s?){{1,2}}?) is {_NOW}",
        rf"^(?P<key>(?:meine?|unsere?) (?:{_WORD}\s){{0,3}}?(?:{_HEADS}|lieblings\w+)) (?:ist|lautet|heißt) {_NOW}",
        rf"^(?P<key>(?:mon|ma|notre) (?:{_WORD}\s){{0,3}}?(?:(?:{_HEADS})(?: d\S+(?: \w+)?)?|\w+ préférée?))"
        rf" est {_NOW}",
        rf"^(?P<key>(?:mi|nuestr[oa]) (?:{_WORD}\s){{0,3}}?(?:(?:{_HEADS})(?: de \w+(?: \w+)?)?|\w+ favorit[oa]))"
        rf" es {_NOW}",
        r"^(?P<key>我们?的?\w{0,8}?(?:名字|电话号码|电话|手机号码?|号码|地址|生日|密码|年龄|鞋码|尺码|车牌号?))(?:现在)?"
        r"(?:是|叫|改成了?|换成了?)",
        r"^(?P<key>我(?:现在)?最喜欢的\w{1,8}?)是",
    )
)


@dataclass(frozen=True)
class Slot:
    """What a statement says the value of. `words`: facts about the same slot hold one of them, or all (`every`)."""

    key: str
    words: tuple[str, ...]
    every: bool


def slot_of(text: str) -> Slot | None:
    """The slot of a statement of one sentence, or None where several such statements can hold side by side."""
    if len(text) > LONGEST or len(sentences(text)) != 1:
        return None
    line = " ".join(without_lead_in(text).replace("’", "'").split())
    for key, words, pattern in _SLOTS:
        if pattern.search(line):
            return Slot(key, tuple(index_words(word)[-1] for word in words), False)
    for pattern in _ATTRIBUTES:
        if match := pattern.search(line):
            key = re.sub(_NOW[:-1], "", match["key"].casefold().strip()).replace("favorite", "favourite")
            words = tuple(word for word in content_words(key) if word != "favourite")
            return Slot(key, words, True) if words else None
    return None
