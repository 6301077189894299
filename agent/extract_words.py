"""Text to say, facts, queries and paths, word for word as the request has them. Owns no files and no memory."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agent.quotes import file_names, quotations

Message = Mapping[str, str]

_POLITE = (
    r"(?:(?:please|pls|plz|hey|hi|ok|okay|um|uh|erm|so|well|bitte|äh|s'il\s+te\s+pla[îi]t|stp|euh|por\s+favor|eh|请|嗯|呃|那个|麻烦你?|"
    r"can\s+you|could\s+you|would\s+you|will\s+you|i\s+want\s+you\s+to|i(?:'d|\s+would)\s+like\s+you\s+to|you\s+(?:can|should|may)|"
    r"kannst\s+du|du\s+kannst|peux-tu|tu\s+peux|¿?puedes|帮我|帮忙|给我|我想让你|你可以|can|kindly)[\s,，]*)*"
)
AUDIO = re.compile(
    r"(?=\S{1,255}?\.(?:wav|mp3|ogg|flac|m4a|opus)\b)"  # a quick look ahead: the rest is slow on long runs of letters
    r"[^\s\"“”«»„,;:：，。！？、「」‘’'\u4e00-\u9fff]{0,255}[\w\u4e00-\u9fff-]{1,255}\.(?:wav|mp3|ogg|flac|m4a|opus)\b",
    re.IGNORECASE,
)
_SAVING = re.compile(
    r"[,，]?\s*(?:\b(?:and|und|et|y)\s+)?(?:(?:save|store|record|put|write|export|speicher\w*|enregistre\w*|guárda\w*|guarda\w*)\s+"
    r"(?:it|this|that|es|das|le|la|lo)?\s*)?(?:\b(?:as|to|in|into|under|als|unter|sous|dans|como|en)\b|并?(?:保存|存|录)(?:成|为|到|在)?|"
    r"存成|存为)\s*(?:a\s+file\s+(?:called|named)\s+)?$",
    re.IGNORECASE,
)
_VOICE = re.compile(
    r"[,，]?\s*(?:\b(?:in|with|using|use)\s+(?:a|an|the|your)?\s*(?P<en>[\w\s-]{2,20}?)\s+voice\b(?:\s*[,:to]+(?=\s))?"
    r"|\bmit\s+(?:der|einer)\s+(?P<de>[\w]+)stimme|\bavec\s+(?:la|une)\s+voix\s+(?P<fr>[\w]+)"
    r"|\bcon\s+(?:la\s+)?voz\s+(?:de\s+)?(?P<es>[\w]+)|用(?P<zh>[\u4e00-\u9fff]{1,6}?)(?:的?声音|声|音色)(?:来)?)",
    re.IGNORECASE,
)
_SPEAK = re.compile(
    rf"^{_POLITE}(?:say\s+(?:out\s+loud|aloud)|say|speak(?:\s+the\s+words)?|announce(?:\s+to\s+\w+)?|shout|whisper|call\s+out|"
    r"read\s+(?:out(?:\s+loud)?|aloud)|read(?:\s+me|\s+to\s+\w+)?|pronounce(?:\s+the\s+word)?|tell\s+(?:everyone|everybody|the\s+\w+)(?:\s+out\s+loud)?|"
    r"voice|narrate|broadcast|repeat|tts|text\s+to\s+speech|sag(?:e|t)?(?:\s+mal)?|sprich|lies(?:\s+(?:laut|mir|uns|bitte))*(?:\s+vor)?|flüstere|"
    r"dis|lis(?:-moi)?|annonce|prononce|chuchote|di|lee|léeme|anuncia|pronuncia|susurra|wiederhole|répète|repite|"
    r"朗读|大声朗读|念一下|念出来?|念|读一下|读出来?|读给[\u4e00-\u9fff]{1,3}听|大声说|大声念|说出来?|说一[声句]|说|播报一下|播报|广播一下|广播|喊一声|喊|通知大家)(?![a-zà-ÿ])"
    r"(?:\s*(?:out\s+loud|aloud|loudly|slowly|to\s+me|in\s+[\w\s]+?(?=\s+that\b)|laut|à\s+(?:voix\s+)?haute(?:\s+voix)?|en\s+voz\s+alta|en\s+alto))*"
    r"\s*(?::|：|,|，|\bthat\b|\bdass\b|\bque\b)?\s*(?P<text>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_SPOKEN_TAIL = re.compile(
    r"[,，]?\s*(?:\b(?:out\s+loud|aloud|please|for\s+me|to\s+me|to\s+(?:everyone|everybody|the\s+\w+)|over\s+the\s+speakers?|"
    r"through\s+the\s+speakers?|vor|laut|bitte|à\s+(?:voix\s+)?haute(?:\s+voix)?|en\s+voz\s+alta|en\s+alto|por\s+el\s+altavoz|por\s+favor)|"
    r"听|出来)\s*[.!。！]?$",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"^(?:it|this|that|them|those|these|(?:your|the|that)\s+(?:last\s+|previous\s+)?(?:answer|reply|message|text|summary|response|result|story|poem)"
    r"|das|es|deine\s+letzte\s+antwort|ça|ceci|cela|ta\s+(?:dernière\s+)?réponse|eso|esto|tu\s+(?:última\s+)?respuesta|lo"
    r"|这个?|那个?|它|这段|上面的|你?刚才的?(?:回答|话)?|your\s+words)"
    r"(?:\s+(?:again.*|to\s+me|aloud|out\s+loud|back|laut|vor|mir|out))*[\s.!?。！？]*(?:读|念|听)?[给我听出来一遍]*$",
    re.IGNORECASE,
)
_REMEMBER = re.compile(
    rf"^{_POLITE}(?:don'?t\s+(?:let\s+me\s+)?forget|remember|rember|remmeber|keep\s+in\s+mind|bear\s+in\s+mind|(?:make\s+a\s+|take\s+a\s+|quick\s+)?note(?:\s+to\s+self|"
    r"\s+down)?|jot\s+down|write\s+down|save(?:\s+this|\s+for\s+later)?|store(?:\s+this|\s+the\s+fact)?|memori[sz]e(?:\s+this)?|for\s+later|fyi|"
    r"just\s+so\s+you\s+know|for\s+your\s+information|record|log|add\s+to\s+memory|keep\s+(?:this|a\s+record)|merke?\s+dir(?:\s+mal)?|denk\s+dran|"
    r"vergiss\s+nicht|notier\w*|schreib\s+auf|notiz|speicher\w*|halte\s+fest|souviens-toi|retiens|n'oublie\s+pas|note|garde\s+en\s+tête|"
    r"enregistre|recuerda|acuérdate\s+de|no\s+olvides|apunta|anota|nota|ten\s+en\s+cuenta|memoriza|guarda(?:\s+esto)?|"
    r"(?:请?记住|记一下|记下来?|记得|记着|记录一?下?|备忘|别忘了?|千万别忘|存一下|备注)(?:一件事)?)"
    r"(?:\s*(?:[:：,，]|\bthat\b|\bdass\b|\bque\b|\bof\b))*\s*(?P<fact>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_KEEPING = re.compile(
    r"\b(?:re?memb|rember|remmeber|forget|(?:keep|bear)\s.*mind|notes?\b|noting|jot|write|save|store|memor|record|log\b|merk|denk|vergiss|"
    r"vergessen|notier|schreib|speicher|halte|festhalten|souvien|retien|retenir|rappel|oubli|note|garde|enregistr|recuerd|recordar|acu[eé]rd|"
    r"olvid|apunt|an[oó]t|guard)|[记存忘]|备忘|备注",
    re.IGNORECASE,
)
_NOTED_TAIL = re.compile(
    r"[,，.。;；]\s*(?:please\s+|bitte\s+|and\s+|so\s+)?(?:remember(?:\s+(?:that|it|this))?|keep\s+(?:that|it)\s+in\s+mind|(?:make\s+a\s+)?note(?:\s+(?:of\s+)?(?:it|that))?|"
    r"write\s+(?:that|it)\s+down|save\s+(?:that|it)|don'?t\s+forget(?:\s+it)?|merk\s+dir\s+das|notier\s+(?:das|es)|retiens-le|note-le|"
    r"tenlo\s+en\s+cuenta|anótalo|apúntalo|记住(?:了|哦|吧)?|帮我记[着下住]?(?:一下)?|记一下|别忘了|记着|存起来|记下来?)\s*[.!。！]*$",
    re.IGNORECASE,
)
_RECALL = re.compile(
    rf"^{_POLITE}(?:what\s+(?:did\s+i\s+(?:tell\s+you|say)|have\s+i\s+told\s+you|do\s+you\s+(?:know|remember))\s+(?:about|on|regarding)|"
    r"do\s+you\s+(?:still\s+)?(?:remember|know|recall)|remind\s+me\s+(?:of|about)?|tell\s+me\s+again|"
    r"(?:look\s+up|check|search)\s+(?:your|my)\s+(?:notes|memory)\s+(?:on|for|about)|was\s+(?:habe|hab)\s+ich\s+(?:dir\s+)?über|"
    r"weißt\s+du\s+noch|erinnerst\s+du\s+dich\s+an|qu'est-ce\s+que\s+je\s+t'ai\s+dit\s+(?:sur|à\s+propos\s+de)|tu\s+te\s+(?:souviens|rappelles)\s+d[eu]?|"
    r"rappelle-moi|¿?qué\s+te\s+dije\s+(?:sobre|de|acerca\s+de)|¿?te\s+acuerdas\s+de|¿?recuerdas|你?还记得|你知道|记不记得|查一下(?:笔记|记忆)里的?|关于)\s*"
    r"(?P<query>.+?)(?:\s+(?:said|gesagt|erzählt))?[?？.!。！吗]*$",
    re.IGNORECASE | re.DOTALL,
)
_FORGET = re.compile(
    rf"^{_POLITE}(?:forget|delete|erase|remove|wipe|clear|drop|scrap|discard|unlearn|purge|vergiss|lösche?|streiche?|oublie[rz]?|efface[rz]?|supprime[rz]?|"
    r"olvidar?|borrar?|eliminar?|忘掉|忘记|忘了|删掉|删除|清除|抹掉|去掉|请忘记)\s*"
    r"(?:(?:everything|all|what|anything|that\s+thing)\s+(?:i\s+(?:said|told\s+you|mentioned)|you\s+(?:know|remember|have))?\s*(?:about|on)\s+|"
    r"(?:the|my|that|your)\s+(?:note|notes|entry|fact|memory|record)s?\s+(?:about|on|of|that)\s+|about\s+|that\s+|alles\s+über\s+|die\s+notiz\s+(?:über|vom|zu)\s+|dass\s+|"
    r"tout\s+sur\s+|la\s+note\s+sur\s+|que\s+|todo\s+sobre\s+|la\s+nota\s+(?:sobre|de)\s+|关于|有关)?"
    r"(?P<query>.+?)(?:\s+from\s+(?:your|my)\s+(?:memory|notes))?(?:的(?:记录|事|笔记))?[.!。！]*$",
    re.IGNORECASE | re.DOTALL,
)
_TAKE_OUT = re.compile(
    r"把(?P<query>.+?)(?:的(?:记录|事|笔记))?从?(?:你的?)?(?:记忆|笔记)?(?:里|中)?(?:都|全部)?(?:删掉|删除|删了|去掉|清除|抹掉|忘掉|忘了)"
)
_STYLE = re.compile(
    r"\b(?:in|as|into|auf|als|en|con)\s+(?:\w+\s+){0,3}?(?:sentences?|bullet\s*points?|bullets?|points?|paragraphs?|words?|lines?|terms|"
    r"satz|sätzen|stichpunkten?|punkten|worten|wörtern|phrases?|points|mots|frases?|puntos|palabras|haiku|table|list)\b|"
    r"\b(?:for\s+(?:a|an|my)\s+[\w-]+(?:\s+year\s+old)?|formally|briefly|simply|very\s+short|in\s+(?:german|english|chinese|french|spanish|plain\s+\w+))\b|"
    r"(?:用|以|分)(?:[一两二三四五六七八\d]+[点句条个段]话?|简单的话|列表|要点|[\u4e00-\u9fff]{1,3}语|大白话)(?:要点)?|[一两三四五\d]+(?:句话|个要点|点)",
    re.IGNORECASE,
)


def speak(request: str, history: Sequence[Message]) -> dict[str, Any]:
    """`text` word for word, `save_as` and `voice`."""
    found: dict[str, Any] = {}
    rest = request.strip()
    quoted = [text for text in quotations(rest) if not AUDIO.fullmatch(text.strip())]
    if quoted:
        rest = rest.replace(quoted[0], "…", 1)
    if file := AUDIO.search(rest):
        found["save_as"] = file.group()
        rest = _SAVING.sub("", rest[: file.start()]) + rest[file.end() :]
    if voice := _VOICE.search(rest):
        found["voice"] = next(group for group in voice.groups() if group).strip()
        rest = rest[: voice.start()] + " " + rest[voice.end() :]
    if quoted:
        return {"text": quoted[0].strip(), **found}
    said = _SPEAK.match(rest.strip())
    colon = _after_colon(rest)
    if colon and said and len(rest) - len(colon) < 60 and not _BACK.match(colon):
        return {"text": colon, **found}
    text = _SPOKEN_TAIL.sub("", said["text"].strip()).strip() if said else ""
    answer = next((turn["content"] for turn in reversed(history) if turn["role"] in ("assistant", "ai")), "")
    if answer and (_BACK.match(text) or not (text or colon)):
        return {"text": answer, **found}
    if text and not _BACK.match(text):
        return {"text": text, **found}
    return {"text": colon, **found} if colon else found


def remember(request: str) -> dict[str, Any]:
    """`fact` in the user's own words, without the order to keep it."""
    text = request.strip()
    match = _REMEMBER.match(text)
    fact = (match["fact"] if match else _NOTED_TAIL.sub("", text)).strip()
    if len(fact) < 2 or re.fullmatch(r"(?:that|this|it|das|ça|eso|这个|那个)[.!。]*", fact, re.IGNORECASE):
        return {}
    return {"fact": fact.rstrip()}


