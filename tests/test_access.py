"""Who may come in: scopes of tokens, how often, other names and other sites' pages; on HTTP, MCP and Wyoming."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from wyoming.client import AsyncTcpClient
from wyoming.ping import Ping

from agent.mcp.transport import http_app
from agent.planner import Planner, Step
from agent.serving.app import build_app, create_api
from agent.serving.guard import WRONG_SHARE, Guard
from agent.serving.rate import MOST, Rate
from agent.serving.tokens import Tokens
from agent.session import Session
from runtime.cancellation import Cancellation
from runtime.errors import UsageError
from runtime.house import House
from tools.speech.wyoming_server import _inside, networks, serve

from .cli_driver import Cli
from .serving_kit import serving

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def doors(environment: dict[str, str], need_model: Callable[[str], Path]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Addresses of the HTTP and the MCP server of one house, and a token of each scope."""
    need_model("smollm2-135m-instruct")
    with (
        House.open(environment, ["chat.model=smollm2-135m-instruct"]) as house,
        Session.open(house, "serve") as session,
    ):
        tokens = Tokens(house.paths.config / "tokens.json")
        given = {scope: tokens.make(scope, NOW, [scope]) for scope in ("chat", "cameras", "admin")}
        with (
            serving(build_app(session, owner=tokens.access, host="127.0.0.1")) as http,
            serving(http_app(session, owner=tokens.access, host="127.0.0.1")) as mcp,
        ):
            yield http, f"{mcp}/mcp", given


ROUTES = {
    "chat": [("GET", "/v1/models"), ("POST", "/v1/chat/completions"), ("POST", "/v1/embeddings"),
             ("POST", "/v1/audio/speech"), ("POST", "/v1/audio/transcriptions"), ("POST", "/v1/images/generations"),
             ("POST", "/api/tools/recall"), ("POST", "/api/tools/summarize_file")],
    "cameras": [("GET", "/api/cameras"), ("GET", "/api/cameras/study/events"), ("GET", "/api/stills/1"),
                ("POST", "/api/find"), ("POST", "/api/tools/find_item"), ("POST", "/api/tools/where_was"),
                ("POST", "/api/tools/describe_camera")],
    "admin": [("POST", "/api/tools/forget")],
}  # fmt: skip
ANY = {"/api/health", "/api/tools", "/openapi.json"}


def test_a_token_reaches_what_its_scope_says_and_nothing_else(doors: tuple[str, str, dict[str, str]]) -> None:
    address, _, tokens = doors
    bodies: dict[str, Any] = {"/api/find": {"item": "watch"}}
    for needed, routes in ROUTES.items():
        for scope, token in tokens.items():
            for method, path in routes:
                headers = {"Authorization": f"Bearer {token}"}
                body = bodies.get(path, {"arguments": {}} if path.startswith("/api/tools/") else {})
                answer = httpx.request(method, f"{address}{path}", headers=headers, json=body, timeout=60)
                refused = answer.status_code == 403 and answer.json()["error"]["code"] == "scope_missing"
                assert refused == (scope not in (needed, "admin")), (scope, path, answer.status_code, answer.text)


def test_every_route_is_behind_a_scope() -> None:
    """A new route fails here until it is said which scope it needs."""
    tried = {(method, path) for routes in ROUTES.values() for method, path in routes}
    for path, methods in create_api().openapi()["paths"].items():
        parts = path.split("/")
        for method in methods:
            known = path in ANY or any(
                m == method.upper() and len(p.split("/")) == len(parts)
                and all(a == b or a.startswith("{") for a, b in zip(parts, p.split("/"), strict=True))
                for m, p in tried | {("GET", "/v1/models/x")}
            )  # fmt: skip
            assert known, f"{method} {path} is in no scope's list"


