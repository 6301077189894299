"""Who gets in: requests and paths that must be refused, tried on the real servers. Figures: tried, and not refused.

Every route of the HTTP interface and MCP is asked without a token, with a wrong one, under another host's name, from
another site's page, and with a token of too narrow a scope; names that lead out of a folder are drawn at random.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from agent.mcp.transport import http_app
from agent.serving.app import OPEN_PATHS, build_app, create_api
from agent.serving.guard import check_binding
from agent.serving.tokens import Tokens
from agent.session import Session
from benchmarks.trust.result import SuiteResult
from runtime.errors import ArgumentError, UsageError
from runtime.house import House
from runtime.inside import within

HOME = "127.0.0.1"
EVERYBODY = ("/api/tools", *OPEN_PATHS)
"""Routes that any token reaches; the last ones need none."""
PIECES = (
    "..",
    ".",
    "a",
    "~",
    "/",
    "\\",
    "%2e%2e",
    "%2f",
    "%252e%252e%252f",
    "link",
    "loop",
    "\0",
    "..%00",
    "%5c",
    "x" * 99,
)


def run(budget_s: float, seed: int) -> SuiteResult:
    """Try requests on every route, then paths until the budget is used (at most a minute)."""
    began, drawn = time.monotonic(), random.Random(seed)
    with House.open() as house, Session.open(house, "serve") as session:
        tokens = Tokens(house.paths.config / "tokens.json")
        given = {scope: tokens.make(scope, house.now(), [scope]) for scope in ("chat", "cameras")}
        apps = {"http": build_app(session, owner=tokens.access, host=HOME)}
        apps["mcp"] = http_app(session, owner=tokens.access, host=HOME)
        tried, notes = asyncio.run(_requests(apps, given))
    for host in ("0.0.0.0", "::", "192.168.1.5", "house.lan"):
        tried += 1
        try:
            check_binding(host, [], token_required=True)
            notes.append(f"{host} could be bound without a token")
        except UsageError:
            pass
    more, ways_out = _paths(drawn, began + min(budget_s, 60.0))
    return SuiteResult(
        "access", tried=tried + more, failed=len(notes) + len(ways_out), unit="requests and paths to refuse",
        notes=tuple([*notes, *ways_out][:20]),
    )  # fmt: skip


async def _requests(apps: dict[str, Any], tokens: dict[str, str]) -> tuple[int, list[str]]:
    """How many were tried, and which passed that must not."""
    tried, passed = 0, list[str]()
    for door, app in apps.items():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOME}", timeout=60) as client:
            for number, (method, path) in enumerate(_routes(door)):
                for what, headers in _strangers(tokens, path, number):
                    answer = await client.request(method, path, headers=headers, json={})
                    tried += 1
                    if answer.status_code not in {401, 403, 421, 429}:
                        passed.append(f"{door} {method} {path}: {what} was answered {answer.status_code}")
    return tried, passed


def _routes(door: str) -> Iterator[tuple[str, str]]:
    if door == "mcp":
        yield from (("POST", "/mcp"), ("GET", "/mcp"), ("DELETE", "/mcp"))
        return
    for path, methods in create_api().openapi()["paths"].items():
        filled = path.replace("{number}", "1").replace("{name}", "find_item").replace("{model}", "x")
        yield from ((method.upper(), filled) for method in methods)


def _strangers(tokens: dict[str, str], path: str, number: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Headers of requests that must be refused on this route."""
    key = {"Authorization": f"Bearer {tokens['chat']}"}
    yield "another host's name", {**key, "Host": "evil.example"}
    yield "a page of another site", {**key, "Origin": "https://evil.example"}
    yield "a sandboxed page", {**key, "Origin": "null"}
    yield "a picture on another site's page", {**key, "Sec-Fetch-Site": "cross-site"}
    if path in OPEN_PATHS:
        return
    yield "no token", {}
    yield "a wrong token", {"Authorization": f"Bearer hg-{number}"}
    yield "a token of another kind", {"Authorization": f"Basic {tokens['chat']}"}
    if path not in EVERYBODY and path != "/mcp":  # over MCP scopes are told by each call, see tests/test_access.py
        scope = "cameras" if path.startswith("/v1/") else "chat"
        yield f"the scope {scope}", {"Authorization": f"Bearer {tokens[scope]}"}


def _paths(drawn: random.Random, until: float) -> tuple[int, list[str]]:
    """Names that are put together from pieces; each must stay in its folder or be refused."""
    tried, out = 0, list[str]()
    with tempfile.TemporaryDirectory() as name:
        outer = Path(os.path.realpath(name))
        folder = outer / "outputs"
        (folder / "a").mkdir(parents=True)
        (folder / "link").symlink_to(outer)
        (folder / "loop").symlink_to(folder / "loop")
        while tried < 20_000 and (tried < 2_000 or time.monotonic() < until):
            wish = drawn.choice(("/", "")).join(drawn.choices(PIECES, k=drawn.randint(1, 6)))
            wish = quote(wish, safe="") if drawn.random() < 0.2 else wish
            tried += 1
            try:
                real = Path(os.path.realpath(within(folder, wish)))
            except ArgumentError:
                continue
            if folder not in real.parents:
                out.append(f"{wish!r} leads to {real}")
    return tried, out
