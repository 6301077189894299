"""Several chat servers stand in for each other: a real one behind one that is away and one that is overloaded."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from langchain_core.messages import HumanMessage
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from agent.chat_model import open_chat_model
from agent.failover import REST_S, Failover, Servers
from runtime.house import House

from .serving_kit import serving

AWAY = "http://127.0.0.1:9/v1"


def chat_server(seen: list[str], name: str, status: int = 200) -> Starlette:
    """A server of OpenAI's form that says its name, or fails with `status`."""

    async def answer(request: Request) -> Response:
        seen.append(name)
        body = await request.json()
        if status != 200:
            return JSONResponse({"error": {"message": "busy"}}, status)
        assert request.headers["authorization"] == "Bearer none" and request.url.path == f"/{name}/v1/chat/completions"
        message = {"role": "assistant", "content": name}
        if body.get("stream"):
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m",
                     "choices": [{"index": 0, "delta": message, "finish_reason": "stop"}]}  # fmt: skip
            lines = [f"data: {json.dumps(chunk)}\n\n", "data: [DONE]\n\n"]
            return StreamingResponse(iter(lines), media_type="text/event-stream")
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return JSONResponse({"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]})

    return Starlette(routes=[Route("/{rest:path}", answer, methods=["POST"])])


async def test_a_request_goes_to_the_next_server(environment: dict[str, str]) -> None:
    seen: list[str] = []
    with serving(chat_server(seen, "busy", 503)) as busy, serving(chat_server(seen, "good")) as good:
        fallbacks = json.dumps([f"{busy}/busy/v1", f"{good}/good/v1"])
        with House.open(environment, [f"chat.remote_url={AWAY}", f"chat.remote_fallbacks={fallbacks}"]) as house:
            model: Any = open_chat_model(house, None)
            assert model.invoke([HumanMessage("hi")]).content == "good" and seen == ["busy", "good"]
            assert [c.content async for c in model.astream([HumanMessage("hi")]) if c.content] == ["good"]
            assert seen == ["busy", "good", "good"]  # what failed lately is asked last


def test_servers_rest_and_come_back() -> None:
    now = 0.0
    servers = Servers(["http://a/v1", "http://b/v1", "http://c/v1"], lambda: now)
    servers.failed(0, "x")
    now = 1.0
    servers.failed(1, "x")
    assert servers.order() == [2, 0, 1]
    now = REST_S + 0.5
    assert servers.order() == [0, 2, 1]
    servers.works(1)
    assert servers.order() == [0, 1, 2]


def test_the_last_error_is_the_clients() -> None:
    client = httpx.Client(transport=Failover(Servers([AWAY, AWAY])))
    with pytest.raises(httpx.ConnectError):
        client.post(f"{AWAY}/chat/completions", json={})
    client.close()
