"""Two wishes in one request, cut apart where each can stand alone. Owns no routing: it is given a vote.

Cuts are only looked for outside quotations and file names, at words that join wishes and at sentence ends, in
five languages. `plan` keeps a cut only where every part has a tool of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent.quotes import outside

Vote = Callable[[str], Mapping[str, float]]
REPLY = "reply"
CONFIDENT = 0.5
"""A part needs this probability for its tool; a part that opens with no verb of a wish needs `SURE`."""
SURE = 0.85
MOST = 4
"""No request is cut into more parts than this."""

_JOINT = re.compile(
    r"""
    (?P<strong>
      [,;.]?\s+(?:and\s+)?(?:then|afterwards|after\s+that|next|finally)\s*[,:]?\s+
    | [,;]?\s+and\s+(?:also|afterwards)\s+
    | [,;]?\s+(?:also|plus)\s*,?\s+(?=\w) | [,;.]?\s+(?:und\s+)?(?:dann|danach|anschließend|außerdem)\s+
    | [,;.]?\s+(?:et\s+)?(?:puis|ensuite|après(?:\s+ça)?|enfin)\s*,?\s+ | [,;]?\s+et\s+aussi\s+
    | [,;.]?\s+(?:y\s+)?(?:luego|después|también|a\s+continuación|por\s+último)\s*,?\s+
    | [，,；;。]?\s*(?:然后|接着|之后|随后|顺便|另外|最后|并且|同时|还有|再)(?:[，,]\s*)?
    | \s*[;；]\s*
    )
    | (?P<sentence>(?<=\S)[.!?]+\s+|[。！？]\s*|\n+)
    | (?P<weak>,?\s+(?:and|und|et|y|e)\s+|,\s+|[，、]\s*|并(?=\w))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:(?:first(?:ly|\s+of\s+all)?|zuerst|erst(?:mal)?|zunächst|d'abord|premièrement|primero|antes|please|pls|bitte"
    r"|s'il\s+te\s+plaît|stp|por\s+favor|and|und|et|y|then|also|now|just|ok(?:ay)?|hey|hi|so|um|uh)\b[\s,:]*"
    r"|(?:首先|先|请|麻烦(?:你)?|帮我|给我|再|然后|嗯)[，,]?\s*)+",
    re.IGNORECASE,
)
_SEQUEL = re.compile(
    r"^((?:[^\s\"“„«'‘]+\s+){1,3})(?:dann|danach|anschließend|then|afterwards|ensuite|puis|luego|después)\s+",
    re.IGNORECASE,
)
"""A word of order behind the verb: "zeig mir dann den Flur"."""
_STARTS = re.compile(
    r"^(?:(?:can|could|would|will)\s+you|i\s+(?:want|need|would|'?d\s+like|can't\s+find|lost)|say|tell|read|announce|speak|"
    r"call|draw|paint|sketch|create|make|generate|render|remember|remind|note|write|save|store|forget|delete|erase|"
    r"remove|find|locate|look|search|where|wheres|what|whats|who|when|which|is|are|was|were|has|did|do|does|how|check|"
    r"show|describe|summari[sz]e|sum|give|let|keep|record|turn|don't|peek|see|open|jot|put|play|"
    r"sag\w*|lies|sprich|zeichn\w*|mal\w*|erstell\w*|generier\w*|mach\w*|merk\w*|vergiss|lösch\w*|such\w*|find\w*|wo|"
    r"was|wer|wann|ist|schau\w*|guck\w*|zeig\w*|fass\w*|notier\w*|beschreib\w*|erinner\w*|kannst|"
    r"dis|lis|annonce|dessine|peins|crée|génère|fais|retiens|souviens|n'oublie|oublie|efface|supprime|cherche|trouve|"
    r"où|ou\s+est|qui|quand|que|qu'|regarde|montre|décris|résume\w*|note|rappelle|peux|est-ce|"
    r"di|d[ií]me\w*|lee|lée\w+|anuncia|dib[uú]ja\w*|p[ií]nta\w*|crea|genera|haz\w*|recuerda|recuérda\w*|acuérdate|"
    r"ap[uú]nta\w*|an[oó]ta\w*|olvida|olvída\w+|borra|bórra\w+|elimina|busca|búsca\w+|encuentra|¿?dónde|¿?donde|"
    r"¿?qué|¿?quién|¿?cuándo|mira|muestra|enséñame|describe|resume|guarda|puedes)\b"
    r"|^(?:画|绘|说|念|读|朗读|播报|广播|大声|用|记|备忘|别忘|忘|删|清除|找|看|查|搜|总结|概括|归纳|生成|做|告诉|提醒|描述|把|我的|"
    r"谁|哪|通知|保存|来一?[张幅]|能不能|帮|列)",
    re.IGNORECASE,
)
_DEPENDENT = re.compile(
    r"^(?:dass|ob|weil|damit|obwohl)\b"
    r"|^(?:wo\w*|was|wer|wen|wem|wann|wie|warum|welche\w*)\s+"
    r"(?:ich|du|er|sie|es|wir|ihr|man|[mdsk]eine?\w*|unse?re?\w*|d(?:er|ie|as|en|em)|eine?\w*)\b",
    re.IGNORECASE,
)
"""How a German clause opens that belongs to the order before the comma ("Sag mir, wo meine Brille ist")."""
_DICTATED = re.compile(
    r"^(?:say|announce|read|call|tell|sag\w*|lies|sprich|dis|lis|annonce|di|lee|anuncia|[大声]*[说念读]|播报|广播)[^:：]{0,40}[:：]",
    re.IGNORECASE,
)
"""What follows is to be spoken, whatever orders it gives ("Say: find your shoes and put them on")."""
_ASKS = re.compile(r"[?？]\s*$|吗|呢|在哪")
_BACKWARD = re.compile(r"\b(?:it|them|they|sie|ihn|les|lo|las|los)\b|它|他们", re.IGNORECASE)

