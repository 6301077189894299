"""`/v1/chat/completions` and `/v1/models`: the house, or its bare chat model, in OpenAI's form."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import BaseModel
from starlette.responses import Response

from agent.chat_llama import ChatLlama
from agent.chat_model import model_name
from agent.events import ApprovalNeeded, TextDelta, TurnFailed, TurnFinished
from agent.prompt import estimate_tokens
from agent.serving.chat_types import Answer, ChatRequest, Choice, Completion, Usage, chunk, text_of
from agent.serving.completion import Done, complete
from agent.serving.pictures import with_words
from agent.serving.problems import ANSWERS, Refused, body_of
from agent.serving.state import State, needs, state_of
from agent.serving.work import GatedStream, items, whole
from runtime.cancellation import Cancellation
from runtime.errors import CallCancelled, HausgeistError, UnknownNameError, UsageError

HOUSE = "hausgeist"
"""The model id that stands for the whole house: its tools, memory and policy."""
router = APIRouter(prefix="/v1", tags=["chat"], responses=ANSWERS, dependencies=[Depends(needs("chat"))])
Work = Callable[[Callable[[Any], None], Cancellation], Done]


class ModelRow(BaseModel):
    """A model that can be asked for."""

    id: str
    object: str = "model"
    created: int = 0
    owned_by: str = HOUSE


class ModelRows(BaseModel):
    """All models."""

    object: str = "list"
    data: list[ModelRow]


@router.get("/models", operation_id="list_models")
async def models(request: Request) -> ModelRows:
    """The house itself, its bare chat model, and its other models."""
    return ModelRows(data=[ModelRow(id=name) for name in state_of(request).model_ids()])


@router.get("/models/{model:path}", operation_id="get_model")
async def model(model: str, request: Request) -> ModelRow:
    """One model."""
    known = state_of(request).model_ids()
    if model not in known:
        raise UnknownNameError("model", model, known)
    return ModelRow(id=model)


@router.post(
    "/chat/completions",
    operation_id="create_chat_completion",
    response_model=Completion,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def completions(body: ChatRequest, request: Request) -> Response:
    """Answer a conversation.

    The model `hausgeist` answers as the house does, with its tools, its memory and its policy (nobody can be asked, so
    what needs an approval is refused). The chat model's own id answers without the house. With `tools`, the caller's
    functions are offered in place of the house's tools, by either id.
    """
    state = state_of(request)
    work = _work(state, body)
    if not body.stream:
        gate = state.gates.chat
        done = await whole(request, gate, lambda cancellation: work(lambda text: None, cancellation))
        return JSONResponse(_completion(body, done).model_dump(mode="json"))
    gate = state.gates.chat
    await gate.enter()
    source = items(work)
    try:
        first = await anext(source)  # what is wrong with the request is an HTTP error, not an event
    except BaseException:
        gate.leave()
        raise
    return GatedStream(_events(body, source, first), gate, source)


def _work(state: State, body: ChatRequest) -> Work:
    """What answers the request. Raises `UsageError` for what cannot be served."""
    if (body.n or 1) != 1:
        raise Refused("Only n=1 is served.", param="n")
    if all(not text_of(message).strip() and not message.tool_calls for message in body.messages):
        raise Refused("The messages are empty.", param="messages")
    session = state.session
    if body.model not in {HOUSE, model_name(session.house)}:
        raise UnknownNameError("model", body.model, [HOUSE, model_name(session.house)])
    bare = body.model != HOUSE or body.tools or (body.response_format and body.response_format.type != "text")
    if not bare:
        if body.messages[-1].role != "user":
            raise Refused("The last message must be the user's.", param="messages")
        return lambda emit, cancellation: _house_turn(state, with_words(session.house, body), emit, cancellation)
    llama = session.model
    if not isinstance(llama, ChatLlama):
        raise UsageError(
            "The chat model is on another server (chat.remote_url).", remedy=f"Ask it there, or ask for {HOUSE!r}."
        )
    return lambda emit, cancellation: complete(llama, with_words(session.house, body), emit, cancellation)


def _house_turn(state: State, body: ChatRequest, emit: Callable[[Any], None], cancellation: Cancellation) -> Done:
    text = text_of(body.messages[-1])
    past: list[BaseMessage] = []
    system = "\n".join(text_of(m) for m in body.messages[:-1] if m.role in {"system", "developer"})
    if system.strip():
        past += [HumanMessage(system), AIMessage("Understood.")]
    for message in body.messages[:-1]:
        if message.role == "user":
            past.append(HumanMessage(text_of(message)))
        elif message.role == "assistant" and text_of(message):
            past.append(AIMessage(text_of(message)))
    written = asyncio.run(_turn(state, text, past, emit, cancellation))
    prompt = sum(estimate_tokens(text_of(message)) for message in body.messages)
    answer = estimate_tokens(written)
    return Done(written, usage=Usage(prompt_tokens=prompt, completion_tokens=answer, total_tokens=prompt + answer))


async def _turn(
    state: State,
    text: str,
    past: list[BaseMessage],
    emit: Callable[[Any], None],
    cancellation: Cancellation,
) -> str:
    written: list[str] = []
    async for event in state.conversation(past).send(text, cancellation=cancellation):
        if isinstance(event, TextDelta):
            written.append(event.text)
            emit(event.text)
        elif isinstance(event, ApprovalNeeded):
            event.answer.set_result("never")
        elif isinstance(event, TurnFailed):
            raise CallCancelled(event.error) if event.cancelled else HausgeistError(event.error)
        elif isinstance(event, TurnFinished) and not written:
            written.append(event.reply)
            emit(event.reply)
    return "".join(written)


def _completion(body: ChatRequest, done: Done) -> Completion:
    answer = Answer(content=done.text, tool_calls=done.calls or None)
    choice = Choice(message=answer, finish_reason=done.finish)
    return Completion(id=_new_id(), model=body.model, choices=[choice], usage=done.usage)


async def _events(body: ChatRequest, source: AsyncIterator[Any], first: Any) -> AsyncIterator[str]:
    """The server-sent events of a stream; an error after its beginning is its last event."""
    answer_id, created = _new_id(), int(time.time())

    def event(delta: dict[str, Any], finish: str | None = None) -> str:
        return _sse(chunk(answer_id, body.model, created, delta, finish))

    yield event({"role": "assistant", "content": ""})
    item = first
    try:
        while not isinstance(item, Done):
            yield event({"content": item})
            item = await anext(source)
    except HausgeistError as problem:
        yield _sse(body_of(problem)[1])
        return
    if item.calls:
        calls = [{"index": at, **call.model_dump(mode="json")} for at, call in enumerate(item.calls)]
        yield event({"tool_calls": calls})
    yield event({}, item.finish)
    if body.stream_options and body.stream_options.include_usage:
        last = chunk(answer_id, body.model, created, {})
        yield _sse({**last, "choices": [], "usage": item.usage.model_dump()})
    yield "data: [DONE]\n\n"


def _sse(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def _new_id() -> str:
    return f"chatcmpl-{uuid.uuid4().hex[:24]}"