def only_asks(request: str) -> bool:
    """Whether a request ends as a question and holds no word of keeping: then it tells nothing that could be kept."""
    return request.rstrip().endswith(("?", "？")) and not _KEEPING.search(request)


def recall(request: str) -> dict[str, Any]:
    """`query`: what it is about, in the user's own words; the whole request where no opening is known."""
    match = _RECALL.match(request.strip())
    return {"query": (match["query"] if match else request).strip()}


def forget(request: str) -> dict[str, Any]:
    """`query`: what shall be forgotten, in the user's own words."""
    text = request.strip()
    match = _TAKE_OUT.search(text) or _FORGET.match(text)
    query = (match["query"] if match else text).strip(" ,.;，。")
    return (
        {}
        if re.fullmatch(r"(?:that|this|it|das|es|ça|eso|lo|这个|那个|它)", query, re.IGNORECASE)
        else {"query": query}
    )


def summarize_file(request: str) -> dict[str, Any]:
    """`path` literally, and `style`."""
    names = file_names(request)
    quoted = [text for text in quotations(request) if re.search(r"[\\/.]", text)]
    if not names and not quoted:
        return {}
    name = quoted[0] if quoted and (not names or names[0] in quoted[0]) else names[0]
    found: dict[str, Any] = {"path": name}
    if style := _STYLE.search(request.replace(name, " ")):
        found["style"] = style.group().strip()
    return found


def _after_colon(text: str) -> str:
    found = re.search(r":\s+|：\s*", text)
    return text[found.end() :].strip() if found and found.start() < 120 else ""