_SAVING = re.compile(
    r"^(?:save|store|record|speicher|enregistre|guarda|保存|存|录)|\.(?:wav|mp3|ogg|flac)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Wish:
    """One wish of a request, as the user's own words, and the tool it goes to (or "reply")."""

    text: str
    tool: str


def split(text: str) -> list[str]:
    """The parts of a request that could be wishes of their own; one part when there is no cut. Never empty."""
    parts: list[str] = []
    rest = text.strip()
    while len(parts) < MOST - 1:
        cut = next((pair for pair in _cuts(rest) if _both_stand(*pair)), None)
        if cut is None:
            break
        parts.append(cut[0])
        rest = cut[1]
    return [*parts, rest]


def plan(text: str, vote: Vote) -> list[Wish]:
    """The wishes of a request in order. It stays whole unless each part has a tool with confidence."""
    whole = _best(vote(text))
    wishes = _cut_into_wishes(text.strip(), vote, MOST)
    return wishes if len(wishes) > 1 else [Wish(text, whole[0])]


def _cut_into_wishes(text: str, vote: Vote, most: int) -> list[Wish]:
    first_tool, _ = _best(vote(text))
    if most > 1:
        for first, second, strong in _cuts_with_kind(text):
            if not _could_stand(first, second, strong):
                continue
            tool, share = _best(vote(first))
            after, after_share = _best(vote(second))
            if REPLY in (tool, after) or min(share, after_share) < CONFIDENT:
                continue
            if not starts_wish(second) and after_share < SURE:
                continue
            if tool == after and (_goes_on(second) or not _both_stand(first, second)):
                continue
            return [Wish(first, tool), *_cut_into_wishes(second, vote, most - 1)]
    return [Wish(text, first_tool)]


def _goes_on(second: str) -> bool:
    """Whether a part of the same tool only says more about the wish before it."""
    return bool(_BACKWARD.search(second) or _SAVING.search(second))


def starts_wish(part: str) -> bool:
    """Whether a part opens as an order or a question does."""
    return bool(_STARTS.match(_OPENING.sub("", part)) or _ASKS.search(part))


def _both_stand(first: str, second: str) -> bool:
    return starts_wish(first) and starts_wish(second)


def _could_stand(first: str, second: str, strong: bool) -> bool:
    return strong or _both_stand(first, second) or (starts_wish(second) and len(_OPENING.sub("", first)) > 3)


def _cuts(text: str) -> list[tuple[str, str]]:
    return [(first, second) for first, second, _ in _cuts_with_kind(text)]


def _cuts_with_kind(text: str) -> list[tuple[str, str, bool]]:
    """Every way to cut `text` in two, those at strong joints first, with whether the joint is strong."""
    free = outside(text)
    found: list[tuple[int, str, str, bool]] = []
    for match in _JOINT.finditer(text):
        if not all(free[match.start() : match.end()]):
            continue
        keep = match.group("sentence") or ""
        first = _OPENING.sub("", text[: match.start()] + keep.rstrip(), count=1).strip(" ,，")
        second = _SEQUEL.sub(r"\1", _OPENING.sub("", text[match.end() :], count=1)).strip(" ,，")
        if match["weak"] and (_DICTATED.match(first) or _depends(match[0], second)):
            continue
        if _size(first) >= 2 and _size(second) >= 2:
            strong = match.group("strong") is not None
            found.append((0 if strong else 1 if keep else 2, first, second, strong))
    found.sort(key=lambda cut: cut[0])
    return [cut[1:] for cut in found]


def _depends(joint: str, second: str) -> bool:
    """Whether what follows a comma is a clause of the order before it."""
    return joint.strip() == "," and bool(_DEPENDENT.match(second)) and "?" not in second


def _size(part: str) -> int:
    """Words, with a Chinese character for half a word."""
    han = len(re.findall(r"[\u3400-\u9fff]", part))
    return len(re.findall(r"[^\W_]+", re.sub(r"[\u3400-\u9fff]", " ", part))) + (han + 1) // 2


def _best(shares: Mapping[str, float]) -> tuple[str, float]:
    name = max(shares, key=lambda key: shares[key])
    return name, shares[name]
