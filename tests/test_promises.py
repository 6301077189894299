"""Every promise of SECURITY.md and docs/privacy.md names a test that is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("SECURITY.md", "docs/privacy.md")
NAMED = re.compile(r"`(tests/\w+\.py)::(\w+)`")


def names_in(file: Path) -> set[str]:
    """Names of the test functions of a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds) and node.name.startswith("test_")}


def test_named_tests_are_there() -> None:
    for page in PAGES:
        named = NAMED.findall((ROOT / page).read_text(encoding="utf-8"))
        for file, name in named:
            assert (ROOT / file).is_file(), f"{page} names {file}"
            assert name in names_in(ROOT / file), f"{page} names {file}::{name}"
        assert len(named) > (20 if page == "SECURITY.md" else 3)


def test_every_promise_in_a_table_names_a_test() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| promise", "| ---"))]
    assert len(rows) > 15
    for row in rows:
        assert NAMED.search(row), f"This promise names no test: {row}"
