"""Prompts in the language that the image model was trained on: rewritten by the chat model, and said so.

Owns no model. The latin scripts are left alone: English text encoders know much of them, and a small chat model
translates names worse than they do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from runtime.errors import HausgeistError
from runtime.worker import CallCancelled
from tools.image.request import ImageRequest
from tools.image.said import Said

Chat = Callable[[str, str], str]
"""`chat(instruction, text)`: the chat model works on a text."""
_INSTRUCTION = (
    "Translate the text into English. It describes a picture. Keep every thing, colour, number and place in it, add"
    " nothing. Answer with the English words alone, on one line, without quotation marks."
)
LONGEST = 600
"""Characters of a translation; a longer one is taken for talk."""


def foreign(text: str) -> bool:
    """Whether a text has letters of another script than the Latin one."""
    return any(letter.isalpha() and not unicodedata.name(letter, "").startswith("LATIN") for letter in text)


def rewritten(request: ImageRequest, english: bool, chat: Chat | None) -> tuple[ImageRequest, tuple[str, ...]]:
    """The request in words that the image model knows, and a note on what was rewritten or could not be."""
    if not english or not foreign(f"{request.prompt} {request.negative_prompt or ''}"):
        return request, ()
    if chat is None:
        return request, (_unread("no chat model is at hand"),)
    try:
        prompt = _translated(request.prompt, chat)
        negative = _translated(request.negative_prompt, chat) if request.negative_prompt else None
    except CallCancelled:
        raise
    except HausgeistError as problem:
        return request, (_unread(problem.message),)
    if prompt is None:
        return request, (_unread("the chat model did not translate it"),)
    note = Said(
        f"The prompt was rewritten in English, which the image model was trained on: “{prompt}”.",
        f"图像模型是用英文训练的，提示词已改写为：“{prompt}”。",
    )
    wish = request.wish or request.prompt
    return replace(request, prompt=prompt, negative_prompt=negative or request.negative_prompt, wish=wish), (note,)


def _translated(text: str, chat: Chat) -> str | None:
    """`text` in English; None where what came back is no translation."""
    if not foreign(text):
        return text
    answer = chat(_INSTRUCTION, text).strip()
    line = next((line for line in answer.splitlines() if line.strip()), "")
    line = re.sub(r"^(?:english|translation|answer)\s*[:：]\s*", "", line.strip(), flags=re.IGNORECASE)
    line = line.strip(" \"'“”‘’「」").rstrip("。.").strip()
    return line if line and len(line) <= LONGEST and not foreign(line) else None


def _unread(why: str) -> Said:
    return Said(
        f"The image model was trained on English and may not understand the prompt; it was not rewritten: {why}.",
        f"图像模型是用英文训练的，可能看不懂提示词；提示词没有改写：{why}。",
    )
