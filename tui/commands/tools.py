"""`hausgeist tools`: lists the tools, and calls one by hand under the same approval policy as in a turn."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime.errors import ApprovalError, ArgumentError
from tools.approval import verdict
from tools.documents.library import Library
from tools.registry import Registry, check_args, risk_of, schema_of, utterances_of
from tui.approve import ask
from tui.commands.common import interruptible, open_house, open_memory, tool_context
from tui.output import note, print_json, print_table, progress_bar, say
from tui.render import print_output

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from runtime.house import House
    from tools.contract import ToolOutput


def list_tools(options: Namespace) -> int:
    """List the tools with their arguments, and those that are unavailable with the reason."""
    with open_house(options) as house:
        registry = Registry.load(house)
        rows = [_describe(tool, house, registry) for tool in registry.tools.values()]
        for name, reason in registry.unavailable.items():
            if name not in registry.tools:
                rows.append({"name": name, "available": False, "reason": reason})
    if options.json:
        print_json({"tools": rows})
        return 0
    columns = ("tool", "arguments", "risk", "approval", "about")
    cells = [
        (
            row["name"],
            " ".join(_signature(row.get("parameters", {}))),
            row.get("risk"),
            row.get("approval"),
            row.get("description") if row["available"] else f"unavailable: {row['reason']}",
        )
        for row in rows
    ]
    print_table(columns, cells, empty="No tool is enabled.")
    return 0


def call(options: Namespace) -> int:
    """Call one tool with the arguments of the command line."""
    with open_house(options) as house:
        registry = Registry.load(house)
        tool = registry.get(options.name)
        args = parse_arguments(tool, options.arguments)
        check_args(tool, args)
        _approve(tool, args, house, yes=options.yes)
        with (
            open_memory(house) as memory,
            Library(house, memory.embedder) as documents,
            interruptible() as cancellation,
            progress_bar() as show,
        ):
            context = tool_context(
                house,
                memory,
                " ".join(str(value) for value in args.values()),
                lambda progress: show(progress.message, progress.done, progress.total, progress.unit),
                cancellation,
            )
            context.documents = documents
            output = registry.call(tool.name, args, context)
    if options.json:
        print_json(as_call(tool.name, args, output))
    else:
        print_output(output)
    return exit_status(output)


def new(options: Namespace) -> int:
    """Write a package with one tool, ready to be installed."""
    from tools.scaffold import make_package

    files = make_package(options.name, Path(options.folder).expanduser())
    folder = files[0].parent
    if options.json:
        print_json({"name": options.name, "folder": str(folder), "files": [str(file) for file in files]})
        return 0
    for file in files:
        say(file)
    note(f"Install it with: pip install --no-build-isolation --no-deps -e {folder}")
    return 0


def exit_status(output: ToolOutput) -> int:
    """The command line's exit status for what a tool did."""
    return {"ok": 0, "failed": 1, "denied": 3}[output.status]


def as_call(name: str, args: dict[str, Any], output: ToolOutput) -> dict[str, Any]:
    """A call as one object, with the keys of `ask --json`, and `say`."""
    body = output.model_dump(mode="json", include={"status", "facts", "files", "error", "say"})
    return {"name": name, "args": args, **body}


def parse_arguments(tool: BaseTool, given: Sequence[str]) -> dict[str, Any]:
    """ "key=value" words as arguments: text stays text, numbers, booleans and lists are read as JSON.

    Raises `ArgumentError`; whether the values fit the tool is checked afterwards.
    """
    properties = schema_of(tool).get("properties", {})
    args: dict[str, Any] = {}
    for word in given:
        key, equals, value = word.partition("=")
        if not equals:
            raise ArgumentError(f"The argument {word!r} has no value.", remedy="Write it as key=value.")
        if key in args:
            raise ArgumentError(f"The argument {key} is given twice.", remedy="Give it once; lists as JSON.")
        args[key] = value if _takes_text(properties.get(key, {})) else _json_or_text(value)
    return args


def _takes_text(schema: dict[str, Any]) -> bool:
    choices = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]
    types = {choice.get("type") for choice in choices} - {None}
    return not types or "string" in types


def _json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value  # the check against the schema says what is wrong with it


def _approve(tool: BaseTool, args: dict[str, Any], house: House, *, yes: bool) -> None:
    """Pass, or raise `ApprovalError`."""
    decided = verdict(tool, house.settings.approval)
    if decided == "deny":
        remedy = f"Change it with --set approval.tools.{tool.name}=ask."
        raise ApprovalError(f"The settings forbid the tool {tool.name}.", remedy=remedy)
    if decided == "ask" and ask(tool.name, args, risk_of(tool).value, yes=yes) == "never":
        raise ApprovalError(f"You refused the tool {tool.name}; nothing was done.")


def _describe(tool: BaseTool, house: House, registry: Registry) -> dict[str, Any]:
    return {
        "name": tool.name,
        "available": tool.name not in registry.unavailable,
        "reason": registry.unavailable.get(tool.name),
        "description": " ".join(tool.description.split()),
        "risk": risk_of(tool).value,
        "approval": verdict(tool, house.settings.approval),
        "parameters": schema_of(tool),
        "examples": [{"lang": example.lang, "text": example.text} for example in utterances_of(tool)[:6]],
    }


def _signature(schema: dict[str, Any]) -> list[str]:
    required = set(schema.get("required", ()))
    return [name if name in required else f"[{name}]" for name in schema.get("properties", {})]
