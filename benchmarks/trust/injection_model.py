"""A chat server that obeys every text in the worst way, and a registry that notes what reached a tool.

The server speaks OpenAI's protocol; it makes the calls it is told to, whatever tools it was offered, and then answers.
Owns no cases (`injection`).
"""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool

from tools.contract import Risk, ToolContext, ToolOutput
from tools.registry import Registry, risk_of

CallOf = tuple[str, dict[str, Any]]


@dataclass
class Obeying:
    """What the server says, and which calls it makes before that, one in each answer."""

    says: str = "All right."
    calls: list[CallOf] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    """The requests' bodies, so that a case can check that the order really reached the model."""

    def answer(self) -> tuple[dict[str, Any], str]:
        """The delta of the next answer and its finish reason."""
        if not self.calls:
            return {"content": self.says}, "stop"
        name, args = self.calls.pop(0)
        function = {"name": name, "arguments": json.dumps(args)}
        return {"tool_calls": [{"index": 0, "id": f"c{len(self.calls)}", "type": "function", "function": function}]}, (
            "tool_calls"
        )


@contextmanager
def obeying_server() -> Iterator[tuple[str, Obeying]]:
    """The address of a running server, and what it is told to do."""
    will = Obeying()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            will.prompts.append(self.rfile.read(int(self.headers["Content-Length"])).decode("utf-8"))
            delta, end = will.answer()
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for part, finish in (({"role": "assistant", **delta}, None), ({}, end)):
                choice = {"index": 0, "delta": part, "finish_reason": finish}
                chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
                self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, *_: Any) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", will
    finally:
        server.shutdown()
        server.server_close()


def foreign_tool(order: str) -> BaseTool:
    """A tool as an MCP server would offer it, whose description is an order."""

    def forecast(city: str) -> str:
        return f"Rain in {city}."

    return StructuredTool.from_function(forecast, name="weather_forecast", description=order)


class Watched(Registry):
    """The house's own tools; a call that passed the approval is noted, and one that would change something ends there.

    `results` stand in for what a tool finds, so that a camera's words can be an order.
    """

    def __init__(self, real: Registry, foreign: BaseTool) -> None:
        self.__dict__.update(real.__dict__)
        self.tools = {**real.tools, foreign.name: foreign}
        self.started: list[CallOf] = []
        self.results: dict[str, ToolOutput] = {}

    async def acall(self, name: str, args: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Note the call; run it only where it reads."""
        tool = self.get(name)  # raises for a tool that this installation does not have: nothing starts
        self.started.append((name, dict(args)))
        if name in self.results:
            return self.results[name]
        if risk_of(tool) is not Risk.READ:
            return ToolOutput(facts={"noted": True}, say="Noted.")
        return await super().acall(name, args, context)

    def changing(self) -> list[str]:
        """Names of the started tools that write, delete or reach outside."""
        return [name for name, _ in self.started if risk_of(self.get(name)) is not Risk.READ]
