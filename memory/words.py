"""Texts to index words and to passages, for the word index and for embedding. Owns no index.

Chinese, Japanese and Korean have no spaces: their runs become overlapping pairs of characters, the usual bigram index
(Nie & Ren 1999, "Chinese information retrieval: using characters or words?").
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[\u3002\uff01\uff1f\uff1b])|\n+")
_TELLING = re.compile(
    r"\b(?:said|say|told|tell|mention(?:ed)?|noted?|talk(?:ed)?|gesagt|erz[aä]hlt|erw[aä]hnt|notiert|dite?|raconté"
    r"|mentionné|dije|conté|mencioné)\b|说|告诉|提到|提过|讲|记了|聊"
)
PASSAGE_CHARACTERS = 160
"""Texts up to this length are one passage; longer ones are cut into their sentences too."""
MOST_PASSAGES = 64

_POINTING = re.compile(
    r"\W*(?:(?:she|he|they|her|his|their|its?|this|that|these|those"
    r"|er|sie|es|ihre?|seine?|das|dieser?|dieses|diese|elles?|ils?|ce|cela|ça|son|sa|ses|leurs?"
    r"|ella|él|ellos|ellas|eso|esto|sus?|este|esta)\b|她|他|它|这|那)",
    re.IGNORECASE,
)

_STOP_WORDS = """
    a about am an and any are as at be been but by can could did do does for from had has have he her him his how i
    if in into is it its me my of on or our please she so some than that the their them then there these they this
    those to us was we were what when where which who whom whose why will with would you your tell know remember
    forget everything thing things
    der die das den dem des ein eine einen einem einer und oder ist sind war bin habe hat mein meine meinen meiner ich
    du er sie es wir ihr was wer wo wann wie warum welche in im am an auf mit von zu für
    le la les l un une des du de et ou est sont suis mon ma mes je tu il elle nous vous que qui quoi où quand comment
    pourquoi dans sur avec à au
    el los las una uno y o es son soy mi mis yo tú él ella qué quién dónde cuándo cómo en con por para del al lo
    的 了 吗 呢 是 我 你 他 她 在 什么 哪 里 哪里 怎么 有 和
"""
_STOP = frozenset(_STOP_WORDS.split())
_COMMON_WORDS = """
    name number address password birthday phone date time nummer adresse passwort geburtstag nom anniversaire nombre
    numero direccion cumpleanos 名字 生日 地址 密码 电话 号码
"""
COMMON = frozenset(_COMMON_WORDS.split())
"""Content words that any record may hold: alone they name none."""


def index_words(text: str) -> list[str]:
    """The words of `text` for the index: lower case, without accents, CJK runs as characters and pairs."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    plain = unicodedata.normalize("NFC", plain)
    words: list[str] = []
    for match in _WORD.finditer(plain):
        at, word = 0, match[0]
        for run in _CJK.finditer(word):
            words += [word[at : run.start()]] if run.start() > at else []
            characters = run[0]
            words += list(characters)
            words += [characters[i : i + 2] for i in range(len(characters) - 1)]
            at = run.end()
        words += [word[at:]] if at < len(word) else []
    return words


def content_words(text: str) -> list[str]:
    """The distinct words of `text` that carry meaning; of CJK runs the pairs, and single characters only alone."""
    words = list(dict.fromkeys(index_words(text)))
    pairs = {character for word in words if len(word) == 2 and _CJK.fullmatch(word) for character in word}
    return [w for w in words if w not in _STOP and w not in pairs and (len(w) > 1 or w.isdigit() or _CJK.match(w))]


def asks_what_was_told(query: str) -> bool:
    """Whether a query is about what was said at a time, not about a thing that has a time of its own."""
    return _TELLING.search(query.casefold()) is not None


def continues(text: str) -> bool:
    """Whether a text opens by pointing back ("She is in my class"): whom it means was told just before."""
    return _POINTING.match(text) is not None


def sentences(text: str) -> list[str]:
    """The sentences of `text`, in order."""
    return [part.strip() for part in _SENTENCE.split(text) if part and part.strip()]


def passages(text: str) -> list[str]:
    """What is embedded of a record: the whole, and each sentence of a longer one.

    A question is mostly answered by one sentence; its vector is nearer to the question than that of a whole page.
    """
    parts = sentences(text) if len(text) > PASSAGE_CHARACTERS else []
    return [text, *dict.fromkeys(parts)][:MOST_PASSAGES] if len(parts) > 1 else [text]
