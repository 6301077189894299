"""From a YAML file to a checked `Script`, with the line of every value. Owns no rules beyond the file's form.

YAML is read by its 1.2 core schema: only true and false are booleans (so that `on:` is a key), and 22:30 is text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path as File
from typing import Any

import yaml
from pydantic import ValidationError

from agent.scripts.problems import Path, Problem, ScriptProblems, Source
from agent.scripts.schema import Script

MOST_BYTES, MOST_VALUES, MOST_DEPTH = 1_000_000, 50_000, 40
_TAG = "tag:yaml.org,2002:"
_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
_IMPLICIT: tuple[tuple[str, str, str], ...] = (
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", _FLOAT, "-+.0123456789"),
)


class _Loader(yaml.SafeLoader):
    """PyYAML's parser with the plain scalars of YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103)."""


_Loader.yaml_implicit_resolvers = {}


for _kind, _pattern, _first in _IMPLICIT:
    _starts = ["" if letter == "\0" else letter for letter in _first]
    _Loader.add_implicit_resolver(f"{_TAG}{_kind}", re.compile(f"^(?:{_pattern})$"), _starts)


def read_script(file: File) -> tuple[Script, Source]:
    """Read and check a file. Raises `ScriptProblems` (all of them, each with its line)."""
    name = str(file)
    try:
        if file.stat().st_size > MOST_BYTES:
            raise ScriptProblems([Problem(name, 1, 1, "The file is larger than a megabyte.", "Split the script.")])
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        line = file.read_bytes()[: problem.start].count(b"\n") + 1
        raise ScriptProblems([Problem(name, line, 1, "The file is not UTF-8.", "Save it as UTF-8.")]) from problem
    except OSError as problem:
        why = "is a folder, not a file" if file.is_dir() else f"cannot be read: {problem.strerror}"
        raise ScriptProblems([Problem(name, 1, 1, f"The script {why}.", "Check the path.")]) from problem
    return parse_script(text, name)


def parse_script(text: str, name: str) -> tuple[Script, Source]:
    """Check the text of the script `name`. Raises `ScriptProblems`."""
    try:
        root = yaml.compose(text, _Loader)
    except yaml.MarkedYAMLError as problem:
        raise ScriptProblems([_syntax(problem, name)]) from problem
    except (yaml.YAMLError, RecursionError) as problem:
        remedy = "Remove control characters and deep nesting."
        raise ScriptProblems([Problem(name, 1, 1, f"This is not YAML: {_one_line(problem)}.", remedy)]) from problem
    reader = _Reader(name)
    data = reader.value(root, ()) if root is not None else None
    source = Source(name, text, reader.places)
    if reader.problems:
        raise ScriptProblems(reader.problems)
    if not isinstance(data, dict):
        what = "is empty" if data is None else "is no table of keys"
        raise ScriptProblems([Problem(name, 1, 1, f"The script {what}.", "Begin it with `steps:`.")])
    try:
        return Script.model_validate(data), source
    except ValidationError as problem:
        raise ScriptProblems([source.from_pydantic(detail) for detail in problem.errors()]) from problem


class _Reader:
    """Turns nodes into values and keeps the place of each."""

    def __init__(self, name: str) -> None:
        self.places: dict[Path, tuple[int, int]] = {}
        self.problems: list[Problem] = []
        self._name = name
        self._count = 0

    def value(self, node: yaml.Node, path: Path) -> Any:
        """The value of a node; what is wrong with it is added to `problems`."""
        self._count += 1
        self.places.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
        if self._count > MOST_VALUES or len(path) > MOST_DEPTH:
            if self._count == MOST_VALUES + 1 or len(path) > MOST_DEPTH:
                self._report(node, "The script is too large or too deeply nested.", "Split it into several scripts.")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        table: dict[str, Any] = {}
        for key, child in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._report(key, "A key must be a plain word.", "Write `key: value`.")
                continue
            name = str(key.value)
            if name in table:
                self._report(key, f"The key {name!r} stands here twice.", "Keep one of them.")
                continue
            self.places[(*path, name)] = (key.start_mark.line + 1, key.start_mark.column + 1)
            table[name] = self.value(child, (*path, name))
        return table

    def _scalar(self, node: yaml.Node) -> Any:
        kind = node.tag.removeprefix(_TAG)
        read = _SCALARS.get(kind)
        if read is None:
            self._report(node, f"The tag {node.tag!r} has no meaning here.", "Remove it, or quote the text.")
            return None
        try:
            return read(node.value)
        except ValueError:
            self._report(node, f"{node.value!r} is no {kind}.", "Correct it, or quote it if it is text.")
            return None

    def _report(self, node: yaml.Node, message: str, remedy: str) -> None:
        mark = node.start_mark
        self.problems.append(Problem(self._name, mark.line + 1, mark.column + 1, message, remedy))


def _integer(text: str) -> int:
    sign, digits = (-1, text[1:]) if text[:1] == "-" else (1, text.lstrip("+"))
    return sign * int(digits, {"0o": 8, "0x": 16}.get(digits[:2], 10))


def _real(text: str) -> float:
    number = float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


_SCALARS: dict[str, Callable[[str], Any]] = {
    "null": lambda text: None,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "int": _integer,
    "float": _real,
    "str": str,
}


def _syntax(problem: yaml.MarkedYAMLError, name: str) -> Problem:
    mark = problem.problem_mark or problem.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    what = " ".join(filter(None, (problem.context, problem.problem)))
    if "\\t" in what:
        return Problem(name, line, column, "A tab stands where spaces must be.", "Indent with spaces.")
    remedy = "Check the indentation and quotes here; quote a text that has `: `, `{` or `[` at its start."
    return Problem(name, line, column, f"This is not YAML: {what}.", remedy)


def _one_line(problem: BaseException) -> str:
    return " ".join(str(problem).split())[:160] or type(problem).__name__
