"""Prompts that an MCP client can offer its user. Owns no tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mcp.types as types

from runtime.errors import ArgumentError, UnknownNameError


@dataclass(frozen=True)
class _Prompt:
    about: str
    arguments: Mapping[str, str]
    text: str
    optional: tuple[str, ...] = ()


PROMPTS: Mapping[str, _Prompt] = {
    "find": _Prompt(
        "Find a thing in the home cameras' footage",
        {"item": "the thing, with its colour"},
        "Where is {item}? Use find_item. Tell the place, the time, and what happened to that spot since; show the"
        " frame. If it was not seen, say so, and which hours no camera covered.",
    ),
    "evening_round": _Prompt(
        "What was left where today",
        {"things": "the things, separated by commas"},
        "For each of these things call find_item, and make a list of where each lies and since when: {things}.",
    ),
    "briefing": _Prompt(
        "A morning briefing from memory and cameras",
        {"camera": "also say what this camera shows"},
        "Use recall to look up what is planned or due today{camera}. Write a briefing of three sentences from the"
        " results only.",
        optional=("camera",),
    ),
}


def list_prompts() -> list[types.Prompt]:
    """All prompts with their arguments."""
    return [
        types.Prompt(
            name=name,
            description=prompt.about,
            arguments=[
                types.PromptArgument(name=key, description=about, required=key not in prompt.optional)
                for key, about in prompt.arguments.items()
            ],
        )
        for name, prompt in PROMPTS.items()
    ]


def get_prompt(name: str, arguments: Mapping[str, str]) -> types.GetPromptResult:
    """A prompt filled in. Raises `UnknownNameError` and `ArgumentError`."""
    prompt = PROMPTS.get(name)
    if prompt is None:
        raise UnknownNameError("prompt", name, PROMPTS)
    values = {}
    for key in prompt.arguments:
        value = arguments.get(key, "").strip()
        if not value and key not in prompt.optional:
            raise ArgumentError(f"The prompt {name} needs {key}.", remedy=f"Give {key}: {prompt.arguments[key]}.")
        values[key] = value
    if name == "briefing":
        values["camera"] = f", and describe_camera for {values['camera']}" if values["camera"] else ""
    text = prompt.text.format(**values)
    message = types.PromptMessage(role="user", content=types.TextContent(type="text", text=text))
    return types.GetPromptResult(description=prompt.about, messages=[message])
