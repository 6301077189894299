"""Which language a sentence is in: by its script, and for Latin script by its function words.

Owns no translation. A sentence too short to tell is `None`: the caller keeps the language that it has.
"""

from __future__ import annotations

import re
import unicodedata

NAMES = {
    "ar": "Arabic", "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "it": "Italian", "ja": "Japanese", "ko": "Korean", "nl": "Dutch",
    "pt": "Portuguese", "ru": "Russian", "th": "Thai", "zh": "Chinese",
}  # fmt: skip
_SCRIPTS = (
    ("HIRAGANA", "ja"), ("KATAKANA", "ja"), ("HANGUL", "ko"), ("CJK", "zh"), ("CYRILLIC", "ru"), ("ARABIC", "ar"),
    ("HEBREW", "he"), ("DEVANAGARI", "hi"), ("THAI", "th"), ("GREEK", "el"),
)  # fmt: skip
_WORDS = {
    "en": "the a an is are was were and or of to in on at it this that with for you your i my we have has do not what"
    " where when who be will can please there his her they them from by as but if so out up",
    "de": "der die das ein eine einen ist sind war und oder von zu im am auf mit für du dein ich mein wir haben hat"
    " nicht was wo wann wer sein wird kann bitte es den dem des sich auch nach bei aus wie noch",
    "fr": "le la les un une est sont était et ou de du des à au aux dans sur avec pour tu ton je mon nous avons a ne"
    " pas quoi où quand qui être sera peut il elle ce cette que vous votre",
    "es": "el la los las un una es son era y o de del a al en sobre con para tú tu yo mi nosotros ha no qué dónde"
    " cuándo quién ser será puede por favor está que se lo su más como",
    "it": "il lo la i gli le un una è sono era e o di del della a al in su con per tu tuo io mio noi ha non che dove"
    " quando chi essere può questo anche si come",
    "pt": "o a os as um uma é são era e ou de do da em no na com para tu teu eu meu nós tem não que onde quando quem"
    " ser será pode está você seu mais como",
    "nl": "de het een is zijn was en of van te in op met voor jij je ik mijn wij hebben heeft niet wat waar wanneer"
    " wie worden kan dat dit er ook naar bij uit hoe nog",
}
_INDEX = {language: frozenset(words.split()) for language, words in _WORDS.items()}


def script_language(text: str) -> str | None:
    """The language of a script in `text` that is not Latin (Han alone is zh, with kana ja), or None."""
    found: set[str] = set()
    for char in text:
        if ord(char) > 0x2FF and char.isalpha():
            name = unicodedata.name(char, "")
            found.update(code for script, code in _SCRIPTS if name.startswith(script))
    return next((code for _, code in _SCRIPTS if code in found), None)


def language_of(text: str) -> str | None:
    """ISO 639-1 code of the language of one sentence, or None where there is too little to tell.

    A Latin-script language is named only where two or more of its function words occur, and more than of any
    other.
    """
    by_script = script_language(text)
    if by_script:
        return by_script
    words = re.findall(r"[^\W\d_]+", text.lower())
    scores = ((sum(word in known for word in words), code) for code, known in _INDEX.items())
    (most, code), (second, _), *_ = sorted(scores, reverse=True)
    return code if most >= 2 and most > second else None


def language_name(code: str) -> str:
    """The English name of a language code, or the code itself."""
    return NAMES.get(code, code)
