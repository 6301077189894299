"""The values that templates see, and which of them came from outside. Owns no templates and no running."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from agent.scripts.schema import Input, Script
from runtime.errors import ArgumentError, UnknownNameError

Result = dict[str, Any]
"""What a step came to: status, say, facts, files, error, outside; and reply, value or results by its kind."""
ALWAYS = ("inputs", "steps", "run", "event", "now", "index")


def result(status: str = "ok", **more: Any) -> Result:
    """A step's result with every common key."""
    return {"status": status, "say": "", "facts": {}, "files": [], "error": None, "outside": False, **more}


@dataclass(frozen=True)
class Scope:
    """What one step sees. `outside` names the loop variables whose values came from outside."""

    values: dict[str, Any]
    outside: frozenset[str] = field(default=frozenset())

    @classmethod
    def first(cls, run: str, started: datetime, inputs: Mapping[str, Any], event: Mapping[str, Any]) -> Scope:
        """The scope in which a run begins. `now` stays the time at which it was started, also after a resumption."""
        about = {"id": run, "date": started.date().isoformat(), "time": f"{started:%H:%M}"}
        return cls({"inputs": dict(inputs), "steps": {}, "run": about, "event": dict(event), "now": started})

    def round(self, name: str, item: Any, index: int, *, outside: bool) -> Scope:
        """The scope of one round of a loop: what its steps come to is seen only there."""
        values = {**self.values, "steps": dict(self.values["steps"]), name: item, "index": index}
        return replace(self, values=values, outside=self.outside | {name} if outside else self.outside - {name})

    def keep(self, step: str | None, found: Result) -> None:
        """Let later steps see the result of `step`."""
        if step is not None:
            self.values["steps"][step] = found

    def from_outside(self, chains: Iterable[tuple[str, ...]]) -> bool:
        """Whether any of the names that a template reads holds text from outside."""
        return any(self._outside(chain) for chain in chains)

    def _outside(self, chain: tuple[str, ...]) -> bool:
        if chain[0] in self.outside or chain[0] == "event":
            return True
        if chain[0] != "steps":
            return False
        steps: dict[str, Result] = self.values["steps"]
        named = [chain[1]] if len(chain) > 1 and chain[1] in steps else list(steps)
        return any(bool(steps[name].get("outside")) for name in named)


def resolve_inputs(script: Script, given: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a run: what was given, converted to the declared type, and the defaults.

    Raises `UnknownNameError` and `ArgumentError`, naming the input and the remedy.
    """
    for name in given:
        if name not in script.inputs:
            raise UnknownNameError("input", name, script.inputs, remedy="See the script's `inputs`.")
    values = {}
    for name, declared in script.inputs.items():
        if name in given:
            values[name] = _converted(name, declared, given[name])
        elif declared.required:
            about = f" ({declared.description})" if declared.description else ""
            raise ArgumentError(f"The input {name}{about} is missing.", remedy=f"Give it with --set {name}=VALUE.")
        else:
            values[name] = declared.default
    return values


def _converted(name: str, declared: Input, value: Any) -> Any:
    if declared.type == "list" and isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if declared.type == "number" and isinstance(value, str):
        try:
            return int(value) if value.strip().lstrip("-").isdigit() else float(value)
        except ValueError:
            pass
    if declared.type == "boolean" and isinstance(value, str) and value.lower() in {"true", "yes", "1"}:
        return True
    if declared.type == "boolean" and isinstance(value, str) and value.lower() in {"false", "no", "0"}:
        return False
    fits: Any = {"text": str, "path": str, "list": list, "number": (int, float), "boolean": bool}[declared.type]
    if not isinstance(value, fits) or (declared.type == "number" and isinstance(value, bool)):
        raise ArgumentError(f"The input {name} cannot be {value!r}.", remedy=f"Give a {declared.type}.")
    return value
