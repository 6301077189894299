"""What, which camera, who and when, as the request says them, for the finder's tools. Owns no time arithmetic."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from runtime.times import Interval, find_when

_MINE = (
    r"(?:(?:my|mine|our|the|his|her|their|a|an|some|that|those|this|"
    r"mein(?:e|en|em|er)?|unser(?:e|en|em|er)?|der|die|das|den|dem|"
    r"mon|ma|mes|notre|nos|le|la|les|l'|mi|mis|nuestr[oa]s?|el|los|las|the\s+kids'|my\s+\w+'s)\s+|l'|我们?家?的|那个|那[把本只件])"
)
_THING = r"(?P<item>[^?!.,;，。？！；]{1,80}?)"
_END = r"\s*(?:[?!.,;，。？！；]|$)"
_BE = r"(?:'s|s|\s+is|\s+are|'re|\s+r|\s+was|\s+were|\s+ist|\s+sind|\s+liegt|\s+liegen)"
_FIND = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bwhere(?:'d|\s+did|\s+have|\s+has|\s+could|\s+would|\s+do)\s+(?:i|we|you|she|he|they|[\w.]+(?:\s[\w]+)?)\s+"
        rf"(?:(?:last|put|leave|left|see|seen|set|lay|drop|lose|place|hide|store|keep|down|have)\s+)+(?:down\s+)?"
        rf"{_MINE}?{_THING}{_END}",
        rf"\bwhere(?:\s+have|\s+has|'ve|\s+did|'d)\s+{_MINE}{_THING}\s+"
        rf"(?:gone|go|been|disappeared|ended\s+up|end\s+up|get\s+to|got\s+to|run\s+off)\b",
        rf"\bwhere\s+(?:on\s+earth|in\s+the\s+house|the\s+hell)?\s*(?:could|can|might)\s+{_MINE}?{_THING}\s+be\b",
        rf"\bwhere(?:abouts)?(?:\s+(?:on\s+earth|in\s+the\s+house|the\s+hell|exactly))?{_BE}\s+{_MINE}?{_THING}{_END}",
        rf"\bwhere\s+{_MINE}{_THING}\s+(?:is|are|was|were|might\s+be|went|ended\s+up|could\s+be){_END}",
        rf"\b(?:can(?:'t|not|t)?|could(?:n't)?)\s*(?:seem\s+to\s+)?find\s+{_MINE}?{_THING}{_END}",
        rf"\b(?:seen|spotted)\s+{_MINE}{_THING}{_END}",
        rf"\b(?:find|locate|look(?:ing)?\s+for|search(?:ing)?\s+for|track\s+down)\s+{_MINE}{_THING}{_END}",
        rf"\b(?:i(?:'ve)?\s+)?(?:lost|misplaced)\s+{_MINE}{_THING}{_END}",
        rf"\bwo(?:\s+(?:ist|sind|liegt|liegen|steckt|steht)|\s+hab(?:e|en|t)?\s+(?:ich|wir)?)\s*(?:bloß|nur|denn)?\s*"
        rf"{_MINE}{_THING}(?:\s+(?:hingelegt|gelassen|hin|geblieben|abgeblieben|hingetan|abgelegt|liegen(?:lassen)?))?{_END}",
        rf"\b(?:finde|such(?:e|st)?|gesehen)\s+(?:bitte\s+)?{_MINE}{_THING}(?:\s+nicht(?:\s+mehr)?)?{_END}",
        rf"\bhast\s+du\s+{_MINE}{_THING}\s+gesehen",
        rf"\bo[ùu]\s+(?:est|sont|se\s+trouvent?|ai-je\s+(?:mis|laissé|posé|rangé)|est-ce\s+que\s+j'ai\s+(?:bien\s+pu\s+)?"
        rf"(?:mis|laissé|posé|poser|mettre))\s+{_MINE}{_THING}{_END}",
        rf"\b(?:trouve\s+(?:pas|plus)|cherche|vu|perdu)\s+{_MINE}{_THING}{_END}",
        rf"d[óo]nde\s+(?:est[áa]n?|he\s+(?:dejado|puesto|metido)|dej[ée]|puse|habr[ée]\s+(?:dejado|puesto))\s+"
        rf"{_MINE}{_THING}{_END}",
        rf"\b(?:encuentro|busca|buscar|visto|perdido|perd[íi])\s+(?:a\s+)?{_MINE}{_THING}{_END}",
        rf"\b(?:leave|left|put|forget|forgot|move|moved|take|took|taken|touched?|had|used|borrowed|pick(?:ed)?\s+up|missing|for)\s+"
        rf"(?:my|mein(?:e|en)?|mon|ma|mes|mis?)\s+{_THING}{_END}",
        rf"\b(?:is|are|was|were)\s+(?:my|the)\s+{_THING}\s+(?:still\s+)?(?:in|on|at|by|under|here|lying)\b",
        rf"\b(?:my|our)\s+{_THING}\s+(?:is|are|isn't|aren't|was|were|has|have|keeps?|must|should|seems?|went|vanished|disappeared|"
        r"isnt|arent|walked|grew)\b",
        rf"\bthe\s+{_THING}\s+(?:is|are|has|have)\s+(?:gone|missing|lost|vanished|disappeared|nowhere)\b",
        rf"\b(?:mein|unser)(?:e|en|er)?\s+{_THING}\s+(?:ist|sind|liegt|fehlt|hängt|steht|war|lag|nicht)\b",
        rf"\b(?:mon|ma|mes)\s+{_THING}\s+(?:est|sont|a|ont|n'|ne|était|étaient)\b",
        rf"\b(?:mi|mis)\s+{_THING}\s+(?:está|están|ha|han|no|estaba|estaban|ya)\b",
        rf"\b(?:the|my|der|die|das|le|la|les|el|los|las)\s+{_THING}\s+(?:isn't|aren't|isnt|ist\s+nicht|sind\s+nicht|hängt\s+nicht|"
        r"steht\s+nicht|liegt\s+nicht|n'est\s+p|ne\s+sont\s+p|no\s+est[áa])",
        r"(?P<item>[^，。？！我的昨今早上刚才\s]{1,10}?)(?:又|怎么|全|都|就)?(?:不见了?|没了|丢了|不在|找不到|消失|不知道)",
        r"(?:找不到|找不着|找一?下|找找|有没有看[到见]|看[到见](?:了)?|寻找)(?:我的?|我们的)?(?P<item>[^，。？！了吗没\s]{1,20})",
        r"我(?:(?:把|的)|们的)(?P<item>[^，。？！]{1,20}?)(?:(?:最后|现在|到底|又|被谁|是不是)?"
        r"(?:在|放|搁|丢|去|呢|落|忘|不见|跑|哪|拿|没了|找不))",
        r"^(?:那|那么)?(?:我的)?(?P<item>[^，。？！我的还着了]{1,8}?)(?:呢|在哪|放哪|去哪|放在|在什么地方)",
    )
)
_FOLLOWING = re.compile(
    rf"^(?:and|what\s+about|how\s+about|und|et|¿?y|que\s+tal|那)[\s,]*(?:about\s+)?{_MINE}?{_THING}(?:呢)?{_END}",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\s+(?:please|pls|for\s+me|anywhere|lately|around(?:\s+here)?|again|right\s+now|now|today|at\s+the\s+moment|by\s+any"
    r"\s+chance|help|since|denn|bitte|gerade|jetzt|eigentlich|s'il\s+te\s+pla[îi]t|maintenant|por\s+favor|ahora|last|"
    r"(?:in|on|at|from)\s+(?:the\s+)?[\w\s]*(?:cameras?|cam|footage)|end\s+up|seit|depuis|desde)\s*$",
    re.IGNORECASE,
)
_LEAD = re.compile(rf"^{_MINE}", re.IGNORECASE)
_CUT = re.compile(
    r"\s+(?:(?:in|on|at|by|near|under|behind|beside|from|before|after)\s+(?:the|my|our|this|that|here|his|her|lunch|dinner|i)\b"
    r"|when|while|because|since|that\s+i|i\s+(?:was|had)|which|and\s+(?:where|when|who|then)).*$",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<=[a-z,] )(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|I\b|TV)[A-Z][a-zà-ÿ]+\b(?!['’]s)")
_ANYBODY = re.compile(
    r"\b(?:who\w*|any(?:one|body)|some(?:one|body)|every(?:one|body)|stranger|people|i|we|wer|jemand|ich|wir|qui|quelqu'un|je|nous|"
    r"qui[eé]n|alguien|yo)\b|谁|有人|大家|陌生人|我",
    re.IGNORECASE,
)
_KIN = re.compile(
    r"\b(?:(?:my|the|our)\s+)?(?:mother|father|mum|mom|dad|grandma|grandpa|grandfather|grandmother|wife|husband|son|daughter|kids|children|"
    r"brother|sister|roommate|babysitter|nanny|plumber|cleaner|visitor|guest|oma|opa|papa|mama|kinder|vater|mutter|mamie|papi|maman|père|mère|"
    r"enfants|abuela|abuelo|mamá|papá|niños|hermano|hermana|madre|padre)\b|奶奶|爷爷|爸爸?|妈妈?|外婆|外公|老公|老婆|儿子|女儿|孩子们?|"
    r"保姆|保洁|快递员|水管工|室友|弟弟|哥哥|姐姐|妹妹",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\b(?:aunt(?:ie|y)?|uncle|cousin|gran(?:d?ma|d?pa|ny)|nana|mr|mrs|ms|miss|dr|doctor|nurse|tante|onkel|oma|opa|frau|herr|"
    r"oncle|tonton|mamie|papi|madame|monsieur|t[ií][oa]|abuel[oa]|prim[oa]|se[ñn]ora?|don|doña)\.?$",
    re.IGNORECASE,
)
_AFTER_TITLE = re.compile(r"(\.?\s+[A-ZÀ-Þ][\w'-]+)")

ROOMS = (
    "front door|back door|side door|front yard|back yard|backyard|living room|dining room|laundry room|utility room|"
    "kids' room|children's room|guest room|play room|playroom|kitchen|garage|hallway|hall|corridor|garden|study|"
    "bedroom|nursery|porch|driveway|basement|cellar|office|attic|terrace|patio|balcony|yard|workshop|bathroom|entrance|"
    "entry|stairs|staircase|gate|pantry|shed|lounge|door|"
    "Wohnzimmer|Esszimmer|Kinderzimmer|Arbeitszimmer|Schlafzimmer|Badezimmer|Küche|Garage|Flur|Diele|Haustür|Hintertür|"
    "Garten|Einfahrt|Keller|Terrasse|Balkon|Büro|Dachboden|Hof|Eingang|"
    "chambre d'enfants|cuisine|salon|séjour|couloir|entrée|jardin|bureau|chambre|allée|cave|terrasse|balcon|grenier|"
    "porte d'entrée|portail|cour|salle à manger|salle de bains|"
    "cocina|garaje|salón|sala|pasillo|entrada|jardín|despacho|dormitorio|sótano|terraza|balcón|patio|puerta|comedor|"
    "baño|oficina|habitación|"
    "厨房|客厅|车库|走廊|过道|大门口|门口|前门|后门|大门|花园|后院|前院|院子|洗衣房|书房|主卧|次卧|卧室|婴儿房|儿童房|阳台|地下室|餐厅|"
    "办公室|玄关|洗手间|浴室|车道|楼梯|储藏室|露台"
)
_CAMERA_WORD = r"(?:cameras?|cams?|kamera|caméra|cámara|camara|camera|摄像头|摄像机|监控|画面)"
_NAMED = re.compile(
    rf"(?P<before>[\w']+(?:\s(?:door|room|yard|side))?)\s+{_CAMERA_WORD}\b"
    rf"|{_CAMERA_WORD}\s+(?:number\s+|nummer\s+|numéro\s+|número\s+)?(?P<number>\d+|one|two|three|four|eins|zwei|un|deux|uno|dos)\b"
    rf"|(?P<han>[\w]{{1,6}}?)(?:的)?(?:摄像头|摄像机|监控)",
    re.IGNORECASE,
)
_ROOM = re.compile(rf"(?<![A-Za-zÀ-ÿ])(?:{ROOMS})(?![A-Za-zÀ-ÿ])", re.IGNORECASE)
_NOT_A_NAME = {
    "the",
    "my",
    "a",
    "all",
    "any",
    "which",
    "what",
    "die",
    "la",
    "on",
    "of",
    "security",
    "house",
    "home",
    "that",
}

_PEOPLE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bwhere(?:\s+(?:was|is|were|has|had|did|are)|'s|s)\s+(?P<who>(?:my\s+|the\s+|our\s+|mr\.?\s+|mrs\.?\s+|ms\.?\s+)?[\w'-]+"
        r"(?:\s+(?:guy|man|woman|kids|lady))?)",
        r"\b(?:when|what\s+time)\s+(?:did|was|will|has)\s+(?P<who>(?:my\s+|the\s+|our\s+|mr\.?\s+|mrs\.?\s+)?[\w'-]+(?:\s+guy)?)",
        r"\b(?:was|is|did|has|have|were|are)\s+(?P<who>(?:my\s+|the\s+|our\s+|mr\.?\s+|mrs\.?\s+)?[\w'-]+(?:\s+guy)?)\s+"
        r"(?:at|in|home|here|come|go|been|up|left|back|still|already|upstairs|outside|actually|around|enter|leave|get|sneak)\b",
        r"\brooms?\s+(?:was|were|has|have|did)\s+(?P<who>(?:my\s+|the\s+)?[\w'-]+)",
        r"\bwo\s+(?:war|ist|waren|sind|steckt)\s+(?P<who>(?:mein[e]?\s+|die\s+|der\s+|das\s+|frau\s+|herr\s+)?[\w-]+)",
        r"\b(?:wann|war|ist|hat)\s+(?:ist|hat|war|kam|ging)?\s*(?P<who>(?:mein[e]?\s+|die\s+|der\s+|das\s+|frau\s+|herr\s+)?[\w-]+)",
        r"\bo[ùu]\s+(?:était|étaient|est|sont|etait|a\s+été)\s+(?P<who>(?:ma\s+|mon\s+|les\s+|le\s+|la\s+|madame\s+|monsieur\s+)?[\w-]+)",
        r"\bquand\s+(?:est-ce\s+que\s+)?(?P<who>(?:ma\s+|mon\s+|les\s+|le\s+|la\s+|madame\s+)?[\w-]+)\s+(?:est|a|sont)",
        r"d[óo]nde\s+(?:estaban?|est[áa]n?|ha\s+estado|estuvo)\s+(?P<who>(?:mi\s+|el\s+|la\s+|los\s+|las\s+|señora?\s+)*[\w-]+)",
        r"cu[áa]ndo\s+(?:lleg[óo]|sali[óo]|vino|se\s+fue|se\s+vio\s+por\s+última\s+vez\s+a)\s+(?P<who>(?:mi\s+|el\s+|la\s+|los\s+)?[\w-]+)",
        r"(?:看[到见]|查一?下|看看)(?P<who>(?:我)?[\u4e00-\u9fff]{1,3}?)(?=昨|今|前|上|在|是|的行踪)",
        r"^(?P<who>(?:我)?(?:(?!今天|昨|前天|刚才|上周|现在|谁)[\u4e00-\u9fff]){1,4}?)(?=昨|今|前天|上周|上个|现在|刚才|中午|早上|晚上|下午|"
        r"在哪|在家|几点|去|回|到家|是不是|有没有|最后|什么时候|周|星期|一小时|三点|两点)",
    )
)
_NOBODY = {
    "who", "anyone", "anybody", "someone", "somebody", "everyone", "it", "there", "you", "the", "my", "wer", "jemand",
    "es", "er", "qui", "谁", "有人", "大家", "家里", "any", "home", "that", "this", "ich", "todos",
    "i", "we", "last", "gestern", "heute", "um", "je", "yo", "zu", "durch", "im", "我", "昨天", "今天", "昨晚",
}  # fmt: skip


def find_item(request: str, now: datetime) -> dict[str, Any]:
    """`item`, `camera` and `since` as far as the request says them plainly."""
    found: dict[str, Any] = {}
    when = _when(request, now)
    plain = request.replace(when[0], " ", 1) if when else request
    for pattern in (*_FIND, _FOLLOWING):
        match = pattern.search(" ".join(plain.split()))
        if match and (item := _item(match["item"])):
            found["item"] = item
            break
    if re.search(_CAMERA_WORD, request, re.IGNORECASE) and (name := camera(request)):
        found["camera"] = name
    if when and when[1].start <= now:
        found["since"] = when[0]
    return found


def describe_camera(request: str, now: datetime) -> dict[str, Any]:
    """`camera` and `when`."""
    found: dict[str, Any] = {"camera": name} if (name := camera(request)) else {}
    when = _when(request, now)
    return {**found, "when": when[0]} if when else found


def where_was(request: str, now: datetime) -> dict[str, Any]:
    """`person` and `when`."""
    found: dict[str, Any] = {}
    when = _when(request, now)
    plain = " ".join(request.replace(when[0], " ", 1).split()) if when else request
    for text in (request, plain):
        for pattern in _PEOPLE:
            match = pattern.search(text)
            if match and match["who"].split()[-1].casefold() not in _NOBODY and match["who"].casefold() not in _NOBODY:
                found["person"] = _with_name(match["who"].strip(), text[match.end("who") :])
                break
        if "person" in found:
            break
    if "person" not in found and (named := _KIN.search(plain) or _NAME.search(plain)):
        found["person"] = named.group()
    return {**found, "when": when[0]} if when else found


def _with_name(who: str, rest: str) -> str:
    """`who`, and the name behind it where `who` ends in a title: "Aunt" before "Carol"."""
    name = _AFTER_TITLE.match(rest) if _TITLE.search(who) else None
    return f"{who}{name[1]}" if name else who


def about_anybody(request: str) -> bool:
    """Whether a question about people names none: "who was here", "did anyone come in"."""
    return bool(_ANYBODY.search(request))


def camera(request: str) -> str | None:
    """The camera or room that a request names, in its own words."""
    room = _ROOM.search(request)
    if room:
        return room.group()
    for match in _NAMED.finditer(request):
        name = match["before"] or match["number"] or match["han"]
        if name and name.casefold() not in _NOT_A_NAME:
            return name
    return None


def _when(request: str, now: datetime) -> tuple[str, Interval] | None:
    found = find_when(request, now)
    return (re.sub(r"^(?:and|und|et|y)\s+", "", found[0], flags=re.IGNORECASE), found[1]) if found else None


def _item(text: str) -> str:
    item = _CUT.sub("", text.strip(" '\""))
    for _ in range(3):
        item = _TAIL.sub("", _LEAD.sub("", item)).strip()
    return "" if item.casefold() in {"it", "they", "them", "that", "this", "es", "sie", "它", "东西"} else item
