"""Settings: their order of strength, and what each mistake is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.errors import SettingsError
from runtime.settings import load_settings


def write(folder: Path, text: str) -> Path:
    file = folder / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_defaults_need_no_file(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "absent.toml", {})
    assert settings.chat.model == "qwen2.5-coder-1.5b-instruct"
    assert settings.approval.sensitive == "ask"


def test_the_command_line_beats_the_environment_beats_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, '[chat]\nmodel = "file"\ncontext_tokens = 1024\nthreads = 3\n')
    environ = {"HAUSGEIST_CHAT__MODEL": "environment", "HAUSGEIST_CHAT__CONTEXT_TOKENS": "2048"}
    settings = load_settings(file, environ, ["chat.model=option"])
    assert (settings.chat.model, settings.chat.context_tokens, settings.chat.threads) == ("option", 2048, 3)


def test_values_of_every_kind(tmp_path: Path) -> None:
    environ = {
        "HAUSGEIST_SPEECH__PLAY": "false",
        "HAUSGEIST_TOOLS__DISABLED": '["speak"]',
        "HAUSGEIST_IMAGE__MODEL": "null",
        "HAUSGEIST_CHAT__REMOTE_KEY": "secret words",
        "HAUSGEIST_HOME": "/elsewhere",
        "HAUSGEIST_CUDA": "1",
    }
    settings = load_settings(None, environ, ["approval.tools.forget=deny", "budget.cpu_gib=2.5"])
    assert settings.speech.play is False
    assert settings.tools.disabled == ("speak",)
    assert settings.image.model is None
    assert settings.approval.tools == {"forget": "deny"}
    assert settings.budget.cpu_gib == 2.5
    assert "secret words" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "environ", "override", "said"),
    [
        ("[chatt]\nmodel = 1\n", {}, None, r"no setting chatt .*settings\.toml.*Did you mean chat\?"),
        ("[chat]\nmodell = 1\n", {}, None, r"no setting chat\.modell .*Did you mean chat\.model\?"),
        ("chat = 3\n", {}, None, r"chat in .* is a group, not a value"),
        ("", {"HAUSGEIST_CHAT__MODLE": "x"}, None, r"HAUSGEIST_CHAT__MODLE.*Did you mean chat\.model\?"),
        ("", {"HAUSGEIST_CHAT": "x"}, None, "is a group, not a value"),
        ("", {}, "chat.model", "has no value"),
        ("", {}, "zzz.model=1", r"no setting zzz\.model .*Known in settings: .*chat"),
        ("", {}, "chat.context_tokens=12", r"chat\.context_tokens cannot be '12'"),
        ("[chat]\nmodel = 'x'\n", {}, "chat.model.name=x", r"chat\.model cannot be"),
        ("", {}, "language=xx", "language cannot be 'xx'"),
        ("[chat\n", {}, None, "is not valid TOML"),
    ],
)
def test_mistakes_are_named(
    tmp_path: Path, text: str, environ: dict[str, str], override: str | None, said: str
) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        load_settings(write(tmp_path, text), environ, [override] if override else [])
    assert caught.value.exit_status == 2
    assert caught.value.remedy


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path, {})
