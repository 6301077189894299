"""Arguments of the built-in tools by code: what a request says word for word. Owns no routing and no model.

`direct` gives complete arguments where that is safe; `refine` corrects what a language model said. Times stay in
the request's own words: the tools resolve them with `runtime.times.parse_when`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from agent import extract_finder, extract_image, extract_words

Message = Mapping[str, str]
Arguments = dict[str, Any]

REQUIRED = {
    "find_item": "item",
    "describe_camera": "camera",
    "where_was": None,
    "speak": "text",
    "generate_image": "prompt",
    "remember": "fact",
    "recall": "query",
    "forget": "query",
    "summarize_file": "path",
}
"""The argument that a call cannot do without, by tool."""
LONGEST_FOLLOW_UP = 60
"""Characters; a longer request is taken to say all that it needs."""


def direct(tool: str, request: str, history: Sequence[Message], now: datetime) -> Arguments | None:
    """Complete arguments of a built-in tool, or None when the language model has to say them."""
    if tool not in REQUIRED:
        return None
    found = _said(tool, request, history, now)
    needed = REQUIRED[tool]
    if found.get(needed or "person") or (needed is None and extract_finder.about_anybody(request)):
        return found
    earlier = _earlier(tool, request, history, now)
    return earlier if earlier and earlier.get(needed or "person") else None


def refine(tool: str, args: Mapping[str, Any], request: str, history: Sequence[Message], now: datetime) -> Arguments:
    """The model's `args` with what the request says plainly put in, and what nobody said left out."""
    if tool not in REQUIRED:
        return dict(args)
    known = " ".join([request, *(turn["content"] for turn in history[-4:])])
    kept = {name: value for name, value in args.items() if value not in (None, "", [])}
    needed = REQUIRED[tool]
    for name in [name for name in kept if name != needed]:
        if not grounded(kept[name], known):
            del kept[name]
    kept |= _said(tool, request, history, now)
    if tool in ("describe_camera", "where_was", "find_item") and needed and not grounded(kept.get(needed, ""), known):
        kept[needed] = request.strip(" ?？!！.。") if tool == "find_item" else kept.get(needed, "")
    if tool in ("remember", "forget", "recall", "speak", "generate_image") and needed and not kept.get(needed):
        kept[needed] = _last_said(history) or request
    return kept


def grounded(value: object, text: str) -> bool:
    """Whether the words or the number of `value` occur in `text`."""
    if isinstance(value, int | float):
        return str(value) in text or str(value) in _as_digits(text)
    folded = text.casefold()
    said = str(value).casefold().strip()
    if not said:
        return False
    words = re.findall(r"[^\W_]+", said)
    return said in folded or (bool(words) and all(word in folded for word in words))


def _said(tool: str, request: str, history: Sequence[Message], now: datetime) -> Arguments:
    readers: dict[str, Callable[[], Arguments]] = {
        "find_item": lambda: extract_finder.find_item(request, now),
        "describe_camera": lambda: extract_finder.describe_camera(request, now),
        "where_was": lambda: extract_finder.where_was(request, now),
        "speak": lambda: extract_words.speak(request, history),
        "generate_image": lambda: extract_image.generate_image(request),
        "remember": lambda: extract_words.remember(request),
        "recall": lambda: extract_words.recall(request),
        "forget": lambda: extract_words.forget(request),
        "summarize_file": lambda: extract_words.summarize_file(request),
    }
    return readers[tool]()


def _earlier(tool: str, request: str, history: Sequence[Message], now: datetime) -> Arguments | None:
    """Arguments of the user's last request of the same kind, with what this short request changes."""
    if len(request) > LONGEST_FOLLOW_UP:
        return None
    for at in range(len(history) - 1, -1, -1):
        if history[at]["role"] not in ("user", "human"):
            continue
        before = _said(tool, history[at]["content"], history[:at], now)
        if before.get(REQUIRED[tool] or "person"):
            if tool == "generate_image":
                return extract_image.changed(request, before)
            return before | _said(tool, request, history, now)
    last = _last_said(history)
    if tool == "generate_image" and last and extract_image.leans(request):
        return extract_image.changed(request, {"prompt": last})
    if tool in ("remember", "forget") and last:
        return {REQUIRED[tool] or "": last}
    return None


def _last_said(history: Sequence[Message]) -> str:
    return next((turn["content"] for turn in reversed(history) if turn["role"] in ("user", "human")), "")


def _as_digits(text: str) -> str:
    return " ".join(str(extract_image.NUMBERS.get(word.casefold(), word)) for word in re.findall(r"\w+", text))
