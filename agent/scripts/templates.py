"""Templates in scripts: sandboxed Jinja over the script's own values. Owns no values.

A text that is one expression, "{{ inputs.rooms }}", gives the value itself (a list stays a list); any other gives
text. The sandbox is Jinja's own (https://jinja.palletsprojects.com/en/stable/sandbox/): no attributes that begin with
an underscore, no changes to values, and no operation that could fill the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from pathlib import PurePath
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from runtime.errors import UsageError

LONGEST = 1_000_000
"""Characters that a rendered text may have."""


class TemplateProblem(UsageError):
    """A template that cannot be read or rendered."""


_GROWING = {"format", "format_map", "ljust", "rjust", "center", "zfill", "expandtabs", "replace", "translate"}
"""Methods of texts whose result can be far longer than what they are given."""


class _Sandbox(ImmutableSandboxedEnvironment):
    def __init__(self, **options: Any) -> None:
        self.intercepted_binops = frozenset({"*", "**", "+", "%"})
        super().__init__(**options)

    def wrap_str_format(self, value: Any) -> None:
        """Formatting is not offered, not even Jinja's safe one: a width could fill the memory."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Also no method of a text that pads or repeats."""
        return not (isinstance(obj, (str, bytes)) and attr in _GROWING) and super().is_safe_attribute(obj, attr, value)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """As Python does, but never with a result that could not be a value of a script."""
        sizes = [len(side) for side in (left, right) if isinstance(side, (str, bytes, list, tuple))]
        numbers = [abs(side) for side in (left, right) if isinstance(side, (int, float))]
        large = operator == "*" and sizes and numbers and max(sizes) * max(numbers) > LONGEST
        large = large or (operator == "**" and any(number > 1000 for number in numbers))
        large = large or (operator == "%" and isinstance(left, str)) or (operator == "+" and sum(sizes) > LONGEST)
        if large:
            raise SecurityError(f"the result of {operator} could be too large")
        return super().call_binop(context, operator, left, right)


