"""Writes single settings into the owner's settings file, keeping its comments. Owns no meaning of any setting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runtime.errors import SettingsError
from runtime.paths import replacing
from runtime.settings import load_settings


def read_value(file: Path, key: str) -> Any:
    """What the file says of `key` ("section.name"); None where it says nothing."""
    import tomllib

    if not file.is_file():
        return None
    at: Any = tomllib.loads(file.read_text(encoding="utf-8"))
    for part in key.split("."):
        if not isinstance(at, dict) or part not in at:
            return None
        at = at[part]
    return at


def save_value(file: Path, key: str, value: Any) -> None:
    """Set `key` in the file (None removes it), after the whole file with it was checked.

    Comments and order stay. Raises `SettingsError` for an unknown key or a wrong value, leaving the file as it was,
    and `StorageError`.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(file.read_text(encoding="utf-8") if file.is_file() else "")
    except (TOMLKitError, ValueError, RecursionError) as problem:
        raise SettingsError(
            f"The settings file {file} is not valid TOML: {problem}.", remedy="Correct it."
        ) from problem
    *sections, name = key.split(".")
    at: Any = document
    try:
        for section in sections:
            if section not in at:
                at[section] = tomlkit.table()
            at = at[section]
        if value is None:
            at.pop(name, None)
        else:
            at[name] = value
    except (TOMLKitError, ValueError, TypeError, AttributeError) as problem:
        message = f"The setting {key} cannot be {value!r}: TOML has no way to write it there ({problem})."
        raise SettingsError(message, remedy="Give it as text, a number, true, false, a list or a table.") from problem
    with replacing(file) as beside:
        beside.write_text(tomlkit.dumps(document), encoding="utf-8")
        try:
            load_settings(beside, {})
        except SettingsError as problem:
            told = problem.message.replace(f" (from {beside})", "")
            remedy = (problem.remedy or "").replace(f"Correct it in {beside}, the environment or the option.", "")
            raise SettingsError(told, remedy=remedy or "The settings file was left as it was.") from problem
