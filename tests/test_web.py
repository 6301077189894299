"""`hausgeist web`: who has no token sees nothing; a real browser (Debian's chromium) asks and sees the answer."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import websockets
from websockets.exceptions import InvalidStatus

from runtime.errors import UsageError
from tui.web import _listen

from .cli_driver import ENTRY, ROOT, with_root

PATIENCE_S = 120.0


@pytest.fixture
def address(environment: dict[str, str], need_model: Callable[[str], Path]) -> Iterator[str]:
    """The address that `hausgeist web` prints, with its token."""
    need_model("smollm2-135m-instruct")
    settings = {"HAUSGEIST_CHAT__MODEL": "smollm2-135m-instruct", "HAUSGEIST_UI__GUIDE": "false"}
    environ = {**with_root(environment), **settings}
    process = subprocess.Popen(
        [*ENTRY, "web"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ, cwd=ROOT
    )
    assert process.stdout is not None
    found = re.search(r"http\S+", process.stdout.readline())
    assert found, process.stderr.read() if process.stderr else ""
    yield found.group(0)
    process.terminate()
    process.wait(timeout=30)


def get(url: str, **headers: str) -> tuple[int, str]:
    """Status and text of an address, asked without cookies or proxies."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as problem:
        return problem.code, problem.read().decode()


async def test_without_the_token_nothing_is_seen(address: str) -> None:
    base = address.partition("?")[0]
    for path in ("", "static/js/textual.js", "ws", "download/x", "?token=wrong", "nothing"):
        status, text = await asyncio.to_thread(get, base + path)
        assert (status, text) == (403, "")
    token = address.partition("token=")[2]
    assert (await asyncio.to_thread(get, base, Cookie=f"hausgeist={token}"))[0] == 200
    status, _ = await asyncio.to_thread(get, base, Cookie=f"hausgeist={token}", Host="evil.example")
    assert status == 403
    status, _ = await asyncio.to_thread(get, base, Cookie=f"hausgeist={token}", Origin="http://evil.example")
    assert status == 403
    with pytest.raises(InvalidStatus):
        async with websockets.connect(base.replace("http", "ws") + "ws", proxy=None):
            pass


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "example.org", "::"])
def test_only_loopback_is_served(host: str) -> None:
    with pytest.raises(UsageError, match="this machine"):
        _listen(host, 0)


class Browser:
    """A page of chromium, spoken to over its DevTools protocol."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._count = 0
        self.received = bytearray()
        self.elsewhere: list[str] = []

    async def do(self, method: str, **params: Any) -> Any:
        """Run a command and give its result; what the page's sockets receive is kept."""
        self._count += 1
        await self._socket.send(json.dumps({"id": self._count, "method": method, "params": params}))
        while True:
            message = json.loads(await asyncio.wait_for(self._socket.recv(), PATIENCE_S))
            self._keep(message)
            if message.get("id") == self._count:
                return message.get("result", {})

    async def type(self, text: str) -> None:
        """Click into the app's prompt, near the bottom, then press a key for each character."""
        size = await self.do("Runtime.evaluate", expression="document.querySelector('.xterm-screen').offsetHeight")
        low = size["result"]["value"] - 50
        for kind in ("mousePressed", "mouseReleased"):
            await self.do("Input.dispatchMouseEvent", type=kind, x=300, y=low, button="left", clickCount=1)
        for character in text:
            key = (
                {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
                if character == "\r"
                else {"key": character}
            )
            await self.do("Input.dispatchKeyEvent", type="keyDown", text=character, **key)
            await self.do("Input.dispatchKeyEvent", type="keyUp", **key)

    async def until(self, text: str) -> None:
        """Wait until the page's terminal has got `text`."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.text:
            assert time.monotonic() < deadline, f"never came: {text!r}"
            await self.do("Runtime.evaluate", expression="1")
            await asyncio.sleep(0.1)

    @property
    def text(self) -> str:
        """What came to the terminal, without escape sequences."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.received.decode(errors="replace"))

    def _keep(self, message: dict[str, Any]) -> None:
        if message.get("method") == "Network.responseReceived":
            url = message["params"]["response"]["url"]
            self.elsewhere += [url] if url.startswith("http") and "127.0.0.1" not in url else []
        if message.get("method") == "Network.webSocketFrameReceived":
            frame = message["params"]["response"]
            data = frame["payloadData"]
            self.received += base64.b64decode(data) if frame["opcode"] == 2 else data.encode()


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A headless chromium with an empty profile."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("chromium is not installed (Debian: apt install chromium)")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--no-first-run"]
        process = await asyncio.create_subprocess_exec(
            program, *options, f"--user-data-dir={profile}", "--window-size=1000,700", "--no-proxy-server",
            "about:blank", stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            port = await asyncio.wait_for(_port(process), PATIENCE_S)
            _, listed = await asyncio.to_thread(get, f"http://127.0.0.1:{port}/json")
            page = next(one for one in json.loads(listed) if one["type"] == "page")
            async with websockets.connect(page["webSocketDebuggerUrl"], max_size=None, proxy=None) as socket:
                yield Browser(socket)
        finally:
            process.terminate()
            await process.wait()


async def _port(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    while line := (await process.stderr.readline()).decode(errors="replace"):
        if found := re.search(r"DevTools listening on ws://[^:]+:(\d+)/", line):
            return found.group(1)
    raise AssertionError("chromium ended")


async def test_a_browser_asks_and_sees_the_answer(address: str) -> None:
    async with browser() as page:
        for domain in ("Page", "Runtime", "Network"):
            await page.do(f"{domain}.enable")
        await page.do("Emulation.setFocusEmulationEnabled", enabled=True)
        await page.do("Page.navigate", url=address)
        await page.until("for commands")
        where = await page.do("Runtime.evaluate", expression="location.href")
        assert "token" not in where["result"]["value"], "the token leaves the address"
        await page.type("Remember that the spare key hangs behind the boiler.\r")
        await page.until("I will remember")
        assert not page.elsewhere, "nothing is loaded from another machine"
