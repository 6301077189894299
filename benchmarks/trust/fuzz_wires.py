"""What comes over a connection: Wyoming events, answers of a chat server, bodies of HTTP requests.

Each is given to the real handler: Wyoming's over a stream of bytes, the answers to LangChain's client as a session has
it, the bodies to the application. The forms that HTTP's description promises are also tried by schemathesis
(tests/test_serving.py). Owns what the bytes look like.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
from hypothesis import strategies as st

from benchmarks.trust.fuzzing import JSON, Target, mutated
from runtime.errors import UsageError

_EVENTS = (
    b'{"type": "describe"}\n',
    b'{"type": "ping", "data": {"text": "a"}}\n',
    b'{"type": "transcribe", "data": {"language": "en"}}\n',
    b'{"type": "audio-chunk", "data": {"rate": 16000, "width": 2, "channels": 1}, "payload_length": 4}\nabcd',
    b'{"type": "audio-start", "data_length": 44}\n{"rate": 16000, "width": 2, "channels": 1}    ',
    b'{"type": "synthesize-start", "data": {"voice": {"name": "x"}}}\n{"type": "synthesize-chunk", "data": {}}\n',
)
_CHUNK = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
_ANSWERS = tuple(
    f"data: {json.dumps({**_CHUNK, 'choices': [{'index': 0, 'delta': delta, 'finish_reason': end}]})}\n\n".encode()
    + b"data: [DONE]\n\n"
    for delta, end in (
        ({"role": "assistant", "content": "Hello."}, "stop"),
        (
            {"tool_calls": [{"index": 0, "id": "c", "type": "function", "function": {"name": "a", "arguments": "{}"}}]},
            "x",
        ),
    )
)


def targets() -> list[Target]:
    """Everything that is read from a connection."""
    return [
        Target("Wyoming events", mutated(_EVENTS), _wyoming),
        Target("answers of a chat server", mutated(_ANSWERS), _answers),
        Target("HTTP bodies", st.tuples(st.sampled_from(_ROUTES), st.one_of(JSON, _chat())), _http),
    ]


def _wyoming(data: bytes, folder: Path) -> None:
    asyncio.run(_wyoming_client(data, folder))


async def _wyoming_client(data: bytes, folder: Path) -> None:
    """The handler as a server runs it: it ends with the client, and raises nothing."""
    from runtime.house import House
    from tools.speech.wyoming_handler import WyomingHandler

    environ = {"HAUSGEIST_HOME": str(folder / "house"), "HAUSGEIST_MODELS": str(folder / "none")}
    failed: list[BaseException] = []
    with House.open(environ) as house:

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await WyomingHandler(house, reader, writer).run()
            except (ConnectionError, asyncio.IncompleteReadError):
                return
            except Exception as problem:
                failed.append(problem)
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        writer.write(data)
        writer.write_eof()
        await asyncio.wait_for(reader.read(), 60)
        writer.close()
        server.close()
    if failed:
        raise failed[0]


def _answers(data: bytes, folder: Path) -> None:
    """The client that a session has; what it raises must be an error that `turn_error` tells as the server's."""
    from langchain_openai import ChatOpenAI

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=data)

    client = httpx.Client(transport=httpx.MockTransport(answer))
    key: Any = "none"
    model = ChatOpenAI(base_url="http://127.0.0.1/v1", model="m", api_key=key, max_retries=0, http_client=client)
    try:
        for _ in model.stream("hello"):
            pass
    except Exception as problem:  # any is told as a failed turn, which names the server
        from agent.chat_model import turn_error
        from runtime.house import House

        with House.open({"HAUSGEIST_HOME": str(folder), "HAUSGEIST_CHAT__REMOTE_URL": "http://127.0.0.1/v1"}) as house:
            assert "The chat server at http://127.0.0.1/v1" in turn_error(problem, house)


_ROUTES = ("/v1/chat/completions", "/v1/embeddings", "/v1/audio/speech", "/v1/images/generations", "/api/tools/recall")


def _chat() -> st.SearchStrategy[Any]:
    message = st.fixed_dictionaries({"role": st.sampled_from(("user", "system", "robot")) | JSON, "content": JSON})
    more = {"tools": JSON, "stop": JSON, "max_tokens": JSON, "stream": JSON, "response_format": JSON, "input": JSON}
    return st.fixed_dictionaries(
        {"model": st.just("no such model") | JSON, "messages": st.lists(message) | JSON}, optional=more
    )


def _http(given: tuple[str, Any], folder: Path) -> None:
    asyncio.run(_post(*given))


class _NoHouse:
    """Stands where the house would: a request that passes the checks of form ends here, with an error of ours."""

    def __getattr__(self, name: str) -> Any:
        raise UsageError(f"There is no house here to ask for {name}.")


async def _post(route: str, body: Any) -> None:
    from agent.serving.app import create_api
    from agent.serving.state import State

    api = create_api()
    nobody: Any = _NoHouse()
    api.state.house = State(nobody, nobody)
    transport = httpx.ASGITransport(api, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        content = json.dumps(body).encode()
        answer = await client.post(route, content=content, headers={"Content-Type": "application/json"})
    told = answer.json()["error"]["message"]
    assert 400 <= answer.status_code < 500, told
