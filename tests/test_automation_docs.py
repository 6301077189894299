"""docs/automation.md is true: its Python runs, its settings and scripts are valid, its commands exist."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.scripts.check import problems_of
from agent.scripts.reading import parse_script
from runtime.house import House
from runtime.settings import load_settings
from tools.registry import Registry
from tui.grammar import build_parser

from .cli_driver import with_root

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "automation.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_the_python_runs(
    number: int, environment: dict[str, str], tmp_path: Path, need_model: Callable[[str], Path]
) -> None:
    need_model("smollm2-135m-instruct")
    environ = {**with_root(environment), "HAUSGEIST_CHAT__MODEL": "smollm2-135m-instruct"}
    done = subprocess.run(
        [sys.executable, "-c", blocks("python")[number]], capture_output=True, text=True, env=environ, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "spare key" in done.stdout or "ladder" in done.stdout
    if "Scripts" in blocks("python")[number]:
        assert done.stdout.endswith("done\n") and list(tmp_path.rglob("outputs/hello.txt"))


def test_the_scripts_and_settings_shown_are_valid(house: House, tmp_path: Path) -> None:
    registry = Registry.load(house)
    whole, triggers = blocks("yaml")
    for text in (whole, f"{triggers}steps:\n  - set: {{x: 1}}\n"):
        script, source = parse_script(text, "page")
        assert not list(problems_of(script, source, registry))
    file = tmp_path / "settings.toml"
    file.write_text(blocks("toml")[0], encoding="utf-8")
    assert set(load_settings(file, {}).mcp.servers) == {"weather", "office"}


def test_links_and_commands_exist() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link
    known = build_parser().format_help()
    for command in set(re.findall(r"hausgeist ([a-z]+)", PAGE)):
        assert re.search(rf"\b{command}\b", known), command
