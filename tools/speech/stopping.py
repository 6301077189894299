"""The words that stop everything at once, in every language that is spoken here. Owns no recognition."""

from __future__ import annotations

import re

_PHRASES = {
    "en": "stop|stop it|stop that|stop now|stop talking|stop speaking|stop please|be quiet|quiet|quiet please|shut up"
    "|silence|hush|enough|that's enough|that is enough|that will do|cancel|cancel that|never mind|nevermind|halt",
    "de": "stopp|stop|halt|halt an|hör auf|hör auf zu reden|aufhören|sei still|sei ruhig|ruhe|ruhe bitte|still|leise"
    "|genug|das reicht|es reicht|schluss|abbrechen|abbruch|vergiss es|halt den mund|schweig|schnauze",
    "fr": "stop|arrête|arrêtez|arrête-toi|arrête ça|arrête de parler|tais-toi|taisez-vous|silence|ça suffit|assez"
    "|chut|annule|annuler|laisse tomber",
    "es": "para|para ya|alto|basta|basta ya|ya basta|detente|deténgase|cállate|calla|silencio|suficiente|cancela"
    "|cancelar|stop|olvídalo|déjalo",
    "it": "stop|basta|fermati|ferma|zitto|silenzio|smettila|annulla|lascia stare",
    "pt": "para|pare|parar|chega|basta|silêncio|cala-te|cale-se|cancela|cancelar|stop|deixa",
    "nl": "stop|stop maar|hou op|houd op|stil|wees stil|genoeg|zwijg|annuleer|laat maar",
    "zh": "停|停下|停下来|停止|停一下|停住|别说了|不要说了|别讲了|不用说了|安静|闭嘴|够了|取消|算了|住口|打住",
}  # fmt: skip
_POLITE = {"please", "bitte", "por", "favor", "s'il", "te", "vous", "plaît", "hey", "ok", "okay", "now", "jetzt", "ya",
           "hausgeist", "just", "oh", "no", "nein", "non", "per", "favore", "alsjeblieft", "请", "好了"}  # fmt: skip


def _fold(text: str) -> str:
    """Lower-case words without marks, a repeated word once, words of politeness left out."""
    words = re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.lower().replace("’", "'"))
    kept: list[str] = []
    for word in words:
        if word not in _POLITE and (not kept or kept[-1] != word):
            kept.append(word)
    return " ".join(kept)


STOP_PHRASES = frozenset(_fold(phrase) for phrases in _PHRASES.values() for phrase in phrases.split("|"))
_CHINESE = tuple(sorted(_PHRASES["zh"].split("|"), key=len, reverse=True))


def is_stop(text: str) -> bool:
    """Whether `text`, all of it, asks to stop ("Stop!", "please stop, stop", "别说了。")."""
    folded = _fold(text)
    if not folded:
        return False
    if folded in STOP_PHRASES:
        return True
    chinese = folded.replace(" ", "").removeprefix("请")
    for phrase in _CHINESE:
        chinese = chinese.replace(phrase, "")
    return not chinese.strip("了吧啊请")


def ends_in_stop(text: str, saying: str = "") -> bool:
    """Whether the last sentence of `text` asks to stop, and is not what the house itself is saying just now."""
    parts = [part for part in re.split(r"[.!?。！？,，]+", text) if part.strip()]
    if not parts or not (is_stop(text) or is_stop(parts[-1])):
        return False
    return f" {_fold(parts[-1])} " not in f" {_fold(saying)} "
