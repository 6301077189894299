"""The bare chat model behind the HTTP interface: text, JSON under a schema, and calls of the client's own functions.

A function is chosen as the house's own tools are: by the probabilities of their names alone, and its arguments are
decoded under its JSON schema, so an answer is always one that the client can read. Owns no HTTP.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.chat_llama import ARGUMENT_TOKENS, ChatLlama
from agent.prompt import FORMAT, LEAD, REPLY
from agent.serving.chat_types import ChatRequest, FunctionCall, Message, NamedTool, ToolCall, Usage, text_of
from agent.serving.problems import Refused
from runtime.cancellation import Cancellation
from runtime.worker import Worker

Emit = Callable[[str], None]


@dataclass
class Done:
    """What a request came to."""

    text: str | None = None
    calls: list[ToolCall] = field(default_factory=list)
    finish: Literal["stop", "length", "tool_calls"] = "stop"
    usage: Usage = field(default_factory=Usage)


def complete(model: ChatLlama, request: ChatRequest, emit: Emit, cancellation: Cancellation) -> Done:
    """Answer with the model alone; `emit` gets each piece of text as it is written. Blocks.

    Raises `Refused`, `ModelError` for what does not fit the context, `CallCancelled` and the errors of workers.
    """
    chat = as_chat(request)
    with model.house.residency.lease(model.spec(), cancellation) as worker:
        writer = _Writer(model, worker, request, chat, cancellation)
        return writer.write(emit)


class _Writer:
    def __init__(
        self,
        model: ChatLlama,
        worker: Worker,
        request: ChatRequest,
        chat: list[dict[str, str]],
        cancellation: Cancellation,
    ) -> None:
        self._settings, self._worker, self._request = model.house.settings.chat, worker, request
        self._chat, self._cancellation = chat, cancellation

    def write(self, emit: Emit) -> Done:
        """A function call where one is chosen, else text."""
        tools = offered(self._request)
        if not tools:
            wanted = self._request.response_format
            return self._text("", emit) if wanted is None or wanted.type == "text" else self._json(emit)
        name = self._chosen(tools)
        if name == REPLY:
            return self._text(f"{LEAD}{REPLY}\n", emit)
        return self._function(name, tools[name])

    def _chosen(self, tools: Mapping[str, Any]) -> str:
        choice = self._request.tool_choice
        if isinstance(choice, NamedTool):
            if choice.function.name not in tools:
                raise Refused(
                    f"tool_choice names {choice.function.name!r}, which is not in tools.", param="tool_choice"
                )
            return choice.function.name
        names = [*tools, *([] if choice == "required" else [REPLY])]
        if len(names) == 1:
            return names[0]
        shares: dict[str, float] = self._worker.call("choose", self._chat, LEAD, names, cancellation=self._cancellation)
        return max(shares, key=lambda name: shares[name])

    def _function(self, name: str, schema: dict[str, Any]) -> Done:
        lead = f"{LEAD}{name}\nargs: "
        done = self._fill(lead, schema or {"type": "object", "properties": {}}, ARGUMENT_TOKENS)
        call = ToolCall(id=f"call_{uuid.uuid4().hex[:24]}", function=FunctionCall(name=name, arguments=done["text"]))
        finish: Literal["tool_calls", "length"] = "tool_calls" if done["complete"] else "length"
        return Done(None, [call], finish, self._usage(lead, done["tokens"]))

    def _json(self, emit: Emit) -> Done:
        wanted = self._request.response_format
        schema: dict[str, Any] = {"type": "object"}
        if wanted is not None and wanted.json_schema is not None:
            schema = dict(wanted.json_schema.schema_) or schema
        most = self._request.most_tokens or self._settings.max_reply_tokens
        done = self._fill("", schema, most)
        emit(done["text"])
        return Done(done["text"], [], "stop" if done["complete"] else "length", self._usage("", done["tokens"]))

    def _fill(self, lead: str, schema: Mapping[str, Any], most: int) -> dict[str, Any]:
        result: dict[str, Any] = self._worker.call(
            "fill", self._chat, lead, json.dumps(schema), most, cancellation=self._cancellation
        )
        return result

    def _usage(self, lead: str, written: int) -> Usage:
        text = "".join(f"{message['role']}\n{message['content']}\n" for message in self._chat) + lead
        counted = int(self._worker.call("count_tokens", [text])[0])
        return Usage(prompt_tokens=counted, completion_tokens=written, total_tokens=counted + written)

    def _text(self, lead: str, emit: Emit) -> Done:
        request, stop = self._request, StopFilter(self._request.stops, emit)
        temperature = self._settings.temperature if request.temperature is None else request.temperature
        enough = Cancellation()
        unlisten = self._cancellation.listen(enough.cancel)

        def take(piece: str) -> None:
            if stop.feed(piece):
                enough.cancel()

        try:
            done = self._worker.call(
                "complete",
                self._chat,
                lead,
                request.most_tokens or self._settings.max_reply_tokens,
                temperature,
                (request.seed or 0) % 2**31,
                on_item=take,
                cancellation=enough,
            )
        except Exception:
            if not stop.reached or self._cancellation.cancelled:
                raise
            counted = self._usage(lead, int(self._worker.call("count_tokens", [stop.text])[0]))
            return Done(stop.text, [], "stop", counted)
        finally:
            unlisten()
        stop.close()
        usage = Usage(
            prompt_tokens=done["prompt_tokens"],
            completion_tokens=done["tokens"],
            total_tokens=done["prompt_tokens"] + done["tokens"],
        )
        return Done(stop.text, [], "stop" if stop.reached else done["finish"], usage)


class StopFilter:
    """Passes text on until one of `stops` is written; keeps back what may be its beginning."""

    def __init__(self, stops: Sequence[str], emit: Emit) -> None:
        self._stops, self._emit = list(stops), emit
        self._held = ""
        self.text = ""
        self.reached = False

    def feed(self, piece: str) -> bool:
        """Take a piece; tells whether a stop was reached."""
        if self.reached:
            return True
        self._held += piece
        places = [at for text in self._stops if (at := self._held.find(text)) >= 0]
        if places:
            self.reached = True
            self._pass(self._held[: min(places)])
            return True
        keep = max((_overlap(self._held, text) for text in self._stops), default=0)
        ready, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        self._pass(ready)
        return False

    def close(self) -> None:
        """No more comes: what was kept back is text."""
        if not self.reached:
            self._pass(self._held)
        self._held = ""

    def _pass(self, text: str) -> None:
        if text:
            self.text += text
            self._emit(text)


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` begin `stop`."""
    return next((size for size in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:size])), 0)


