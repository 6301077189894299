"""What a run would do, without doing it: every step, its approval, and its arguments as far as they are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from agent.scripts.actions import is_repeatable
from agent.scripts.schema import Script, Step
from agent.scripts.schema import Source as LoopSource
from agent.scripts.templates import TemplateProblem, Templates
from agent.scripts.values import Scope
from runtime.house import House
from tools.approval import verdict
from tools.registry import Registry


def plan(script: Script, inputs: dict[str, Any], house: House, registry: Registry) -> list[dict[str, Any]]:
    """Rows `{"path", "does", "what", "if", "for_each", "approval", "repeatable"}` in the order of the steps.

    A template that needs the result of a step stays as it is written.
    """
    scope = Scope.first("dry-run", house.now(), inputs, {})
    return list(_rows(script.steps, "", scope, house, registry, Templates()))


def _rows(
    steps: Sequence[Step], above: str, scope: Scope, house: House, registry: Registry, templates: Templates
) -> Iterator[dict[str, Any]]:
    for index, step in enumerate(steps):
        name = step.id or f"{index + 1}-{step.action}"
        path = f"{above}/{name}" if above else name
        row: dict[str, Any] = {"path": path, "does": step.tool or step.action, "what": _what(step, scope, templates)}
        if step.if_ is not None:
            row["if"] = step.if_
        if step.for_each is not None:
            loop = step.for_each
            given = loop.model_dump(exclude_none=True) if isinstance(loop, LoopSource) else loop
            row["for_each"] = _rendered(given, scope, templates)
        if step.tool is not None:
            tool = registry.get(step.tool)
            row["approval"] = verdict(tool, house.settings.approval)
            row["repeatable"] = is_repeatable(tool) if step.repeatable is None else step.repeatable
        yield row
        yield from _rows([*(step.steps or ()), *(step.parallel or ())], path, scope, house, registry, templates)


def _what(step: Step, scope: Scope, templates: Templates) -> Any:
    if step.tool is not None:
        return _rendered(step.with_, scope, templates)
    if step.ask is not None:
        return _rendered(step.ask, scope, templates)
    if step.read is not None:
        return _rendered(step.read, scope, templates)
    if step.write is not None:
        return _rendered(step.write.model_dump(exclude_defaults=True), scope, templates)
    return _rendered(step.set, scope, templates) if step.set is not None else None


def _rendered(value: Any, scope: Scope, templates: Templates) -> Any:
    if isinstance(value, dict):
        return {key: _rendered(item, scope, templates) for key, item in value.items()}
    if isinstance(value, list):
        return [_rendered(item, scope, templates) for item in value]
    try:
        return templates.render(value, scope.values)
    except TemplateProblem:
        return value
