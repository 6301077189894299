"""Style presets: words that join a prompt when it is drawn, and the names people use for them in five languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from runtime.errors import UnknownNameError


@dataclass(frozen=True)
class Style:
    """A preset: `words` follow the prompt, `negative` joins what must not show, `names` are what people call it."""

    name: str
    words: str
    negative: str
    names: str
    """A regular expression, without case."""


_ALL = (
    Style("photo", "photograph, natural light, sharp focus, high detail", "painting, drawing, cartoon, blurry",
          r"photo(?:graph|realistic|realism)?|foto(?:realist\w*|grafie|grafía)?|fotorrealista|照片|写实|摄影"),
    Style("watercolour", "watercolour painting, soft washes, paper texture", "photo, harsh lines",
          r"water\s?colou?rs?|aquarell\w*|aquarelle|acuarela|水彩画?"),
    Style("oil painting", "oil painting on canvas, visible brush strokes, rich colours", "photo, flat colours",
          r"oil\s?painting|oils|ölgemälde|ölbild|öl|peinture\s+à\s+l'huile|huile|óleo|油画"),
    Style("pencil", "pencil drawing, fine hatching, white paper", "colour, photo",
          r"pencil|sketch|bleistift\w*|crayon|esquisse|lápiz|boceto|铅笔画?|素描"),
    Style("ink", "ink drawing, bold black lines, white paper", "colour, photo, shading",
          r"ink|line\s?art|tusche\w*|encre|tinta|水墨画?|线稿"),
    Style("pixel art", "pixel art, 16-bit game sprite, limited palette", "photo, blurry, smooth",
          r"pixel\s?-?art|pixelkunst|像素(?:风格?|画)?"),
    Style("cartoon", "cartoon, clean outlines, flat bright colours", "photo, realistic",
          r"cartoon|zeichentrick|dessin\s+animé|dibujos\s+animados|卡通(?:风格?)?"),
    Style("comic", "comic book panel, inked outlines, halftone dots", "photo, blurry",
          r"comic(?:\s?book)?|bande\s+dessinée|漫画(?:风格?)?"),
    Style("anime", "anime illustration, cel shading, detailed background", "photo, realistic",
          r"anime|manga|动漫(?:风格?)?|动画(?:风格?)?"),
    Style("3d", "3D render, global illumination, soft shadows", "drawing, flat",
          r"3-?d(?:\s?render)?|render|三维"),
    Style("woodcut", "woodcut print, carved lines, two colours", "photo, gradients",
          r"woodcut|holzschnitt|gravure\s+sur\s+bois|xilografía|木刻(?:画)?|版画"),
    Style("pastel", "soft pastel drawing, chalk texture, muted colours", "photo, hard edges",
          r"pastels?|pastell\w*|粉彩(?:画)?"),
    Style("cinematic", "cinematic still, dramatic light, shallow depth of field, film grain", "drawing, flat light",
          r"cinematic|filmisch|cinématographique|cinematográfic\w|电影(?:感|风格?)"),
)  # fmt: skip
STYLES: Mapping[str, Style] = {style.name: style for style in _ALL}


def style_named(name: str) -> Style:
    """The preset that `name` means. Raises `UnknownNameError` naming the nearest."""
    wanted = name.strip().casefold()
    for style in _ALL:
        if wanted == style.name or re.fullmatch(style.names, wanted, re.IGNORECASE):
            return style
    raise UnknownNameError("picture style", name, STYLES, remedy="Other styles can stand in the prompt itself.")


def without_style(text: str) -> tuple[str | None, str]:
    """The preset that a request for a change names ("the same in watercolour"), or None; and the rest of its words."""
    lead = (
        r"(?:\b(?:in|as|an?|the|als|im|en|à\s+l['’]|à|comme|una?|to|into|style\s+of)\s+|(?:换成|改成|变成|用|画成|要))*"
    )
    tail = r"(?:\s+(?:style|look|painting|drawing|stil)|的?风格|画)?"
    for style in _ALL:
        found = re.search(rf"{lead}(?<![a-zà-ÿ])(?:{style.names})(?![a-zà-ÿ]){tail}", text, re.IGNORECASE)
        if found:
            return style.name, f"{text[: found.start()]} {text[found.end() :]}"
    return None, text


def styled(prompt: str, negative: str | None, style: str | None) -> tuple[str, str | None]:
    """The prompt and the negative prompt as they are drawn."""
    if style is None:
        return prompt, negative
    preset = style_named(style)
    return f"{prompt}, {preset.words}", ", ".join(filter(None, (negative, preset.negative)))