def offered(request: ChatRequest) -> dict[str, dict[str, Any]]:
    """The client's functions by name with their schemas; none where it wants no call."""
    if request.tool_choice == "none" or not request.tools:
        return {}
    return {tool.function.name: dict(tool.function.parameters) for tool in request.tools}


def as_chat(request: ChatRequest) -> list[dict[str, str]]:
    """The messages as role and text; functions stand in the system message, their results in user messages."""
    names = {call.id: call.function.name for message in request.messages for call in message.tool_calls or ()}
    system = [text_of(message) for message in request.messages if message.role in {"system", "developer"}]
    tools = offered(request)
    if tools:
        lines = [f"- {tool.function.name}: {tool.function.description} {_short(tool.function.parameters)}"
                 for tool in request.tools or ()]  # fmt: skip
        system.append("\n".join([FORMAT, "", "Tools:", *lines, "- reply: anything else, in words."]))
    chat = [{"role": "system", "content": "\n\n".join(system)}] if system else []
    for message in request.messages:
        if message.role in {"system", "developer"}:
            continue
        if message.role == "tool":
            name = names.get(message.tool_call_id or "", message.name or "the tool")
            chat.append({"role": "user", "content": f"Result of {name} (data):\n{text_of(message)}"})
        else:
            chat.append({"role": message.role, "content": _said(message, bool(tools))})
    return chat


def _said(message: Message, with_tools: bool) -> str:
    if message.tool_calls:
        return "\n".join(f"{LEAD}{c.function.name}\nargs: {c.function.arguments}" for c in message.tool_calls)
    text = text_of(message)
    return f"{LEAD}{REPLY}\n{text}" if with_tools and message.role == "assistant" else text


def _short(schema: Mapping[str, Any]) -> str:
    properties = schema.get("properties")
    return json.dumps(properties, ensure_ascii=False) if isinstance(properties, dict) else ""
