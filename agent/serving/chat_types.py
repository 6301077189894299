"""The chat requests and answers of OpenAI's interface, as far as they are served.

Source: https://platform.openai.com/docs/api-reference/chat. Fields that are not here are ignored, as its servers do.
"""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, JsonValue, SerializerFunctionWrapHandler, model_serializer


class PictureUrl(BaseModel):
    """Where a picture is: a data URL."""

    url: str = Field(max_length=30_000_000)


class TextPart(BaseModel):
    """A piece of a message's content: text, or a picture (see `agent.serving.pictures`)."""

    type: str
    text: str | None = None
    image_url: PictureUrl | None = None


class FunctionCall(BaseModel):
    """A function that the model wants to be called; `arguments` is JSON text."""

    name: str
    arguments: str


class ToolCall(BaseModel):
    """A call in an assistant's message."""

    id: str
    type: Literal["function"] = "function"
    function: FunctionCall


class Message(BaseModel):
    """A message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[TextPart] | None = None
    name: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None


class Function(BaseModel):
    """A function on offer; `parameters` is a JSON schema."""

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    description: str = ""
    parameters: dict[str, JsonValue] = Field(default_factory=dict)


class Tool(BaseModel):
    """A tool on offer."""

    type: Literal["function"] = "function"
    function: Function


class NamedFunction(BaseModel):
    """The name of a function."""

    name: str


class NamedTool(BaseModel):
    """The one tool that must be called."""

    type: Literal["function"] = "function"
    function: NamedFunction


class JsonSchema(BaseModel):
    """A schema that the answer must fit."""

    name: str = "answer"
    schema_: dict[str, JsonValue] = Field(default_factory=dict, alias="schema")


class ResponseFormat(BaseModel):
    """Whether the answer is text or JSON."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    json_schema: JsonSchema | None = None


class StreamOptions(BaseModel):
    """What a stream tells beside the answer."""

    include_usage: bool | None = None


class ChatRequest(BaseModel):
    """A request for a completion."""

    model: str = Field(max_length=200)
    messages: list[Message] = Field(min_length=1, max_length=1000)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    seed: int | None = Field(None, ge=-(2**63), le=2**63 - 1)
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    n: int | None = Field(1, ge=1)
    tools: list[Tool] | None = Field(None, max_length=128)
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    response_format: ResponseFormat | None = None
    user: str | None = None

    @property
    def most_tokens(self) -> int | None:
        """The longest answer, tokens."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def stops(self) -> list[str]:
        """Texts at which the answer ends."""
        given = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return [text for text in given if text]


class Usage(BaseModel):
    """Tokens of a request: counted by the model's tokenizer, or estimated where the house answered without it."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class Answer(BaseModel):
    """The assistant's message."""

    role: Literal["assistant"] = "assistant"
    content: str | None = None
    refusal: None = None
    annotations: list[JsonValue] = Field(default_factory=list)
    tool_calls: list[ToolCall] | None = None
    """Left out where there are none: OpenAI's schema does not let it be null."""

    @model_serializer(mode="wrap")
    def _without_empty_calls(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        body: dict[str, Any] = handler(self)
        if body.get("tool_calls") is None:
            body.pop("tool_calls", None)
        return body


class Choice(BaseModel):
    """The answer and why it ended."""

    index: int = 0
    message: Answer
    logprobs: None = None
    finish_reason: Literal["stop", "length", "tool_calls"]


class Completion(BaseModel):
    """The answer to a `ChatRequest`."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int = Field(default_factory=lambda: int(time.time()))
    model: str
    choices: list[Choice]
    usage: Usage


def text_of(message: Message) -> str:
    """A message's text; a picture that is not told in words yet counts as two. Raises `Refused` for sounds."""
    from agent.serving.problems import Refused

    if message.content is None or isinstance(message.content, str):
        return message.content or ""
    for part in message.content:
        if part.type not in {"text", "input_text", "output_text", "image_url"}:
            raise Refused(f"Content of the type {part.type!r} cannot be read by this model.", param="messages")
    return "".join("[a picture]" if part.type == "image_url" else part.text or "" for part in message.content)


def chunk(answer_id: str, model: str, created: int, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    """One event of a stream."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {"id": answer_id, "object": "chat.completion.chunk", "created": created, "model": model, "choices": [choice]}
