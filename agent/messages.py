"""LangChain messages as the agent reads them: the user's own words, the conversation, the newest request."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.prompt import text_of, user_turn

SUMMARY = "summary"
"""Key in the `additional_kwargs` of what only sums up earlier turns for a model; code does not read it."""
WHOLE = "whole"
"""Key of the uncut words in the `additional_kwargs` of a reply that a prompt holds shortened."""


def request_of(message: BaseMessage) -> str:
    """The user's own words in a message, without what the program added."""
    return str(message.additional_kwargs.get("request") or text_of(message))


def newest_request(messages: Sequence[BaseMessage]) -> int:
    """Where the newest user message stands."""
    return max(index for index, message in enumerate(messages) if isinstance(message, HumanMessage))


def conversation(messages: Sequence[BaseMessage], skip_last_request: bool = False) -> list[dict[str, str]]:
    """Earlier words as role ("user" or "assistant") and content; what a tool said counts as the assistant's."""
    last = max((i for i, m in enumerate(messages) if isinstance(m, HumanMessage)), default=-1)
    turns: list[dict[str, str]] = []
    for index, message in enumerate(messages):
        if message.additional_kwargs.get(SUMMARY):
            continue
        if isinstance(message, HumanMessage) and not (skip_last_request and index == last):
            turns.append({"role": "user", "content": request_of(message)})
        elif isinstance(message, ToolMessage):
            said = getattr(message.artifact, "say", "") or text_of(message)
            turns.append({"role": "assistant", "content": said})
        elif isinstance(message, AIMessage) and not message.tool_calls:
            whole = message.additional_kwargs.get(WHOLE) or text_of(message)
            turns.append({"role": "assistant", "content": str(whole)})
    return turns


def with_context(messages: Sequence[BaseMessage], context: str) -> list[BaseMessage]:
    """The messages with `context` put before the newest request."""
    if not context:
        return list(messages)
    at = newest_request(messages)
    newest = HumanMessage(user_turn(request_of(messages[at]), context))
    return [*messages[:at], newest, *messages[at + 1 :]]


def has_chinese(text: str) -> bool:
    """Whether a text has Chinese characters: it is then answered in Chinese."""
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)