def _bounded(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, but never with a result that could not be a value of a script: quoting what is quoted doubles it."""

    @wraps(filter_)
    def bounded(*args: Any, **options: Any) -> Any:
        result = filter_(*args, **options)
        if isinstance(result, (str, bytes, list, tuple, dict)) and len(result) > LONGEST:
            raise SecurityError(f"the result of {name} is too large")
        return result

    return bounded


class Templates:
    """Reads and renders the templates of one script. Thread-safe once made."""

    def __init__(self) -> None:
        self._environment = _Sandbox(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
        for name in ("center", "format", "indent", "wordwrap", "xmlattr", "urlize", "pprint"):
            self._environment.filters.pop(name, None)
        for name in ("lipsum", "cycler", "joiner", "namespace"):
            self._environment.globals.pop(name, None)
        self._environment.filters |= {
            "replace": _replace,
            "pieces": _pieces,
            "stem": lambda path: PurePath(str(path)).stem,
            "basename": lambda path: PurePath(str(path)).name,
            "lines": lambda text: [line.strip() for line in str(text).splitlines() if line.strip()],
        }
        self._environment.filters |= {
            name: _bounded(name, filter_) for name, filter_ in self._environment.filters.items()
        }

    def render(self, value: Any, values: Mapping[str, Any]) -> Any:
        """`value` with every text in it rendered, also inside lists and tables. Raises `TemplateProblem`."""
        if isinstance(value, str):
            return self._guarded(value, lambda: self._text(value, values))
        if isinstance(value, list):
            return [self.render(item, values) for item in value]
        if isinstance(value, dict):
            return {key: self.render(item, values) for key, item in value.items()}
        return value

    def condition(self, expression: str | bool, values: Mapping[str, Any]) -> bool:
        """Whether an expression (with or without braces) is true. Raises `TemplateProblem`."""
        if isinstance(expression, bool):
            return expression
        inner = self.single(expression) or expression
        return bool(self._guarded(expression, lambda: self._expression(inner, values)))

    def check(self, text: str, *, expression: bool = False) -> Iterator[tuple[str, ...]]:
        """The names that a template reads, as ("steps", "look", "facts") chains. Raises `TemplateProblem`."""
        inner = self.single(text) or text if expression else None
        source = f"{{{{ {inner} }}}}" if inner is not None else text
        tree: nodes.Template = self._guarded(text, lambda: self._parsed(source))
        yield from _chains(tree, frozenset(_bound(tree)))

    def single(self, text: str) -> str | None:
        """The expression inside the braces of a text that is one expression and nothing else."""
        stripped = text.strip()
        if not (stripped.startswith("{{") and stripped.endswith("}}")):
            return None
        try:
            body = self._environment.parse(stripped).body
        except TemplateSyntaxError:
            return None
        whole = len(body) == 1 and isinstance(body[0], nodes.Output) and len(body[0].nodes) == 1
        if not whole or isinstance(body[0].nodes[0], nodes.TemplateData):  # type: ignore[attr-defined]
            return None
        return stripped[2:-2].strip().removeprefix("-").removesuffix("-").strip() or None

    def _parsed(self, source: str) -> nodes.Template:
        self._environment.from_string(source)  # finds unknown filters and tests, too
        return self._environment.parse(source)

    def _text(self, text: str, values: Mapping[str, Any]) -> Any:
        inner = self.single(text)
        if inner is not None:
            return self._expression(inner, values)
        rendered = ""
        for piece in self._environment.from_string(text).generate(values):
            rendered += piece
            if len(rendered) > LONGEST:
                raise SecurityError(f"the text is longer than {LONGEST} characters")
        return rendered

    def _expression(self, expression: str, values: Mapping[str, Any]) -> Any:
        value = self._environment.compile_expression(expression, undefined_to_none=False)(values)
        if isinstance(value, Undefined):
            str(value)  # raises, with the name
        return list(value) if isinstance(value, (Iterator, range)) else value

    def _guarded(self, text: str, work: Callable[[], Any]) -> Any:
        shown = " ".join(text.split())
        shown = shown if len(shown) <= 80 else f"{shown[:77]}…"
        try:
            return work()
        except TemplateSyntaxError as problem:
            remedy = "See docs/automation.md for what a template may say."
            raise TemplateProblem(f"The template {shown!r} cannot be read: {_bare(problem)}.", remedy=remedy) from None
        except UndefinedError as problem:
            remedy = "Check the name, or give it a value with `| default(…)`."
            raise TemplateProblem(f"In {shown!r} {_bare(problem)}.", remedy=remedy) from None
        except SecurityError as problem:
            remedy = "Templates read the script's own values only."
            raise TemplateProblem(f"The template {shown!r} is not allowed: {_bare(problem)}.", remedy=remedy) from None
        except (
            TemplateError, ArithmeticError, TypeError, ValueError, AttributeError, LookupError, SyntaxError
        ) as problem:  # fmt: skip
            remedy = "Check the types of its values."
            text = f"The template {shown!r} failed: {type(problem).__name__}: {_bare(problem)}."
            raise TemplateProblem(text, remedy=remedy) from None
        except (RecursionError, MemoryError) as problem:
            raise TemplateProblem(f"The template {shown!r} is too large.", remedy="Make it smaller.") from problem


def _bare(problem: Exception) -> str:
    return str(problem).rstrip(".")


def _replace(text: str, old: str, new: str) -> str:
    """Jinja's filter `replace`, for results that could be values of a script."""
    text, old, new = str(text), str(old), str(new)
    if (text.count(old) if old else len(text) + 1) * len(new) + len(text) > LONGEST:
        raise SecurityError("the result of replace could be too large")
    return text.replace(old, new)


def _pieces(text: str, longest: int = 4000) -> list[str]:
    """A text cut into pieces of at most `longest` characters: at paragraphs, else at sentences, else at words."""
    pieces: list[str] = []
    rest = str(text).strip()
    while len(rest) > max(longest, 1):
        window = rest[:longest]
        ends = (window.rfind("\n\n"), max(window.rfind(mark) + 1 for mark in ".!?。！？"), window.rfind(" "), longest)
        cut = next(end for end in ends if end > 0)
        pieces.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [*pieces, rest] if rest else pieces


def _bound(tree: nodes.Template) -> Iterator[str]:
    """Names that the template itself gives a value (`for`, `set`)."""
    for name in tree.find_all(nodes.Name):
        if name.ctx in {"store", "param"}:
            yield name.name


def _chains(tree: nodes.Node, bound: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """Every outermost chain of attributes and constant keys that begins with a name."""
    chain = _chain(tree)
    if chain is not None:
        if chain[0] not in bound:
            yield chain
        inner = tree
        while isinstance(inner, (nodes.Getattr, nodes.Getitem)):
            if isinstance(inner, nodes.Getitem) and not isinstance(inner.arg, nodes.Const):
                yield from _chains(inner.arg, bound)
            inner = inner.node
        return
    for child in tree.iter_child_nodes():
        yield from _chains(child, bound)


def _chain(node: nodes.Node) -> tuple[str, ...] | None:
    if isinstance(node, nodes.Name):
        return (node.name,) if node.ctx == "load" else None
    if isinstance(node, (nodes.Getattr, nodes.Getitem)):
        rest = _chain(node.node)
        if rest is None:
            return None
        if isinstance(node, nodes.Getattr):
            return (*rest, node.attr)
        return (*rest, str(node.arg.value) if isinstance(node.arg, nodes.Const) else "*")
    return None
