"""What can be known to be wrong with a script before it runs: tools, arguments, names, templates. Owns no schema."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as File

from langchain_core.tools import BaseTool

from agent.scripts.problems import Path, Problem, ScriptProblems, Source, dotted
from agent.scripts.reading import read_script
from agent.scripts.schema import Script, Step
from agent.scripts.schema import Source as LoopSource
from agent.scripts.templates import TemplateProblem, Templates
from agent.scripts.values import ALWAYS
from runtime.errors import HausgeistError, UnknownNameError, nearest
from tools.registry import Registry, check_args, schema_of


def load_script(file: File, registry: Registry) -> tuple[Script, Source]:
    """Read a script and check all that can be checked. Raises `ScriptProblems`."""
    script, source = read_script(file)
    problems = list(problems_of(script, source, registry))
    if problems:
        raise ScriptProblems(problems)
    return script, source


def problems_of(script: Script, source: Source, registry: Registry) -> Iterator[Problem]:
    """Everything that is wrong with a script whose form is right."""
    checker = _Checker(script, source, registry)
    yield from checker.steps(script.steps, ("steps",), frozenset(ALWAYS[:-1]), set())
    for name, value in script.output.items():
        yield from checker.texts(value, ("output", name), frozenset(ALWAYS[:-1]), checker.ids)
    for index, trigger in enumerate(script.on):
        if trigger.every is not None and trigger.every < 1:
            yield source.problem(("on", index), "`every` is shorter than a second.", "Write 1s or more.")
    yield from checker.inputs()


class _Checker:
    def __init__(self, script: Script, source: Source, registry: Registry) -> None:
        self._script, self._source, self._registry = script, source, registry
        self._templates = Templates()
        self.ids: set[str] = set()

    def inputs(self) -> Iterator[Problem]:
        """Inputs that cannot be."""
        for name, declared in self._script.inputs.items():
            if declared.required and declared.default is not None:
                yield self._source.problem(
                    ("inputs", name), f"The input {name} is required and has a default.", "Remove one of the two."
                )

    def steps(self, steps: list[Step], path: Path, names: frozenset[str], seen: set[str]) -> Iterator[Problem]:
        """Steps in their order; `seen` are the steps whose results are known before."""
        for index, step in enumerate(steps):
            yield from self._step(step, (*path, index), names, seen)
            if step.id is not None:
                seen.add(step.id)

    def _step(self, step: Step, path: Path, names: frozenset[str], seen: set[str]) -> Iterator[Problem]:
        if step.id is not None:
            if step.id in self.ids:
                yield self._source.problem((*path, "id"), f"Two steps are named {step.id}.", "Rename one of them.")
            self.ids.add(step.id)
        if step.if_ is not None:
            yield from self.texts(step.if_, (*path, "if"), names, seen, expression=True)
        if step.for_each is not None:
            yield from self._loop(step, path, names, seen)
            names |= {step.as_, "index"}
        elif "as_" in step.model_fields_set or step.at_once != 1:
            yield self._source.problem(path, "`as` and `at_once` belong to a loop.", "Add `for_each`.")
        yield from self._action(step, path, names, seen)

    def _loop(self, step: Step, path: Path, names: frozenset[str], seen: set[str]) -> Iterator[Problem]:
        if step.as_ in names:
            remedy = "Choose another name with `as`."
            yield self._source.problem((*path, "as"), f"The loop variable {step.as_} has the name of another.", remedy)
        if isinstance(step.for_each, LoopSource):
            for key in ("files", "lines"):
                if (text := getattr(step.for_each, key)) is not None:
                    yield from self.texts(text, (*path, "for_each", key), names, seen)
        else:
            yield from self.texts(step.for_each, (*path, "for_each"), names, seen)

    def _action(self, step: Step, path: Path, names: frozenset[str], seen: set[str]) -> Iterator[Problem]:
        if step.tool is not None:
            yield from self.texts(step.with_, (*path, "with"), names, seen)
            yield from self._tool(step, path)
        for key in ("ask", "data", "read"):
            if (text := getattr(step, key)) is not None:
                yield from self.texts(text, (*path, key), names, seen)
        if step.write is not None:
            yield from self.texts(step.write.file, (*path, "write", "file"), names, seen)
            yield from self.texts(step.write.text, (*path, "write", "text"), names, seen)
        if step.set is not None:
            yield from self.texts(step.set, (*path, "set"), names, seen)
        inner = set(seen)
        if step.steps is not None:
            yield from self.steps(step.steps, (*path, "steps"), names, inner)
        for index, child in enumerate(step.parallel or ()):
            yield from self._step(child, (*path, "parallel", index), names, set(seen))
            inner |= {child.id} if child.id else set()
        if step.for_each is None:
            seen |= inner

    def _tool(self, step: Step, path: Path) -> Iterator[Problem]:
        assert step.tool is not None
        try:
            tool = self._registry.get(step.tool)
        except UnknownNameError as problem:
            yield self._source.problem((*path, "tool"), problem.message, problem.remedy or "")
            return
        except HausgeistError as problem:
            yield self._source.problem((*path, "tool"), problem.message, problem.remedy or "See `hausgeist doctor`.")
            return
        yield from self._arguments(step, tool, path)

    def _arguments(self, step: Step, tool: BaseTool, path: Path) -> Iterator[Problem]:
        schema = schema_of(tool)
        known = list(schema.get("properties", {}))
        wrong = [name for name in step.with_ if name not in known]
        for name in wrong:
            near = nearest(name, known)
            hint = f"Did you mean {near!r}?" if near else f"It takes: {', '.join(known) or 'nothing'}."
            yield self._source.problem((*path, "with", name), f"{tool.name} takes no argument {name!r}.", hint)
        missing = [name for name in schema.get("required", ()) if name not in step.with_ and not wrong]
        for name in missing:
            remedy = f"Add `{name}:` under `with:`."
            yield self._source.problem((*path, "tool"), f"{tool.name} needs the argument {name}.", remedy)
        if not (wrong or missing) and not any(_is_template(value) for value in step.with_.values()):
            try:
                check_args(tool, step.with_)
            except HausgeistError as problem:
                yield self._source.problem((*path, "with"), problem.message, problem.remedy or "Correct it.")

    def texts(
        self, value: object, path: Path, names: frozenset[str], seen: set[str], *, expression: bool = False
    ) -> Iterator[Problem]:
        """Templates in a value: those that cannot be read, and names that nothing has."""
        if isinstance(value, dict):
            for key, item in value.items():
                yield from self.texts(item, (*path, key), names, seen)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.texts(item, (*path, index), names, seen)
        elif isinstance(value, str):
            try:
                chains = list(self._templates.check(value, expression=expression))
            except TemplateProblem as problem:
                yield self._source.problem(path, f"{dotted(path)}: {problem.message}", problem.remedy or "")
                return
            for chain in chains:
                yield from self._name(chain, path, names, seen)

    def _name(self, chain: tuple[str, ...], path: Path, names: frozenset[str], seen: set[str]) -> Iterator[Problem]:
        groups = {"steps": ("step", seen), "inputs": ("input", set(self._script.inputs))}
        if chain[0] not in names | _GLOBALS:
            yield self._source.problem(path, *_unknown("value", chain[0], names))
        elif chain[0] in groups and len(chain) > 1 and chain[1] != "*" and chain[1] not in groups[chain[0]][1]:
            kind, known = groups[chain[0]]
            if kind == "step" and chain[1] in self.ids:
                message = f"The result of the step {chain[1]} is not known here."
                yield self._source.problem(path, message, "Use it in a later step, outside of the loop by its results.")
            else:
                yield self._source.problem(path, *_unknown(kind, chain[1], known))


_GLOBALS = {"range", "dict", "loop"}


def _unknown(kind: str, name: str, known: set[str] | frozenset[str]) -> tuple[str, str]:
    problem = UnknownNameError(kind, name, known)
    return problem.message, problem.remedy or ""


def _is_template(value: object) -> bool:
    if isinstance(value, dict):
        return any(_is_template(item) for item in value.values())
    if isinstance(value, list):
        return any(_is_template(item) for item in value)
    return isinstance(value, str) and ("{{" in value or "{%" in value)
