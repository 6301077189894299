"""Finds facts about the owner's life in the owner's own words. Owns no storage; changes no word.

First version, by rules, and conservative: a sentence is taken, as it was said, when it states something lasting about
the speaker or what is theirs ("My sister's name is Anna", "我住在柏林"). Questions, commands, wishes, moods and talk
about the conversation itself are not taken.
"""

from __future__ import annotations

import re

from memory.words import sentences

LONGEST = 300
_I = re.IGNORECASE
_LEAD_IN = re.compile(
    r"^(?:(?:hi|hello|hey|oh|well|ok|okay|by the way|btw|also|and|actually|fyi|just so you know|for your information"
    r"|(?:please )?(?:remember|note|keep in mind)(?: that)?|übrigens|hallo|ach|also|au fait|bonjour|salut|por cierto"
    r"|hola|顺便说一下|顺便说|对了|你好|请记住|记住)(?:\s*[,,:!—–-]\s*|\s+|(?<=[\u4e00-\u9fff])))+",
    _I,
)
_QUESTION = re.compile(
    r"[?？]\s*$|[吗呢吧]\s*[。.!！]?$|什么|哪[里个儿些]|谁|多少|怎么|为什么|几[点个岁]"
    r"|\b(?:can|could|would|will) you\b|\bplease\b|\bkannst du\b|\bbitte\b|\bpeux-tu\b|\bs'il te pla[iî]t\b"
    r"|\bpuedes\b|\bpor favor\b|帮我|给我|请",
    _I,
)
_PASSING = re.compile(
    r"^(?:i(?:'m| am)|ich bin|je suis|(?:yo )?(?:soy|estoy)|我是?)\s*(?:just |so |very |really |not |a bit )*"
    r"(?:un peu |sehr )?(?:sure|sorry|glad|happy|sad|tired|hungry|bored|back|here|there|fine|ok|okay|good|ready"
    r"|done|afraid|curious|wondering|looking|trying|going|thinking|asking|talking|planning|hoping|interested|excited"
    r"|müde|sicher|fertig|froh|désolée?|fatiguée?|sûre?|prête?|cansad[oa]|segur[oa]|list[oa]|说|问|想|觉得|不知道)\b"
    r"|^(?:i|we) (?:like|love|hate|prefer|have|own|use) (?:it|that|this|these|those|them|your|you|to|no|the idea)\b"
    r"|^(?:i|we) have (?:a |an |another |one |some )?(?:question|problem|idea|feeling|request|doubt|look|been|to|had"
    r"|heard)"
    r"|^my (?:god|goodness|question|point|problem|request|bad|apologies)\b|^ich habe (?:eine )?frage|^j'ai une question"
    r"|^tengo una pregunta|^我有(?:一?个)?(?:问题|疑问|想法)|^我(?:有点|有一点|喜欢(?:这个|它|你))",
    _I,
)
_WORD = r"[^\s,.;:!?]+"
_STATEMENTS = tuple(
    re.compile(pattern, _I)
    for pattern in (
        # en: "my … is", "I live …", "I'm allergic …"
        rf"^(?:my|our) (?:{_WORD} ){{1,5}}?(?:is|are|was|were|has|have|lives?|works?|likes?|loves?|hates?|prefers?"
        r"|takes?|needs?|starts?|ends?|studies|died|goes to|plays|speaks)\b",
        rf"^(?:my|our) {_WORD}'s (?:{_WORD} ){{1,4}}?(?:is|are|was)\b",
        r"^(?:i|we) (?:(?:usually|always|often|never|also|don't|do not|really|only|normally|both) )?(?:live|work|study"
        r"|like|love|hate|prefer|speak|drive|own|play|collect|sleep|wake up|get up|go to bed|eat|drink|keep|park|take"
        r"|have|was born|were born|grew up|moved|married|got married|bought|graduated|retired|enjoy|teach)\b",
        r"^(?:i'm|i am|we're|we are) (?:also |really |not |very )?(?:allergic|an?|from|married|vegetarian|vegan"
        r"|divorced|left-handed|right-handed|retired|\d+|born|lactose|afraid of|in charge|single|pregnant|diabetic)\b",
        r"^(?:people|friends|you can|everyone) calls? me\b|^call me\b",
        # zh
        r"^我(?:的名字)?(?:叫|住在|来自|出生|属|今年|对.{1,20}过敏|不?(?:太|很|最)?(?:喜欢|爱|讨厌)|不吃|会说|养了|有"
        r"|是(?!不是)|在.{1,20}(?:工作|上班|上学|读书)|每天|每周|结婚)",
        r"^(?:我们?)(?:的|家|妈|爸|姐|妹|哥|弟|爷|奶|老婆|老公|妻子|丈夫|儿子|女儿|朋友|同事|老板|狗|猫).{0,20}?"
        r"(?:是|叫|在|住|有|喜欢|讨厌|对.{1,20}过敏|不吃|今年)",
        # de
        r"^ich (?:heiße|heisse|wohne|lebe|arbeite|studiere|mag|liebe|hasse|spreche|besitze|fahre|esse|trinke|komme aus"
        r"|bin (?:allergisch|aus|verheiratet|vegetarier|veganer|ein|\d+|in .+ geboren)"
        r"|habe (?:ein|eine|einen|zwei|drei|\d))",
        rf"^(?:meine?|unsere?) (?:{_WORD} ){{1,4}}?(?:heißt|heisst|ist|sind|hat|haben|wohnt|lebt|arbeitet|mag|war)\b",
        # fr
        r"^(?:je (?:m'appelle|suis|vis|travaille|déteste|préfère|parle|viens de|bois|mange)|j'(?:habite|aime|adore"
        r"|ai (?:une?|deux|trois|\d+)|étudie)|je n'aime pas)\b",
        rf"^(?:mon|ma|mes|notre|nos) (?:{_WORD} ){{1,4}}?(?:s'appelle(?:nt)?|est|sont|a|ont|habite|vit|travaille"
        r"|aime)\b",
        # es
        r"^(?:yo )?(?:me llamo|vivo|trabajo|soy|estudio|prefiero|odio|hablo|nací|bebo|como|(?:no )?me gustan?"
        r"|(?:no )?me encantan?|tengo (?:una?|dos|tres|\d+))\b",
        rf"^(?:mis?|nuestr[oa]s?) (?:{_WORD} ){{1,4}}?(?:se llaman?|es|son|vive|tiene|está|trabaja|gusta)\b",
    )
)


def extract(text: str) -> list[str]:
    """The sentences of a user's turn that state lasting facts about the user, word for word, in order, each once.

    A greeting or "remember that" before the statement is left out. Never raises; most turns hold none.
    """
    found: dict[str, None] = {}
    for sentence in sentences(text):
        stated = without_lead_in(sentence).replace("’", "'")
        if states_fact(stated):
            found[_tidy(stated)] = None
    return list(found)


def without_lead_in(sentence: str) -> str:
    """A sentence without the greeting or the "remember that" before its statement."""
    return _LEAD_IN.sub("", sentence, count=1).strip()


def states_fact(sentence: str) -> bool:
    """Whether one sentence, without lead-in, is a lasting statement of the speaker about themselves."""
    if not 3 <= len(sentence) <= LONGEST or _QUESTION.search(sentence) or _PASSING.search(sentence):
        return False
    return any(pattern.search(sentence) for pattern in _STATEMENTS)


def _tidy(sentence: str) -> str:
    text = " ".join(sentence.split())
    return text[:1].upper() + text[1:]