def test_a_chat_token_cannot_look_through_the_cameras_by_talking(
    doors: tuple[str, str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ready: Any = SimpleNamespace(ready=True)
    monkeypatch.setattr(Planner, "router", ready)  # routing has tests of its own
    monkeypatch.setattr(Planner, "plan", lambda self, request, *_: [Step("find_item", 1.0, request.text)])
    monkeypatch.setattr(Planner, "direct", lambda self, tool, request: {"item": "watch"})
    address, _, tokens = doors
    said = {}
    for scope in ("chat", "admin"):
        client = openai.OpenAI(base_url=f"{address}/v1", api_key=tokens[scope], max_retries=0, timeout=120)
        messages: Any = [{"role": "user", "content": "Where is my watch?"}]
        said[scope] = client.chat.completions.create(model="hausgeist", messages=messages).choices[0].message.content
    assert "did not run" in said["chat"] and "did not run" not in said["admin"]


async def test_an_mcp_client_sees_and_calls_what_its_token_reaches(doors: tuple[str, str, dict[str, str]]) -> None:
    _, url, tokens = doors
    expected = {"chat": ("recall", "find_item"), "cameras": ("find_item", "recall"), "admin": ("forget", None)}
    for scope, (may, may_not) in expected.items():
        async with (
            httpx.AsyncClient(headers={"Authorization": f"Bearer {tokens[scope]}"}, timeout=60) as http,
            streamable_http_client(url, http_client=http) as (reading, writing, _),
            ClientSession(reading, writing) as client,
        ):
            await client.initialize()
            names = {tool.name for tool in (await client.list_tools()).tools}
            resources = {str(row.uri) for row in (await client.list_resources()).resources}
            assert may in names and may_not not in names
            assert ("hausgeist://cameras" in resources) == (scope != "chat")
            assert ("hausgeist://memory/facts" in resources) == (scope != "cameras")
            if may_not is not None:
                args = {"item": "x"} if may_not == "find_item" else {"query": "x"}
                refused = await client.call_tool(may_not, args)
                assert refused.isError and "scope" in refused.content[0].text  # type: ignore[union-attr]
                barred = "hausgeist://cameras" if scope == "chat" else "hausgeist://memory/facts"
                with pytest.raises(Exception, match="scope"):
                    await client.read_resource(barred)  # type: ignore[arg-type]


# The guard alone -------------------------------------------------------------------------------------------------


async def _ok(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


async def asked(guard: Guard, path: str = "/v1/models", client: str = "127.0.0.1", **headers: str) -> tuple[int, str]:
    """Status and error code of one request."""
    sent: list[Any] = []
    given = [(name.replace("_", "-").encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

    async def send(message: Any) -> None:
        sent.append(message)

    await guard({"type": "http", "path": path, "headers": given, "client": (client, 5)}, None, send)  # type: ignore[arg-type]
    code = json.loads(sent[1]["body"]).get("error", {}).get("code", "")
    return sent[0]["status"], code


async def test_other_names_and_other_sites_are_refused() -> None:
    owned = Guard(_ok, owner={"right": "me"}.get, host="127.0.0.1", hosts=("spirit.lan",), origins=("https://ha.lan",))
    key = {"authorization": "Bearer right"}
    for host in ("127.0.0.1:8377", "localhost", "[::1]:8377", "spirit.lan:80"):
        assert (await asked(owned, host=host, **key))[0] == 200
    for host in (
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8377",
        "",
        "127.0.0.1@evil.example:1x",
    ):
        assert await asked(owned, host=host, **key) == (421, "wrong_host")
    here = {"host": "127.0.0.1", **key}
    for origin in ("https://ha.lan", "http://127.0.0.1", "http://localhost:3000"):
        assert (await asked(owned, origin=origin, **here))[0] == 200
    for origin in ("https://evil.example", "null", "https://ha.lan.evil.example", "http://localhost.evil.example"):
        assert await asked(owned, origin=origin, **here) == (403, "wrong_origin")
    assert await asked(owned, sec_fetch_site="cross-site", **here) == (403, "wrong_origin")
    open_door = Guard(_ok, owner=None, host="127.0.0.1")
    assert (await asked(open_door, host="127.0.0.1:8378", origin="http://127.0.0.1:8378"))[0] == 200
    for origin in ("http://localhost:3000", "http://127.0.0.1:3000"):  # without a token, not even of this machine
        assert await asked(open_door, host="127.0.0.1:8378", origin=origin) == (403, "wrong_origin")


async def test_a_websocket_is_guarded_as_a_request_is() -> None:
    guard = Guard(_ok, owner={"right": "me"}.get, host="127.0.0.1")
    for headers in ([(b"host", b"evil.example")], [(b"host", b"127.0.0.1"), (b"origin", b"https://evil.example")], []):
        sent: list[Any] = []

        async def send(message: Any, sent: list[Any] = sent) -> None:
            sent.append(message)

        scope = {"type": "websocket", "path": "/ws", "headers": headers, "client": ("127.0.0.1", 5)}
        await guard(scope, None, send)  # type: ignore[arg-type]
        assert sent == [{"type": "websocket.close", "code": 1008}]


async def test_wrong_tokens_and_too_many_requests_are_slowed_down() -> None:
    now = [0.0]
    guard = Guard(_ok, owner={"a": "ann", "b": "ben"}.get, host="127.0.0.1", per_minute=60, clock=lambda: now[0])
    here = {"host": "127.0.0.1"}

    def ask(token: str, client: str) -> Any:
        return asked(guard, client=client, authorization=f"Bearer {token}", **here)

    assert round(60 * WRONG_SHARE) == 2
    for _ in range(2):
        assert await ask("guess", "10.0.0.9") == (401, "token_wrong")
    assert await ask("guess", "10.0.0.9") == (429, "rate_limit_exceeded")
    assert await ask("guess", "10.0.0.8") == (401, "token_wrong")
    assert (await ask("a", "10.0.0.9"))[0] == 200, "who has a token is not locked out by who has none"
    answers = [(await ask("a", f"10.0.1.{n}"))[0] for n in range(80)]
    assert answers.count(200) == 59 and answers[-1] == 429, "one token, many addresses"
    assert (await ask("b", "10.0.2.1"))[0] == 200
    now[0] += 30
    assert [(await ask("a", "10.0.1.1"))[0] for _ in range(31)].count(200) == 30
    now[0] += 60
    answers = [(await ask(token, "10.0.3.1"))[0] for token in "ab" * 40]
    assert answers.count(200) == 60, "one address, many tokens"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 90)), max_size=200), st.integers(1, 50))
def test_no_more_pass_than_a_minute_allows(asks: list[tuple[str, float]], per_minute: int) -> None:
    now = [0.0]
    rate, passed = Rate(per_minute, lambda: now[0]), list[tuple[str, float]]()
    for key, pause in asks:
        now[0] += pause / 10
        if rate.take(key) == 0:
            passed.append((key, now[0]))
    for key, at in passed:
        assert sum(k == key and at - 60 < t <= at for k, t in passed) <= 2 * per_minute


def test_what_is_kept_of_askers_is_bounded() -> None:
    rate = Rate(5, lambda: 0.0)
    for number in range(MOST + 100):
        rate.take(str(number))
    assert len(rate._held) == MOST


# Tokens ----------------------------------------------------------------------------------------------------------


def test_the_command_line_makes_lists_and_revokes_tokens(environment: dict[str, str], cli: Cli) -> None:
    made = cli("token", "create", "tablet", "--scope", "cameras", "--scope", "chat", "--json").json
    assert made["scopes"] == ["chat", "cameras"] and made["token"].startswith("hg-")
    file = Path(environment["HAUSGEIST_HOME"]) / "config" / "tokens.json"
    assert made["token"] not in file.read_text() and file.stat().st_mode & 0o777 == 0o600
    listed = cli("token", "list", "--json")
    assert made["token"] not in listed.out and listed.json["tokens"][0]["scopes"] == ["chat", "cameras"]
    assert Tokens(file).access(made["token"]) is not None
    assert cli("token", "revoke", "tablet").status == 0 and Tokens(file).access(made["token"]) is None
    assert cli("token", "revoke", "tablet").status == 2
    wrong = cli("token", "create", "x", "--scope", "camera")
    assert wrong.status == 2 and "cameras" in wrong.err


def test_a_token_from_before_scopes_may_all(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "tokens.json")
    token = tokens.make("old", NOW)
    rows = json.loads(tokens.file.read_text())
    del rows["old"]["scopes"]
    tokens.file.write_text(json.dumps(rows))
    access = tokens.access(token)
    assert access is not None and access.scopes == {"chat", "cameras", "admin"}


# Wyoming ---------------------------------------------------------------------------------------------------------


def test_wyoming_is_not_opened_to_everybody(cli: Cli) -> None:
    for host in ("0.0.0.0", "192.168.1.5", "::"):
        refused = cli("wyoming", "--host", host, "--port", "0")
        assert refused.status == 2 and "--allow" in refused.err
    assert cli("wyoming", "--host", "0.0.0.0", "--allow", "not an address").status == 2


async def test_wyoming_hears_only_whom_it_may(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = networks(["192.168.1.0/24", "fe80::1"])
    assert [
        _inside(peer, tuple(allowed)) for peer in ("192.168.1.7", "::ffff:192.168.1.7", "fe80::1%eth0", "127.0.0.1")
    ]
    assert not any(_inside(peer, tuple(allowed)) for peer in ("192.168.2.7", "::ffff:10.0.0.1", "fe80::2", "", "x"))
    with pytest.raises(UsageError, match="no address"):
        networks(["house.lan"])
    for here, answers in ((True, True), (False, False)):
        monkeypatch.setattr("tools.speech.wyoming_server._inside", lambda peer, nets, here=here: here)
        ended, address = Cancellation(), asyncio.get_running_loop().create_future()
        running = asyncio.create_task(serve(house, "127.0.0.1", 0, address.set_result, ended, allowed))
        port = int((await asyncio.wait_for(address, 30)).rpartition(":")[2])
        try:
            assert (await _pong(port)) is answers
        finally:
            ended.cancel()
            await asyncio.wait_for(running, 30)


async def _pong(port: int) -> bool:
    """Whether a ping on that port is answered."""
    try:
        async with AsyncTcpClient("127.0.0.1", port) as client:
            await client.write_event(Ping(text="there?").event())
            return await asyncio.wait_for(client.read_event(), 30) is not None
    except OSError:
        return False


async def test_a_web_page_cannot_speak_wyoming(house: House) -> None:
    """A page can have a browser post to the port; its first line is none of the protocol, and ends the connection."""
    ended, address = Cancellation(), asyncio.get_running_loop().create_future()
    running = asyncio.create_task(serve(house, "127.0.0.1", 0, address.set_result, ended))
    port = int((await asyncio.wait_for(address, 30)).rpartition(":")[2])
    try:
        reading, writing = await asyncio.open_connection("127.0.0.1", port)
        body = b'{"type": "ping", "data": {"text": "hello"}}\n'
        writing.write(b"POST / HTTP/1.1\r\nHost: evil.example\r\nOrigin: https://evil.example\r\n\r\n" + body)
        await writing.drain()
        assert b"pong" not in await asyncio.wait_for(reading.read(), 30)
        writing.close()
    finally:
        ended.cancel()
        await asyncio.wait_for(running, 30)
