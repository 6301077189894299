"""The screens' words: every one is in the Chinese catalogue, and the compiled catalogue is the written one."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

import pytest

from tui.app import house, keys, pane_timeline, slash
from tui.app.pane import Pane
from tui.app.words import DOMAIN, FOLDER, Words, choose_language

ROOT = Path(__file__).resolve().parent.parent / "tui" / "app"
NO_WORDS = {"", "from"}


def said() -> set[str]:
    """Every text that the screens hand to `tr`."""
    found: set[str] = set()
    for file in ROOT.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr" and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
    panes: list[type[Pane]] = [kind for _, _, kind in house.TABS]
    for pane in panes:
        found |= {pane.hint, getattr(pane, "empty", ""), *getattr(pane, "columns", ())}
    found |= {title for _, title, _ in house.TABS} | set(pane_timeline.WORDS.values())
    found |= {title for title, _ in keys.PARTS} | {what for _, part in keys.PARTS for _, what in part}
    found |= {one.about for one in slash.OWN}
    return found - NO_WORDS


def test_every_word_of_the_screens_is_translated() -> None:
    catalogue = gettext.translation(DOMAIN, FOLDER, ["zh"])
    missing = [text for text in sorted(said()) if catalogue.gettext(text) == text]
    assert not missing


def test_placeholders_survive_the_translation() -> None:
    words = Words("zh")
    for text in said():
        assert sorted(re.findall(r"\{[^}]*\}", words(text))) == sorted(re.findall(r"\{[^}]*\}", text)), text


def test_the_compiled_catalogue_is_the_written_one() -> None:
    text = (FOLDER / "zh" / "LC_MESSAGES" / f"{DOMAIN}.po").read_text(encoding="utf-8")
    pairs = re.findall(r'^msgid (".*")\nmsgstr (".*")$', text, re.MULTILINE)
    words = Words("zh")
    assert len(pairs) > 150
    for given, wanted in pairs[1:] if pairs[0][0] == '""' else pairs:
        assert words(ast.literal_eval(given)) == ast.literal_eval(wanted)


@pytest.mark.parametrize(
    ("setting", "environ", "language"),
    [
        ("auto", {"LANG": "zh_CN.UTF-8"}, "zh"),
        ("auto", {"LANG": "de_DE.UTF-8"}, "en"),
        ("auto", {"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ("auto", {}, "en"),
        ("zh", {"LANG": "en_US.UTF-8"}, "zh"),
    ],
)
def test_the_language_follows_the_setting_then_the_system(setting: str, environ: dict[str, str], language: str) -> None:
    assert choose_language(setting, environ) == language
