"""What is wrong with a script, and where: file, line, remedy. Owns no rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pydantic_core import ErrorDetails

from agent.scripts.schema import CameraTrigger, FileTrigger, Input, Retry, Script, Step, Trigger, Writing
from agent.scripts.schema import Source as LoopSource
from runtime.errors import ScriptError, nearest

Path = tuple[str | int, ...]
"""Where a value stands in the script: keys and positions from the top."""
_KEYS: Mapping[str, type[Any]] = {
    "steps": Step, "parallel": Step, "on": Trigger, "retry": Retry, "write": Writing, "file": FileTrigger,
    "camera": CameraTrigger, "inputs": Input, "for_each": LoopSource,
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong. `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} {self.remedy}"

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


class ScriptProblems(ScriptError):
    """All that is wrong with a script; the message is the first, with the number of the others."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        first = self.problems[0]
        rest = len(self.problems) - 1
        more = f" (and {rest} more: see `hausgeist run --check {first.file}`)" if rest else ""
        super().__init__(f"{first.file}:{first.line}: {first.message}", remedy=f"{first.remedy}{more}")

    def __reduce__(self) -> tuple[object, ...]:
        problems = getattr(self, "problems", None)
        return (ScriptProblems, (problems,)) if problems else super().__reduce__()


@dataclass(frozen=True)
class Source:
    """A script's file, its text, and where each of its values stands."""

    file: str
    text: str
    places: Mapping[Path, tuple[int, int]]

    def problem(self, path: Path, message: str, remedy: str) -> Problem:
        """A problem at `path`, or at the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        line, column = self.places.get(path, (1, 1))
        return Problem(self.file, line, column, message, remedy)

    def from_pydantic(self, detail: ErrorDetails) -> Problem:
        """What the schema says against a value."""
        path: Path = tuple(part for part in detail["loc"] if part != "[key]")
        path = self._known(path)
        where = dotted(path)
        key = str(path[-1]) if path else ""
        kind, given = detail["type"], detail["input"]
        if kind == "extra_forbidden":
            keys = keys_at(path[:-1])
            near = nearest(key, keys)
            hint = f"Did you mean {near!r}?" if near else f"Known here: {', '.join(keys)}."
            return self.problem(path, f"{where} is no key of a script.", hint)
        if kind == "missing":
            return self.problem(path[:-1], f"{where} is missing.", f"Add `{key}:`.")
        if kind == "value_error":
            text = detail["msg"].removeprefix("Value error, ")
            message, _, remedy = text.partition("; ")
            return self.problem(path, f"{where}: {message}.", _sentence(remedy) or "Correct it.")
        if detail["msg"].startswith("String should match pattern") or "[key]" in detail["loc"]:
            remedy = "Use small letters, digits and _, beginning with a letter."
            return self.problem(path, f"{where}: {given!r} is not a name.", remedy)
        wanted = detail["msg"].replace("Input should be", "it should be").rstrip(".")
        return self.problem(path, f"{where} cannot be {_short(given)}: {wanted}.", "Correct it, or remove it.")

    def _known(self, path: Path) -> Path:
        """`path` without the names of types that pydantic puts into it for unions."""
        kept: Path = ()
        for index, part in enumerate(path):
            if (*kept, part) in self.places or index == len(path) - 1:
                kept = (*kept, part)
        return kept


def keys_at(path: Path) -> list[str]:
    """The keys that may stand at `path`."""
    names = [part for part in path if isinstance(part, str)]
    model: type[Any] = Script
    for index, name in enumerate(names):
        if name in _KEYS and not (index and names[index - 1] == "inputs"):
            model = _KEYS[name]
    return [field.alias or name for name, field in model.model_fields.items()]


def dotted(path: Path) -> str:
    """ "steps[2].with.text": a path for people; positions count from 0 as in JSON."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the script"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
