"""Yes or no, by voice: the question in words, and what an answer means. Owns no policy (`tools.approval`)."""

from __future__ import annotations

import re
from typing import Any

from tools.speech.stopping import is_stop

_YES = frozenset(
    [
        "yes",
        "yeah",
        "yep",
        "yup",
        "sure",
        "ok",
        "okay",
        "please",
        "right",
        "correct",
        "definitely",
        "absolutely",
        "ja",
        "jawohl",
        "klar",
        "gerne",
        "genau",
        "oui",
        "ouais",
        "d'accord",
        "sí",
        "si",
        "claro",
        "vale",
        "dale",
        "sì",
        "certo",
        "sim",
        "claro",
    ]
)
_YES_PHRASES = ("go ahead", "do it", "mach das", "mach es", "mach", "vas-y", "fais-le", "hazlo", "adelante", "bien sûr")
_NO = frozenset(["no", "nope", "not", "don't", "never", "nein", "nicht", "nie", "non", "pas", "nunca", "niet", "não"])
_YES_CHINESE = re.compile(r"^(?:是的?|好的?|好啊|好吧|可以|行|对|同意|确认|没问题|当然)[了吧啊呀]?")
_NO_CHINESE = re.compile(r"不|别|没有|取消")


def question(tool: str, args: dict[str, Any], language: str | None) -> str:
    """The question in the language of the request."""
    shown = "，".join(str(value) for value in args.values() if value is not None)[:120]
    name = tool.replace("_", " ")
    if language == "zh":
        return f"要使用 {name} 吗：{shown}？请说“是”或“不”。" if shown else f"要使用 {name} 吗？请说“是”或“不”。"
    return f"Shall I use {name}: {shown}? Say yes or no." if shown else f"Shall I use {name}? Say yes or no."


def approves(text: str) -> bool:
    """Whether `text` clearly says yes; anything else is a no."""
    if is_stop(text):
        return False
    bare = re.sub(r"[\s.,!?。，！？“”\"]+", "", text)
    if re.search(r"[\u4e00-\u9fff]", bare):
        return bool(_YES_CHINESE.match(bare)) and not (_NO_CHINESE.search(bare) and not bare.startswith("没问题"))
    words = re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.lower().replace("’", "'"))
    if any(word in _NO for word in words):
        return False
    return any(word in _YES for word in words) or any(phrase in " ".join(words) for phrase in _YES_PHRASES)
