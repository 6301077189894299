"""A new package with one tool of its own, ready to be installed and filled in. Owns no tools."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from string import Template

from runtime.errors import UsageError, storage_errors

_PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "hausgeist-$dashed"
version = "0.1.0"
description = "The tool $name for Hausgeist."
requires-python = ">=3.11"
dependencies = ["hausgeist"]

[project.entry-points."hausgeist.tools"]
$name = "$package.tool:$type"

[tool.setuptools.packages.find]
include = ["$package*"]
"""
_TOOL = '''\
"""The tool `$name`."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, Field

from tools.contract import Example, HausgeistTool, Risk, ToolContext, ToolOutput


class ${type}Args(BaseModel):
    """Arguments of `$name`; the model can only give what fits."""

    about: str = Field(min_length=1, max_length=200, description="what it is for, in the user's words")


class $type(HausgeistTool):
    """Says what it was asked about: put your own work into `act`."""

    name: str = "$name"
    description: str = "One sentence on what $words does, and what it is not for."
    args_schema: Any = ${type}Args
    risk: ClassVar[Risk] = Risk.READ
    examples: ClassVar[tuple[Example, ...]] = (
        Example("en", "use $words for the garden"),
        Example("en", "please do $words on the roof"),
    )

    def act(self, args: ${type}Args, context: ToolContext) -> ToolOutput:
        """Do the work; what stands in `facts` is all that a reply may claim."""
        return ToolOutput(facts={"about": args.about}, say=context.words(en=f"It is about {args.about}."))
'''
_TEST = '''\
"""`$name` does what it says."""

from runtime.house import House
from tools.contract import ToolContext

from $package.tool import $type, ${type}Args


def test_it_answers() -> None:
    with House.open() as house:
        output = $type().execute(${type}Args(about="the garden"), ToolContext(house, memory=None))
    assert output.status == "ok" and output.facts == {"about": "the garden"}
'''
_README = """\
# $name
A tool for Hausgeist. Install it into Hausgeist's environment and try it:

    pip install --no-build-isolation --no-deps -e .
    hausgeist tools call $name about="the garden"

How a tool is written: docs/writing-a-tool.md of Hausgeist.
"""
_TAKEN = {"agent", "tools", "memory", "tui", "runtime"}


def make_package(name: str, parent: Path) -> list[Path]:
    """Write the package of the tool `name` into a new folder of `parent`; gives the files.

    Raises `UsageError` for a name that is none, or a folder that is there already.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or keyword.iskeyword(name) or len(name) > 48:
        raise UsageError(f"{name!r} is not a name for a tool.", remedy="Use small letters, digits and _: water_plants.")
    package = f"hausgeist_{name}"
    folder = parent / f"hausgeist-{name.replace('_', '-')}"
    if name in _TAKEN:
        raise UsageError(f"{name!r} is a name of Hausgeist's own.", remedy="Choose another, such as my_" + name + ".")
    if folder.exists():
        raise UsageError(f"The folder {folder} is there already.", remedy="Remove it, or choose another name.")
    values = {
        "name": name,
        "dashed": name.replace("_", "-"),
        "package": package,
        "type": "".join(part.capitalize() for part in name.split("_")),
        "words": name.replace("_", " "),
    }
    texts = {
        "pyproject.toml": _PYPROJECT,
        f"{package}/__init__.py": '"""The tool $name for Hausgeist."""\n',
        f"{package}/tool.py": _TOOL,
        "tests/test_tool.py": _TEST,
        "README.md": _README,
    }
    files = []
    with storage_errors(parent):
        for path, text in texts.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(Template(text).substitute(values), encoding="utf-8")
            files.append(file)
    return files
