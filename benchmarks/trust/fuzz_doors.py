"""Bodies of MCP requests, and what a Frigate server answers. Owns what they look like.

MCP's are given to the real server over its HTTP transport, after a handshake; a Frigate server's answers to the client
that the finder has, through a transport that answers with them.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
from hypothesis import strategies as st

from benchmarks.trust.fuzzing import JSON, Target, mutated

_VERSION = "2025-06-18"
_HELLO = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": _VERSION, "capabilities": {}, "clientInfo": {"name": "fuzz", "version": "1"}},
}  # fmt: skip
_METHODS = (
    "initialize", "ping", "tools/list", "tools/call", "resources/list", "resources/read", "resources/templates/list",
    "prompts/list", "prompts/get", "completion/complete", "logging/setLevel", "notifications/initialized",
    "notifications/cancelled", "notifications/progress", "no/such",
)  # fmt: skip
_FRIGATE = (
    {"cameras": {"hall": {"enabled": True}}},
    [{"id": "1", "start_time": 1700000000.5, "end_time": 1700000010.5, "duration": 10}],
    [{"id": "1700000000.1-x", "label": "person", "start_time": 1700000001.0, "end_time": None}],
)


def targets() -> list[Target]:
    """Both."""
    return [
        Target("MCP bodies", st.one_of(mutated([json.dumps(_HELLO).encode()]), _message().map(_encoded)), Door().post),
        Target(
            "Frigate answers",
            st.tuples(st.sampled_from((200, 200, 200, 401, 404, 500, 302)), st.one_of(mutated(_valid()), _rows())),
            _frigate,
        ),
    ]


def _message() -> st.SearchStrategy[Any]:
    params = st.fixed_dictionaries(
        {},
        optional={
            "name": st.sampled_from(("recall", "find_item", "no such tool")) | JSON, "arguments": JSON, "uri": JSON,
            "cursor": JSON, "level": JSON, "ref": JSON, "argument": JSON, "_meta": JSON, "requestId": JSON,
        },
    )  # fmt: skip
    one = st.fixed_dictionaries(
        {"jsonrpc": st.just("2.0") | JSON, "method": st.sampled_from(_METHODS) | JSON},
        optional={"id": st.integers() | JSON, "params": params | JSON, "result": JSON, "error": JSON},
    )
    return st.one_of(one, st.lists(one, max_size=3), JSON)


def _encoded(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


class Door:
    """The MCP server of one empty house, opened at the first message; it ends with the process."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._client: Any = None
        self._headers: dict[str, str] = {}

    def post(self, body: bytes, folder: Path) -> None:
        """Send a body. It must be answered, and with no fault of the server's own."""
        if self._client is None:
            self._open(folder)
        answer = self._client.post("/mcp", content=body, headers=self._headers)
        assert answer.status_code < 500, f"{answer.status_code}: {answer.text[:200]}"
        assert "Traceback" not in answer.text, answer.text[-200:]

    def _open(self, folder: Path) -> None:
        from starlette.testclient import TestClient

        from agent.mcp.transport import http_app
        from agent.session import Session
        from runtime.house import House

        environ = {"HAUSGEIST_HOME": str(folder / "house"), "HAUSGEIST_MODELS": str(folder / "none")}
        house = self._stack.enter_context(House.open(environ, ["chat.remote_url=http://127.0.0.1:9/v1"]))
        session = self._stack.enter_context(Session.open(house, "mcp"))
        app = http_app(session, owner=None, host="127.0.0.1", per_minute=1_000_000)
        self._client = self._stack.enter_context(TestClient(app, base_url="http://127.0.0.1"))
        self._headers = {
            "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": _VERSION,
        }  # fmt: skip
        answer = self._client.post("/mcp", content=json.dumps(_HELLO).encode(), headers=self._headers)
        assert answer.status_code == 200, answer.text
        self._headers["Mcp-Session-Id"] = answer.headers["mcp-session-id"]
        ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        self._client.post("/mcp", content=json.dumps(ready).encode(), headers=self._headers)


def _valid() -> list[bytes]:
    return [json.dumps(value).encode() for value in _FRIGATE]


def _rows() -> st.SearchStrategy[bytes]:
    """Answers of the right form with any values, and any JSON."""
    row = st.fixed_dictionaries(
        {}, optional={"id": JSON, "label": JSON, "start_time": st.floats() | JSON, "end_time": st.floats() | JSON}
    )
    cameras = st.fixed_dictionaries({"cameras": JSON | st.dictionaries(st.text(max_size=8), JSON, max_size=3)})
    return st.one_of(st.lists(row, max_size=4), cameras, JSON).map(_encoded)


def _frigate(given: tuple[int, bytes], folder: Path) -> None:
    """Each request of the client is answered so; it gives a result or names the server."""
    from runtime.errors import MediaError
    from tools.finder.sources.frigate import FrigateServer, around, joined

    status, body = given

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=body, headers={"Location": "/api/config", "Content-Type": "x/y"})

    with FrigateServer("http://user:secret@127.0.0.1:5000", transport=httpx.MockTransport(answer)) as server:
        for work in (
            server.cameras,
            lambda: joined(server.recordings("hall", 0.0, 1e10), 60.0),
            lambda: around([(0.0, 10.0)], server.events("hall", 0.0, 1e10), 5.0, 20.0),
            lambda: server.clip("hall", (0.0, 10.0), folder / "clip.mp4"),
            lambda: server.latest("hall"),
        ):
            try:
                work()
            except MediaError as problem:
                assert "127.0.0.1" in str(problem) and "secret" not in str(problem), str(problem)
