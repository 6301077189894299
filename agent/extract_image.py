"""What a picture shall show and how it shall be made, as the request says it. Owns no models and no size limits."""

from __future__ import annotations

import re
from typing import Any

from tools.image.styles import without_style

NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "couple": 2, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5,
    "six ": 6, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6,
    "一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8,
}  # fmt: skip
"""Number words up to ten in five languages."""
PORTRAIT, LANDSCAPE, SQUARE = (512, 768), (768, 512), (512, 512)
"""Width and height in pixels that stand for a format named in words."""

_PICTURES = (
    r"(?:pictures?|images?|drawings?|paintings?|illustrations?|photos?|variants?|variations?|versions?|posters?|stickers?|"
    r"logos?|sketch(?:es)?|wallpapers?|renders?|icons?|options|Bilder|Bild|Varianten|Zeichnungen|Fotos|images?|dessins?|"
    r"variantes?|versiones|im[áa]genes|imagen|dibujos?|cuadros?|art|artwork|portraits?|banners?|avatars?|covers?|Porträt|retratos?)"
)
_COUNT = re.compile(
    rf"\b(?P<number>\d{{1,2}}|{'|'.join(word.strip() for word in NUMBERS if word.isascii() or word == 'fünf')})\s+"
    rf"(?:of\s+|different\s+|new\s+|small\s+|nice\s+|verschiedene\s+|\w+\s+)?{_PICTURES}\b",
    re.IGNORECASE,
)
_COUNT_HAN = re.compile(r"(?P<number>\d{1,2}|[一两二三四五六七八])\s*(?:张|幅|个(?:不同的)?(?:版本|方案)|副|款)")
_SIZE = re.compile(
    r"(?P<width>\d{2,4})\s*(?:px|pixels?|像素)?\s*(?:x|×|\*|by|mal|auf|乘以?|por|sur|par)\s*(?P<height>\d{2,4})\s*(?:px|pixels?|像素)?",
    re.IGNORECASE,
)
_WIDE = re.compile(
    r"(?P<a>\d{2,4})\s*(?:px|pixels?|像素)?\s*(?:wide|in\s+width|width|breit|de\s+large|de\s+ancho|宽)|"
    r"(?:width|breite|largeur|ancho|宽度?)\s*(?:of|=|:|von|de|为|是)?\s*(?P<b>\d{2,4})",
    re.IGNORECASE,
)
_TALL = re.compile(
    r"(?P<a>\d{2,4})\s*(?:px|pixels?|像素)?\s*(?:tall|high|in\s+height|height|hoch|de\s+haut|de\s+alto|高)|"
    r"(?:height|höhe|hauteur|alto|高度?)\s*(?:of|=|:|von|de|为|是)?\s*(?P<b>\d{2,4})",
    re.IGNORECASE,
)
_SEED = re.compile(
    r"[,，]?\s*(?:with\s+|mit\s+|avec\s+|con\s+|用)?(?:the\s+|la\s+)?(?:random\s+)?(?:seed|种子|graine|semilla|startwert)\s*"
    r"(?:number|of|值|数|=|:|：|为|是)?\s*(?P<n>\d+)",
    re.IGNORECASE,
)
_STEPS = re.compile(
    r"[,，]?\s*(?:with\s+|in\s+|mit\s+|avec\s+|en\s+|con\s+)?(?:(?P<a>\d+)\s*(?:steps?|schritte?n?|étapes|pasos|步)"
    r"|steps?\s*(?:=|:)?\s*(?P<b>\d+))",
    re.IGNORECASE,
)
_SHAPES = (
    (re.compile(r"\b(?:portrait|vertical)\s+(?:format|orientation|mode)|(?:in|als?|en|au)\s+(?:portrait|vertical)\b"
                r"|\bhochformat|format\s+portrait|竖版|竖幅|竖屏|竖图|纵向", re.IGNORECASE), PORTRAIT),
    (re.compile(r"\blandscape\s+(?:format|orientation|mode)|(?:in|en)\s+(?:landscape|horizontal)\b"
                r"|\bquerformat|\bwidescreen|\b16:9|format\s+paysage|横版|横幅|横屏|横图|宽屏",
                re.IGNORECASE), LANDSCAPE),
    (re.compile(r"\bsquare\s+(?:image|picture|format)|\bquadratisch|image\s+carrée|imagen\s+cuadrada|方形|正方形",
                re.IGNORECASE), SQUARE),
)  # fmt: skip
_NEGATIVE = re.compile(
    r"[,，]?\s*(?:\bnegative\s+prompt\s*:?\s*|\bwithout\s+(?:any\s+)?|(?:,\s*|\band\s+)no\s+|\bohne\s+|\bsans\s+|\bsin\s+"
    r"|不要有?|没有)(?P<what>[^,;.，。；]{1,60})",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:please|pls|hey|ok|okay|um|uh|hi|so|bitte|s'il\s+te\s+pla[îi]t|por\s+favor|请|嗯|麻烦)[\s,，]*)*"
    r"(?:(?:can|could|would|will)\s+you\s+(?:please\s+)?|i(?:\s+want|\s+need|'d\s+like|\s+would\s+like|'d\s+love)\s+"
    r"(?:you\s+to\s+|to\s+see\s+)?|kannst\s+du\s+(?:mir\s+)?|ich\s+(?:möchte|hätte\s+gern|brauche|will)\s+|"
    r"(?:peux|pourrais)-tu\s+(?:me\s+)?|je\s+(?:veux|voudrais)\s+|¿?puedes\s+|quiero\s+|我(?:想要?|要)|能不能|可以|帮我|给我)?"
    r"(?:(?P<verb>draw|paint|sketch|generate|create|make|render|design|produce|illustrate|visuali[sz]e|imagine|zeichne|male|mal|"
    r"erstelle|erzeuge|generiere|mach|entwirf|dessine|peins|crée|cree|génère|genere|fais|imagine|dibuja|pinta|crea|genera|haz|"
    r"diseña|帮我画|给我画|画出?|绘制?|生成|创作|创建|设计|做|来)(?:-moi|me)?)?[\s:：]*"
    r"(?:(?:me|us|for\s+me|mir|uns|uh|um|äh|euh|eh)\s+|给我)*",
    re.IGNORECASE,
)
_ARTICLE = (
    r"(?:(?:a|an|the|one|some|ein(?:e|en)?|une?|un|una|des|\d+|"
    rf"{'|'.join(word for word in NUMBERS if word.isalpha())})\s+)?"
)
_OBJECT = re.compile(
    rf"^{_ARTICLE}(?:(?!for\b)\w+\s+)?"
    r"(?:pictures?|images?|drawings?|paintings?|illustrations?|photos?|art|Bild(?:er)?|Zeichnung|Foto|dessins?|dibujos?|"
    r"im[áa]gen(?:es)?)(?:\s+(?:of|showing|with|from|for|von|mit|für|de|du|que\s+muestre|con|para|pour)\b\s*|\s*[:：]\s*"
    r"|\s+(?:de\s+)?d')"
    r"|^(?:\d+|[一两二三四五六七八])?\s*(?:张|幅|副)",
    re.IGNORECASE,
)
_NAMES_PICTURE = re.compile(rf"^{_ARTICLE}(?:\w+\s+){{0,2}}?{_PICTURES}(?![\w])", re.IGNORECASE)
_MORE = re.compile(
    rf"\b(?P<number>\d{{1,2}}|{'|'.join(word.strip() for word in NUMBERS if word.isascii() or word == 'fünf')})\s+"
    r"(?:more|others?|weitere|andere|mehr|de\s+plus|autres|más|otr[oa]s)(?!\s+\w)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"^(?:(?:and|ok(?:ay)?|now|but|please|then|und|jetzt|nun|aber|bitte|et|maintenant|mais|y|ahora|pero)\b[\s,]*"
    r"|(?:现在|然后|那|请|再)[，,\s]*)+",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"(?:it|them|ihn|lo|dasselbe|das\s+gleiche|l[ae]\s+même|lo\s+mismo|l[ao]\s+mism[ao]|the\s+same)(?![\w'’-])"
    r"|(?:that|this|the\s+(?:last|previous|first))\s+(?:one|picture|image|drawing)(?!\w)"
    r"|它|同样|同一[张幅]|这[张幅]|那[张幅]|刚才"
    r"|(?:that|this|es|one|again|一个|(?:an?other|one\s+more)(?:\s+(?:one|version|picture|image))?"
    r"|(?:an?\s+)?(?:much\s+|even\s+|bit\s+|little\s+)*\w+er(?:\s+(?:one|version|picture|image))?)$",
    re.IGNORECASE,
)
_ONLY_MORE = re.compile(
    r"\b(?:and|now|but|please|then|make\s+(?:it|that|them)|draw\s+it|the\s+same(?:\s+(?:one|picture|image))?|same|again|"
    r"once\s+more|one\s+more|another(?:\s+one)?|with\s+the\s+same|do\s+it|this\s+time|instead|"
    r"und|jetzt|nun|aber|bitte|noch\s*(?:mal|einmal|eins|eines)|das\s+gleiche|dasselbe|diesmal|et|maintenant|mais|encore(?:\s+une?"
    r"(?:\s+fois)?)?|la\s+même|le\s+même|s'il\s+te\s+plaît|y|ahora|pero|otra\s+vez|otr[oa](?:\s+más)?|lo\s+mismo|la\s+misma|"
    r"por\s+favor)(?!\w)|现在|然后|再来一[张次幅]|再画一[张次幅]|再|请|同样的?|一样的?|换成|要|改成|这次",
    re.IGNORECASE,
)
_BIGGER = re.compile(
    r"\b(?:bigger|larger|größer|grösser|plus\s+grande?|más\s+grande)\b|再?大一?[点些]|更大", re.IGNORECASE
)
_SMALLER = re.compile(r"\b(?:smaller|kleiner|plus\s+petite?|más\s+pequeñ[oa])\b|再?小一?[点些]|更小", re.IGNORECASE)


def numbers(request: str) -> dict[str, Any]:
    """`width`, `height`, `count`, `seed` and `steps` as far as the request says them."""
    found: dict[str, Any] = {}
    if size := _SIZE.search(request):
        found["width"], found["height"] = int(size["width"]), int(size["height"])
    for name, pattern in (("width", _WIDE), ("height", _TALL)):
        match = pattern.search(request)
        if match and name not in found:
            found[name] = int(match["a"] or match["b"])
    if "width" not in found and "height" not in found:
        shape = next((size for pattern, size in _SHAPES if pattern.search(request)), None)
        if shape:
            found["width"], found["height"] = shape
    counted = _COUNT.search(request) or _COUNT_HAN.search(request)
    if counted:
        word = counted["number"].casefold()
        count = int(word) if word.isdigit() else NUMBERS.get(word, 1)
        if count > 1:
            found["count"] = count
    if seed := _SEED.search(request):
        found["seed"] = int(seed["n"])
    if steps := _STEPS.search(request):
        found["steps"] = int(steps["a"] or steps["b"])
    return found


def generate_image(request: str) -> dict[str, Any]:
    """`prompt` where the request opens as an order for a picture, `negative_prompt`, and `numbers`."""
    found = numbers(request)
    text = _SEED.sub("", _STEPS.sub("", request.strip()))
    for pattern in (_SIZE, _WIDE, _TALL):
        text = re.sub(
            rf"[,，]?\s*(?:\b(?:at|in|as|with|size|mit|en|con)\s+|\band\s+)?(?:{pattern.pattern})", "", text, flags=re.I
        )
    if negative := _NEGATIVE.search(text):
        found["negative_prompt"] = negative["what"].strip()
        text = text[: negative.start()] + text[negative.end() :]
    lead = _LEAD.match(text)
    rest = text[lead.end() :] if lead else text
    told = bool(lead and lead["verb"])
    shown = _OBJECT.sub("", rest)
    if told or shown != rest or _NAMES_PICTURE.match(rest):
        prompt = shown.strip(" ,，.。!！?？:：")
        prompt = re.sub(r"(?:的(?:图片?|画|照片|插画|海报))$", "", prompt)
        if prompt and not _refers_back(prompt):
            found["prompt"] = prompt
    return found


def changed(request: str, before: dict[str, Any]) -> dict[str, Any]:
    """The picture before, with what the request changes: its size, style, numbers, or a few words more.

    `like` and `add` let the tool change the recipe of the picture that was really drawn; `prompt`, `width` and
    `height` are the same wish for the case that this picture is gone.
    """
    found = {**before, **numbers(request), "like": "last", "add": ""}
    for pattern, factor in ((_BIGGER, 1.5), (_SMALLER, 0.67)):
        if pattern.search(request) and not _SIZE.search(request):
            for name in ("width", "height"):
                found[name] = min(max(int(found.get(name, 512) * factor) // 64 * 64, 128), 2048)
            return {**found, "scale": factor}
    text = request
    if more := _MORE.search(text):
        word = more["number"].casefold()
        found["count"] = int(word) if word.isdigit() else NUMBERS.get(word, 1)
        text = _MORE.sub("", text)
    if negative := _NEGATIVE.search(text):
        found["negative_prompt"] = negative["what"].strip()
        text = text[: negative.start()] + text[negative.end() :]
    elif not numbers(request) and "prompt" in before:
        found["prompt"] = f"{before['prompt']}, {request.strip(' .!?。！？')}"
    style, text = without_style(text)
    if style:
        found["style"] = style
    if not numbers(request):
        found["add"] = _added(text)
    return found


def _added(text: str) -> str:
    """The words of a short request for a change that say what is to be added: "a darker version" adds "darker"."""
    rest = _BEFORE.sub("", _ONLY_MORE.sub(" ", text).strip())
    rest = re.sub(r"^\s*(?:make|draw|paint|give|do|try)\s+(?:me|us)?(?!\w)", "", rest, flags=re.IGNORECASE)
    rest = re.sub(r"\s+", " ", rest).strip(" ,，.!?。！？")
    if version := re.fullmatch(r"(?:an?\s+|one\s+)?(.*?)\s*(?:one|version|picture|image|drawing)", rest, re.IGNORECASE):
        rest = version[1]
    return re.sub(r"(?:^|\s)(?:it|one|but|and|的|吧|呢)$", "", rest, flags=re.IGNORECASE).strip(" ,，")


def leans(request: str) -> bool:
    """Whether a short request can only mean the picture before: bigger, another one, the same in another style."""
    text = _BEFORE.sub("", request.strip()).strip(" ,，.!?。！？")
    size = _BIGGER.search(text) or _SMALLER.search(text)
    return bool(size or _refers_back(text) or not _added(request))


def _refers_back(prompt: str) -> bool:
    return bool(_BACK.match(prompt))
