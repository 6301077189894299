"""What the app imports before its first picture, and the few settings it reads itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from runtime.settings import UiSettings
from tui.app.main import DEFAULTS, ui_settings
from tui.app.picture import picture_mode
from tui.app.theme import THEMES

ROOT = Path(__file__).resolve().parent.parent


def test_the_first_picture_needs_textual_and_little_else() -> None:
    program = "import sys, tui.cli, tui.app.main, tui.app.app\nprint(*{n.partition('.')[0] for n in sys.modules})"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(answer.stdout.split())
    assert "textual" in loaded
    heavy = {"pydantic", "numpy", "PIL", "psutil", "langchain_core", "memory", "tools", "agent", "aiohttp", "tomlkit"}
    assert not loaded & heavy


def test_the_apps_defaults_are_the_settings_own() -> None:
    assert {name: str(value).lower() for name, value in UiSettings().model_dump().items()} == DEFAULTS
    themes = UiSettings.model_json_schema()["properties"]["theme"]["enum"]
    assert themes == [theme.name for theme in THEMES]


def test_the_settings_keep_their_order_of_strength(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    assert ui_settings(file, {}, ()) == DEFAULTS
    file.write_text('[ui]\ntheme = "daylight"\nlanguage = "zh"\nguide = false\n', encoding="utf-8")
    found = ui_settings(file, {"HAUSGEIST_UI__LANGUAGE": "en"}, ("ui.pictures=off", "chat.model=x"))
    assert found == {"theme": "daylight", "language": "en", "pictures": "off", "guide": "false"}
    file.write_text("not toml [", encoding="utf-8")
    assert ui_settings(file, {}, ()) == DEFAULTS


@pytest.mark.parametrize(
    ("environ", "mode"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "sixel"),
        ({"TERM": "xterm-kitty", "TMUX": "/run/tmux"}, "blocks"),
        ({"TERM": "xterm-kitty", "TEXTUAL_DRIVER": "web"}, "blocks"),
        ({"TERM": "xterm-256color"}, "blocks"),
        ({}, "blocks"),
    ],
)
def test_pictures_are_drawn_as_the_terminal_can(environ: dict[str, str], mode: str) -> None:
    assert picture_mode("auto", environ) == mode
    assert picture_mode("off", environ) == "off"
