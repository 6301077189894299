"""Tools of MCP servers that the settings name, as LangChain tools (langchain-mcp-adapters). Owns no approval.

They count as `sensitive`, since nothing vouches for what they do, and what they say counts as text from outside. Each
call opens a session of its own, so a server that has crashed or was restarted is no trouble to the next call.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Mapping
from typing import Any

from langchain_core.tools import BaseTool

from runtime.errors import SettingsError, ToolUnavailableError
from runtime.settings import McpServer

log = logging.getLogger(__name__)


def mcp_tools(servers: Mapping[str, McpServer]) -> tuple[dict[str, BaseTool], dict[str, str]]:
    """The tools of all servers as NAME_TOOL, and the servers that could not be used with the reason.

    Servers are asked at the same time, each within its own time limit. Raises `SettingsError` for a server that is
    neither a program nor an address.
    """
    connections = {name: _connection(name, server) for name, server in servers.items()}
    found: dict[str, list[BaseTool] | BaseException] = {}

    def ask() -> None:
        found.update(asyncio.run(_ask_all(connections, servers)))

    thread = threading.Thread(target=ask, name="mcp tools")  # a loop may run in this thread
    thread.start()
    thread.join()
    tools: dict[str, BaseTool] = {}
    problems: dict[str, str] = {}
    for name, result in found.items():
        if isinstance(result, BaseException):
            log.debug("The MCP server %s gave no tools.", name, exc_info=result)
            problems[f"mcp:{name}"] = _reason(result, servers[name])
            continue
        wanted = servers[name].tools
        for tool in result:
            bare = tool.name.removeprefix(f"{name}_")
            if not wanted or bare in wanted:
                tools[tool.name] = tool
    return tools, problems


async def _ask_all(
    connections: Mapping[str, dict[str, Any]], servers: Mapping[str, McpServer]
) -> dict[str, list[BaseTool] | BaseException]:
    from langchain_mcp_adapters.tools import load_mcp_tools

    async def ask(name: str) -> list[BaseTool]:
        async with asyncio.timeout(servers[name].timeout_s):
            connection: Any = connections[name]
            return await load_mcp_tools(
                None, connection=connection, server_name=name, tool_name_prefix=True, handle_tool_errors=False
            )

    results = await asyncio.gather(*(ask(name) for name in connections), return_exceptions=True)
    return dict(zip(connections, results, strict=True))


def _connection(name: str, server: McpServer) -> dict[str, Any]:
    if (server.command is None) == (server.url is None):
        remedy = "Give it a `command` to start, or the `url` of a running one."
        raise SettingsError(f"The MCP server {name} has no command and no url, or both.", remedy=remedy)
    if server.command is not None:
        return {
            "transport": "stdio",
            "command": server.command,
            "args": list(server.args),
            "env": {"PATH": os.environ.get("PATH", ""), **server.env},
        }
    headers = {key: value.get_secret_value() for key, value in server.headers.items()}
    return {"transport": "streamable_http", "url": server.url, "headers": headers}


def _reason(problem: BaseException, server: McpServer) -> str:
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    where = server.command or server.url
    if isinstance(problem, ModuleNotFoundError):
        return f"{ToolUnavailableError('MCP needs a package.', remedy='Install it: pip install hausgeist[serve].')}"
    if isinstance(problem, TimeoutError):
        return f"{where} did not list its tools within {server.timeout_s:g} s. Raise timeout_s, or check the server."
    return f"{where} gave no tools: {type(problem).__name__}: {problem}. Check that it runs."
