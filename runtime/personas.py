"""Personas: who the program is in a conversation. A name, a manner of speaking, a voice, a picture; never any policy.

A persona is a TOML file in `personas/` beside the settings; `chat.persona` names the one in use, or is itself a manner
in some words. Owns no prompt and no speech.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from pydantic import Field, ValidationError

from runtime.errors import SettingsError, nearest
from runtime.paths import Paths, replacing
from runtime.settings import Section, Settings

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
REMEDY = "`hausgeist persona list` names those there are; `hausgeist persona new NAME` makes one."


class Persona(Section):
    """Who speaks. Everything but the name may be empty."""

    name: str = Field("Hausgeist", min_length=1, max_length=40, description="what it calls itself")
    manner: str = Field("", max_length=600, description="how it speaks, as an instruction: 'Speak like an old butler.'")
    voice: str | None = Field(None, description="catalogue id of its voice; none: speech.voice")
    picture: Path | None = Field(None, description="a picture of it, shown in the terminal; none: no picture")


def persona_of(settings: Settings, paths: Paths) -> Persona:
    """The persona in use. Raises `SettingsError` when `chat.persona` names none, or its file is wrong."""
    chosen = settings.chat.persona.strip()
    if not chosen:
        return Persona()  # type: ignore[call-arg]
    if _NAME.fullmatch(chosen):
        return read_persona(paths, chosen)
    return Persona(manner=chosen)  # type: ignore[call-arg]


def personas(paths: Paths) -> dict[str, Persona]:
    """All personas by file name. Raises `SettingsError` naming a file that is wrong."""
    return {file.stem: read_persona(paths, file.stem) for file in sorted(_folder(paths).glob("*.toml"))}


def read_persona(paths: Paths, name: str) -> Persona:
    """The persona of that file name."""
    file = _file(paths, name)
    if not file.is_file():
        known = [one.stem for one in _folder(paths).glob("*.toml")]
        near = nearest(name, known)
        remedy = f"Did you mean {near!r}?" if near else REMEDY
        raise SettingsError(f"There is no persona {name!r} (no file {file}).", remedy=remedy)
    try:
        persona = Persona.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        known_keys = ", ".join(Persona.model_fields)
        message = f"The persona {file} has a wrong {key}: {first['msg']}."
        raise SettingsError(message, remedy=f"It may have {known_keys}.") from problem
    except (ValueError, RecursionError) as problem:
        raise SettingsError(f"The persona {file} is not valid TOML: {problem}.", remedy="Correct it.") from problem
    if persona.picture is not None and not persona.picture.is_absolute():
        persona = persona.model_copy(update={"picture": file.parent / persona.picture})
    return persona


def write_persona(paths: Paths, name: str, persona: Persona) -> Path:
    """Save a persona under a file name of small letters, digits, - and _; an older one is replaced."""
    file = _file(paths, name)
    rows = {key: str(value) for key, value in persona.model_dump(exclude_none=True).items() if value != ""}
    text = "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in rows.items())
    with replacing(file) as beside:
        beside.write_text(text, encoding="utf-8")
    return file


def remove_persona(paths: Paths, name: str) -> None:
    """Delete a persona's file. Raises `SettingsError` when there is none."""
    read_persona(paths, name)
    _file(paths, name).unlink()


def _folder(paths: Paths) -> Path:
    return paths.config / "personas"


def _file(paths: Paths, name: str) -> Path:
    if not _NAME.fullmatch(name):
        remedy = "Use up to 40 small letters, digits, - and _, such as butler."
        raise SettingsError(f"{name!r} cannot be the file name of a persona.", remedy=remedy)
    return _folder(paths) / f"{name}.toml"
