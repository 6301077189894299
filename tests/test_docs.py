"""The pages that show code or list settings are true: the code runs, and every setting is named."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from runtime.house import House
from runtime.settings import Section, Settings, load_settings
from tools.contract import ToolContext
from tools.registry import check_args, risk_of, schema_of, utterances_of
from tui.grammar import build_parser

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def _blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def test_every_setting_is_on_the_page_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([a-z_.]+)` \| `(.*?)` \|", (DOCS / "configuration.md").read_text(), re.MULTILINE))
    keys: dict[str, Any] = {}
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            keys |= {
                f"{name}.{inner}": f.get_default(call_default_factory=True) for inner, f in kind.model_fields.items()
            }
        else:
            keys[name] = field.default
    assert set(rows) == set(keys)
    for key, default in keys.items():
        shown = "none" if default is None else "empty" if default in ("", (), {}) else str(default)
        assert rows[key] == (shown.lower() if isinstance(default, bool) else shown), key


def test_the_settings_shown_are_valid(tmp_path: Path) -> None:
    for page in ("configuration.md", "writing-a-tool.md"):
        for number, block in enumerate(_blocks(DOCS / page, "toml")):
            if "entry-points" not in block:
                file = tmp_path / f"{number}.toml"
                file.write_text(block)
                assert load_settings(file, {}) != Settings()


def test_the_tool_of_the_page_works(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "housebells"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "bells.py").write_text(_blocks(DOCS / "writing-a-tool.md", "python")[0], encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    tool = import_module("housebells.bells").RingBell()
    context = ToolContext(house, None)  # type: ignore[arg-type]
    output = tool.execute(check_args(tool, {"room": "attic"}), context)
    assert output.status == "ok" and output.facts == {"room": "attic", "times": 1}
    failed = tool.execute(check_args(tool, {"room": "cellar"}), context)
    assert failed.status == "failed" and "Name the attic" in failed.error
    assert risk_of(tool) == "write" and utterances_of(tool) and "times" in schema_of(tool)["properties"]


@pytest.mark.parametrize(
    "page", ["README.md", "docs/configuration.md", "docs/privacy.md", "docs/writing-a-tool.md", "docs/pictures.md"]
)
def test_links_and_commands_on_the_pages_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert ((ROOT / page).parent / link).exists(), link
    commands = set(re.findall(r"hausgeist ([a-z]+)(?: |`|$)", text, re.MULTILINE))
    assert commands
    known = build_parser().format_help()
    assert all(re.search(rf"\b{command}\b", known) for command in commands), commands
