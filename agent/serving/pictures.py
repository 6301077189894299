"""Pictures in chat messages, told in words by the house's vision models, since the chat model reads text only.

Owns no vision (see `tools.finder.looks`). A picture comes as a data URL; nothing is fetched from outside.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

from agent.serving.chat_types import ChatRequest, Message, TextPart
from agent.serving.problems import Refused
from runtime.house import House
from tools.finder.looks.appearance import LeasedAppearance, open_appearance

MOST_BYTES, MOST_PIXELS, LONGEST = 20_000_000, 40_000_000, 1280
MOST_THINGS = 8


Picture = tuple[bytes, tuple[int, int]]
"""A JPEG, and the size of the picture as it came."""


def with_words(house: House, body: ChatRequest) -> ChatRequest:
    """The request with a text in place of each picture. Raises `Refused`, `ModelMissingError`."""
    pictures = [[_picture(part) for part in _parts(message)] for message in body.messages]
    if not any(picture for row in pictures for picture in row):
        return body
    with open_appearance(house) as vision:
        pairs = zip(body.messages, pictures, strict=True)
        messages = [_told(message, row, vision) for message, row in pairs]
    return body.model_copy(update={"messages": messages})


def _parts(message: Message) -> list[TextPart]:
    return message.content if isinstance(message.content, list) else []


def _picture(part: TextPart) -> Picture | None:
    return _jpeg(part.image_url.url if part.image_url else "") if part.type == "image_url" else None


def _told(message: Message, pictures: Sequence[Picture | None], vision: LeasedAppearance) -> Message:
    if not isinstance(message.content, list):
        return message
    parts = [
        TextPart(type="text", text=_words(picture, vision)) if picture else part
        for part, picture in zip(message.content, pictures, strict=True)
    ]
    return message.model_copy(update={"content": parts})


def _words(picture: Picture, vision: LeasedAppearance) -> str:
    jpeg, size = picture
    whole = vision.describe([jpeg])[0]
    things = [proposal for proposal in vision.propose(jpeg) if proposal.label][:MOST_THINGS]
    seen = ", ".join(" ".join([*thing.colours[:1], thing.label or ""]) for thing in things)
    looks = f"the whole looks like: {whole.label}" if whole.label else "the whole has no name they know"
    colours = f"main colours: {', '.join(whole.colours[:3])}" if whole.colours else ""
    told = "; ".join(filter(None, [f"things: {seen}" if seen else "", looks, colours]))
    return f"[A picture of {size[0]} x {size[1]} pixels came with this. Small vision models see (data): {told}.]"


def _jpeg(url: str) -> Picture:
    """The picture of a data URL as JPEG of at most `LONGEST` pixels a side, and its own size."""
    from PIL import Image

    from runtime.picture_faults import PICTURE_FAULTS

    head, comma, data = url.partition(",")
    if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
        raise Refused("A picture must come as a data: URL in base64; the house fetches nothing.", param="messages")
    if len(data) > MOST_BYTES * 4 // 3:
        raise Refused(f"A picture may have {MOST_BYTES // 1_000_000} MB at most.", param="messages")
    try:
        opened = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
        if opened.width * opened.height > MOST_PIXELS:
            raise Refused(f"A picture may have {MOST_PIXELS // 1_000_000} megapixels at most.", param="messages")
        size, picture = opened.size, opened.convert("RGB")
    except PICTURE_FAULTS as problem:
        raise Refused(f"The picture cannot be read: {problem}.", param="messages") from problem
    picture.thumbnail((LONGEST, LONGEST))
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=90)
    return written.getvalue(), size
