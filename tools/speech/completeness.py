"""Is what was said so far a whole request? By its last words. Owns no recognition and no timing.

Whisper puts a full stop after nearly everything, so the mark alone says little: a turn that ends in a word which needs
another one ("turn on the", "und", "因为") is not over, whatever mark follows. Words that can also end a request are
left out: "turn it on", "schalte es ein", "tell me where it is".
"""

from __future__ import annotations

import re

_NEEDS_MORE = {
    "en": "a an the and or but of to at with from by my your our their because if when while which whose than between"
    " into um uh er",
    "de": "der die das den dem des eine einen einem einer und oder aber von im am für mein meine dein deine weil wenn"
    " dass ob äh ähm",
    "fr": "le la les un une des du de à au aux et ou mais dans sur avec pour par mon ma mes ton ta ce cette parce que"
    " si euh",
    "es": "el los las un unas y o u pero de del al en con para por mi mis tu tus porque si que eh",
    "it": "il lo i gli un una e o ma di del della al con per mio mia tuo perché se che ehm",
    "pt": "os as um uma e ou mas de do da em no na com para por meu minha porque se que",
    "nl": "het een en of maar van te met voor mijn jouw omdat als dat eh",
    "zh": "和 跟 与 或者 还是 但是 可是 因为 所以 然后 如果 把 被 给 在 从 对 的 那个 这个 嗯 呃",
}  # fmt: skip
_ENDINGS = {language: tuple(words.split()) for language, words in _NEEDS_MORE.items()}
_LEAST_WORDS = 3
"""Fewer words than this are a whole request only sometimes ("stop", "lights off")."""


def complete(text: str, language: str | None) -> bool | None:
    """True for a whole request, False where words are missing, None where that is not clear."""
    text = text.strip()
    bare = text.rstrip(".。!！?？ \"'”’)")
    if not bare:
        return None
    if re.search(r"(?:\.\.\.|…|[,，、;；:：–—-])$", text):
        return False
    chinese = language in {"zh", "yue", "ja"}
    endings = _ENDINGS.get("zh" if chinese else language or "en", ())
    words = re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", bare.lower())
    breaks_off = bare.endswith(endings) if chinese else bool(words) and words[-1] in endings
    if text.endswith(("?", "？")):
        return None if breaks_off else True
    if breaks_off:
        return False
    return True if len(bare if chinese else words) >= _LEAST_WORDS else None
