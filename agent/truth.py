"""Keeps a free reply from claiming an action that no tool did. Owns no wording of tool results.

A reply that the model writes stands in a turn where no tool ran, so every claim to have acted on the house ("I have
turned on the lamp", "your alarm is set") is untrue. Sentences that make such a claim are replaced by the plain truth.
Writing, explaining and translating are things a reply itself does; they are no such claims.
"""

from __future__ import annotations

import re

_EN_VERBS = (
    r"turned|switched|set|sent|scheduled|booked|ordered|bought|called|phoned|dialled|saved|stored|recorded|noted|remembered"
    r"|deleted|removed|erased|forgotten|forgot|played|opened|closed|locked|unlocked|added|updated|notified|emailed|texted"
    r"|started|stopped|dimmed|adjusted|activated|deactivated|enabled|disabled|reserved|paid|transferred|reminded|checked"
    r"|drawn|generated|painted|found|located|downloaded|uploaded|installed|printed|muted|paused"
)
_EN_FUTURE = (
    r"remind|wake|notify|call|phone|text|email|send|turn|switch|set|order|book|lock|unlock|dim|play|save|store|note"
    r"|remember|delete|check|monitor|watch|schedule|alert"
)
_PATTERNS = [
    rf"\b(?:I|we)(?:'ve| have| just| have just| have now|'ve just| already| successfully)* (?:{_EN_VERBS})\b",
    rf"\b(?:I|we)(?:'ll| will| am going to|'m going to) (?:now |also )?(?:{_EN_FUTURE})\b",
    rf"\b(?:has|have) (?:now |just |already )?been (?:successfully )?(?:{_EN_VERBS})\b",
    r"\b(?:alarm|timer|reminder|lights?|lamp|heating|door|order|message|email|music|call|appointment|event)\b[^.!?]{0,40}"
    r"\b(?:is|are) (?:now |already )?(?:on|off|set|sent|locked|unlocked|open|closed|playing|booked|scheduled|placed)\b",
    r"(?:我|已|帮您|为您|帮你|为你)[^。！？]{0,6}(?:已经|已|经)[^。！？]{0,14}"
    r"(?:打开|关闭|关掉|发送|设置|设定|设好|保存|记录|记住|记下|删除|播放|预订|预定|下单|拨打|添加|启动|停止|调好|锁)",
    r"已(?:经)?(?:为您|帮您|为你|帮你|成功)?(?:打开|关闭|关掉|发送|设置|设定|设好|保存|记录|记住|记下|删除|播放|预订|下单|添加|锁)",
    r"我(?:会|将)(?:在[^。！？]{0,12})?(?:提醒|叫醒|通知|发送|打开|关闭|设置|拨打|记住|保存|播放)",
    r"\b(?:ich habe|ich hab)\b[^.!?]{0,60}\b(?:einge|ausge|an|ab)?(?:schaltet|stellt|gemacht|gesendet|geschickt|"
    r"gespeichert|gelöscht|bestellt|gebucht|angerufen|notiert|gemerkt|gesperrt|verriegelt|gespielt)\b",
    r"\bich werde\b[^.!?]{0,60}\b(?:erinnern|wecken|benachrichtigen|anrufen|schicken|einschalten|ausschalten)\b",
    r"\bj'ai (?:bien )?(?:allumé|éteint|envoyé|réglé|programmé|enregistré|supprimé|commandé|réservé|appelé|noté)\b",
    r"\bje (?:vais (?:te |vous |l'|la |le )?(?:rappeler|réveiller|envoyer|allumer|éteindre|appeler|prévenir)"
    r"|te rappellerai|vous rappellerai|te préviendrai)\b",
    r"\bhe (?:encendido|apagado|enviado|puesto|programado|guardado|borrado|pedido|reservado|llamado|anotado|cerrado)\b",
    r"\b(?:te|le) (?:recordaré|avisaré|despertaré|llamaré|enviaré)\b",
]
_CLAIM = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS), re.IGNORECASE)
_CONDITION = re.compile(
    r"\b(?:if|could|would|can't|cannot|not|never|when you|once you|unless)\b|如果|不能|无法|没有|没办法", re.IGNORECASE
)
_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")

NOTHING_DONE = {
    "en": "I did nothing of that kind: none of my tools can do it.",
    "zh": "我没有做这件事：我的工具都做不到。",
}


def claims_action(sentence: str) -> bool:
    """Whether a sentence claims that the program acted, or will act later, on the house or the world."""
    return bool(_CLAIM.search(sentence)) and not _CONDITION.search(sentence)


class ClaimFilter:
    """Passes streamed text on sentence by sentence; the first untrue claim is replaced, later ones are left out."""

    def __init__(self, language: str = "en") -> None:
        self._language = language
        self._held = ""
        self._replaced = False

    def feed(self, piece: str) -> str:
        """Take the next piece; return the text that is safe to show now."""
        self._held += piece
        shown = ""
        while match := _END.search(self._held):
            shown += self._checked(self._held[: match.end()])
            self._held = self._held[match.end() :]
        return shown

    def close(self) -> str:
        """The rest, once the reply has ended."""
        rest, self._held = self._held, ""
        return self._checked(rest) if rest else ""

    def _checked(self, sentence: str) -> str:
        if not claims_action(sentence):
            return sentence
        if self._replaced:
            return ""
        self._replaced = True
        trailing = sentence[len(sentence.rstrip()) :]
        return NOTHING_DONE["zh" if self._language == "zh" else "en"] + trailing
