"""A call of a tool by an MCP client: approval, progress, cancellation. Owns no protocol beyond these."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import mcp.types as types
from langchain_core.tools import BaseTool
from mcp.server.lowlevel import Server
from starlette.requests import Request

from agent.mcp.content import as_result, failure
from agent.messages import has_chinese
from agent.serving.access import OWNER, Access, access_in, scope_of
from agent.session import Session
from runtime.cancellation import Cancellation
from runtime.errors import HausgeistError
from tools.approval import verdict
from tools.contract import Progress, ToolContext
from tools.registry import check_args, risk_of


async def call_tool(
    session: Session, server: Server[Any, Any], name: str, args: Mapping[str, Any]
) -> types.CallToolResult:
    """Run a tool under the approval policy and report its progress to the client that asked for it."""
    try:
        tool = session.registry.get(name)
        access_of(server).check(scope_of(tool))
        check_args(tool, args)
        refusal = await _refusal(session, server, tool, args)
        if refusal is not None:
            return failure(refusal)
        cancellation = Cancellation()
        loop, report = asyncio.get_running_loop(), _Reporter(server)

        def progress(value: Progress) -> None:
            loop.call_soon_threadsafe(report.take, value)

        context = _context(session, args, progress, cancellation)
        try:
            output = await session.registry.acall(name, args, context)
        except asyncio.CancelledError:
            cancellation.cancel()
            raise
        finally:
            await report.close()
        return as_result(output)
    except HausgeistError as problem:
        return failure(str(problem))


def access_of(server: Server[Any, Any]) -> Access:
    """Whose request is being worked on: by the token over HTTP, the owner on standard input."""
    request = server.request_context.request
    return access_in(request.scope) if isinstance(request, Request) else OWNER


async def _refusal(session: Session, server: Server[Any, Any], tool: BaseTool, args: Mapping[str, Any]) -> str | None:
    """Why the tool may not run; None when it may. The owner is asked through the client where it can ask."""
    decided = verdict(tool, session.house.settings.approval)
    if decided == "allow":
        return None
    remedy = f"Allow it by the setting approval.tools.{tool.name}=allow."
    if decided == "deny":
        return f"The owner's settings forbid the tool {tool.name}."
    client = server.request_context.session
    able = types.ClientCapabilities(elicitation=types.ElicitationCapability())
    if not client.check_client_capability(able):
        return f"The tool {tool.name} needs the owner's approval, and this client cannot ask. {remedy}"
    given = ", ".join(f"{key}={value!r}" for key, value in args.items()) or "no arguments"
    question = f"Hausgeist: shall the tool {tool.name} ({risk_of(tool).value}) run with {given}?"
    schema = {
        "type": "object",
        "properties": {"allow": {"type": "boolean", "title": "Allow it once", "default": False}},
        "required": ["allow"],
    }
    answer = await client.elicit(question, schema, related_request_id=server.request_context.request_id)
    if answer.action == "accept" and (answer.content or {}).get("allow") is True:
        return None
    return f"The tool {tool.name} was not approved; nothing was done."


def _context(session: Session, args: Mapping[str, Any], progress: Any, cancellation: Cancellation) -> ToolContext:
    words = " ".join(str(value) for value in args.values())
    language = session.house.settings.language
    return ToolContext(
        session.house.for_clients(),
        session.memory,
        language if language != "auto" else "zh" if has_chinese(words) else "en",
        "mcp",
        words,
        progress,
        cancellation,
        documents=session.documents,
    )


class _Reporter:
    """Sends progress in its order, with a value that only grows, to a client that gave a token for it."""

    def __init__(self, server: Server[Any, Any]) -> None:
        request = server.request_context
        self._token = request.meta.progressToken if request.meta is not None else None
        self._session, self._request_id = request.session, str(request.request_id)
        self._queue: asyncio.Queue[Progress | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._send()) if self._token is not None else None

    def take(self, value: Progress) -> None:
        """Queue a report."""
        if self._task is not None:
            self._queue.put_nowait(value)

    async def close(self) -> None:
        """Send what is queued, and end."""
        if self._task is None:
            return
        self._queue.put_nowait(None)
        try:
            await asyncio.shield(self._task)
        except asyncio.CancelledError:
            self._task.cancel()
            raise

    async def _send(self) -> None:
        assert self._token is not None
        last = -1.0
        while (value := await self._queue.get()) is not None:
            if value.done <= last:
                continue  # the specification wants a value that grows with every notification
            last = value.done
            words = f"{value.message} ({value.unit})" if value.unit else value.message
            await self._session.send_progress_notification(
                self._token, value.done, value.total or None, words, related_request_id=self._request_id
            )
