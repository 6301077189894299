"""Which tools there are. Built-in, third-party (entry points) and plain LangChain tools, under one roof.

Owns no policy (`tools.approval`). A tool that cannot load shows as unavailable and never stops the program.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, ValidationError

from runtime.errors import ArgumentError, HausgeistError, ToolUnavailableError, UnknownNameError, nearest
from runtime.house import House
from tools.contract import Example, HausgeistTool, Risk, ToolContext, ToolOutput

log = logging.getLogger(__name__)
GROUP = "hausgeist.tools"
ORDER = (
    "find_item",
    "describe_camera",
    "where_was",
    "speak",
    "generate_image",
    "remember",
    "recall",
    "forget",
    "summarize_file",
)
"""The built-in tools come first, in this order: the prompt's prefix must not change without need."""


@dataclass
class Registry:
    """The tools of a house, in a stable order, and why some cannot work here (name to reason and remedy).

    A tool whose code cannot be loaded is in `unavailable` only. One that lacks something here (a model, a device) is in
    both: people still ask for it, and its failed output tells them the remedy.
    """

    tools: dict[str, BaseTool] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, house: House, found: Iterable[EntryPoint] | None = None) -> Registry:
        """Load every tool that is declared and enabled. Loads no model."""
        registry = cls()
        points = list(entry_points(group=GROUP) if found is None else found)
        points.sort(key=lambda point: (ORDER.index(point.name) if point.name in ORDER else len(ORDER), point.name))
        for point in points:
            if point.name not in house.settings.tools.disabled:
                registry._add(point, house)
        for name in house.settings.tools.langchain:
            registry._add(EntryPoint(name.rpartition(":")[2], name, GROUP), house)
        registry._add_mcp(house)
        return registry

    @property
    def routed(self) -> list[BaseTool]:
        """The tools that our own chat model may choose, in order."""
        return [tool for tool in self.tools.values() if getattr(tool, "routed", True)]

    def _add_mcp(self, house: House) -> None:
        """Tools of the MCP servers that the settings name; the name of a tool of ours is never taken."""
        if not house.settings.mcp.servers:
            return
        from tools.mcp_tools import mcp_tools

        found, problems = mcp_tools(house.settings.mcp.servers)
        self.unavailable |= problems
        for name, tool in found.items():
            if name not in house.settings.tools.disabled:
                self.tools.setdefault(name, tool)

    def _add(self, point: EntryPoint, house: House) -> None:
        try:
            module, _, attribute = point.value.partition(":")
            thing: Any = getattr(import_module(module), attribute)
            tool = thing() if isinstance(thing, type) else thing
            if not isinstance(tool, BaseTool):
                raise ToolUnavailableError(
                    f"{point.value} is not a LangChain tool.", remedy="See docs/writing-a-tool.md."
                )
            reason = type(tool).available(house) if isinstance(tool, HausgeistTool) else None
        except Exception as problem:
            log.debug("The tool %s could not be loaded.", point.name, exc_info=True)
            self.unavailable[point.name] = f"{type(problem).__name__}: {problem}"
            return
        if reason:
            self.unavailable[point.name] = reason
        self.tools[tool.name] = tool

    def get(self, name: str) -> BaseTool:
        """The tool of that name. Raises `UnknownNameError`, or `ToolUnavailableError` with the reason."""
        if name in self.tools:
            return self.tools[name]
        if name in self.unavailable:
            raise ToolUnavailableError(f"The tool {name} is not available: {self.unavailable[name]}")
        raise UnknownNameError("tool", name, self.tools, remedy="See `hausgeist tools list`.")

    def call(self, name: str, args: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Check `args` and run a tool, without asking for approval: the caller has that already.

        Raises `UnknownNameError` and `ArgumentError`; what goes wrong inside the tool is in its output.
        """
        tool = self.get(name)
        checked = check_args(tool, args)
        if isinstance(tool, HausgeistTool):
            return _lacking(tool, context) or tool.execute(checked, context)
        return _call_foreign(tool, dict(args))

    async def acall(self, name: str, args: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """`call` without blocking the event loop; LangChain tools that are only asynchronous work here alone."""
        tool = self.get(name)
        checked = check_args(tool, args)
        if isinstance(tool, HausgeistTool):
            lacking = _lacking(tool, context)
            return lacking if lacking is not None else await asyncio.to_thread(tool.execute, checked, context)
        try:
            return _foreign_output(await tool.ainvoke(dict(args)))
        except Exception as problem:
            return _foreign_failure(tool, problem)


def risk_of(tool: BaseTool) -> Risk:
    """The tool's risk; a tool that declares none counts as sensitive."""
    return tool.risk if isinstance(tool, HausgeistTool) else Risk.SENSITIVE


def utterances_of(tool: BaseTool) -> tuple[Example, ...]:
    """What people say when they want the tool."""
    return type(tool).utterances() if isinstance(tool, HausgeistTool) else ()


def schema_of(tool: BaseTool) -> dict[str, Any]:
    """The JSON schema of the tool's arguments."""
    schema: dict[str, Any] = convert_to_openai_tool(tool)["function"].get("parameters", {})
    return schema


def check_args(tool: BaseTool, args: Mapping[str, Any]) -> Any:
    """Validate `args` against the tool's schema. Raises `ArgumentError` naming the tool, the argument, the remedy."""
    model = tool.args_schema
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return dict(args)
    known = [str(name) for name in model.model_fields]
    for name in args:
        if name not in model.model_fields:
            near = nearest(name, known)
            hint = f"Did you mean {near}?" if near else f"It takes: {', '.join(known)}."
            raise ArgumentError(f"The tool {tool.name} takes no argument {name}.", remedy=hint)
    try:
        return model.model_validate(dict(args))
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "arguments"
        raise ArgumentError(
            f"The argument {where} of {tool.name} cannot be {first['input']!r}: {first['msg']}.",
            remedy=f"See `hausgeist tools list --json` for the arguments of {tool.name}.",
        ) from problem


def _lacking(tool: HausgeistTool, context: ToolContext) -> ToolOutput | None:
    """A failed output where the tool cannot work here; looked up at the call, since models come and go."""
    reason = type(tool).available(context.house)
    return ToolOutput(status="failed", error=reason, say=reason) if reason else None


def _call_foreign(tool: BaseTool, args: dict[str, Any]) -> ToolOutput:
    try:
        if getattr(tool, "func", tool) is None:  # it is only asynchronous, and a loop may run in this thread
            with ThreadPoolExecutor(1) as pool:
                return _foreign_output(pool.submit(lambda: asyncio.run(tool.ainvoke(args))).result())
        return _foreign_output(tool.invoke(args))
    except Exception as problem:
        return _foreign_failure(tool, problem)


def _foreign_output(result: Any) -> ToolOutput:
    """What a plain LangChain tool says: text from outside, which the chat model may word. Of blocks, the texts."""
    if isinstance(result, list) and result and all(isinstance(block, dict) and "type" in block for block in result):
        text = "\n".join(str(block["text"]) if "text" in block else f"[{block['type']}]" for block in result)
    else:
        text = str(result)
    return ToolOutput(facts={"result": text}, say=text, outside=True, answer_from=True)


def _foreign_failure(tool: BaseTool, problem: Exception) -> ToolOutput:
    if isinstance(problem, HausgeistError):
        message = str(problem)
    else:
        log.error("The tool %s failed.", tool.name, exc_info=problem)
        message = f"The tool {tool.name} failed: {type(problem).__name__}: {problem}."
    return ToolOutput(status="failed", error=message, say=message)
