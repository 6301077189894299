"""Takes the secrets out of the text of a settings file, and puts those of another one in. Owns no settings."""

from __future__ import annotations

import typing
from collections.abc import Iterator, MutableMapping
from typing import Any

import tomlkit
from pydantic import SecretStr
from tomlkit.exceptions import TOMLKitError

from runtime.settings import McpServer, Section, Settings

_ALSO = {(McpServer, "env")}
"""Fields that are no `SecretStr` and hold secrets all the same."""


def without_secrets(text: str) -> tuple[str, list[str]]:
    """The text without its secrets, and the keys that were taken out; comments and order stay.

    Raises `ValueError` for what is no TOML: nobody can tell what in it is secret.
    """
    document = _parse(text)
    gone = []
    for path, table, key in list(_secrets(document, Settings)):
        del table[key]
        gone.append(".".join(path))
    return tomlkit.dumps(document), gone


def with_secrets_of(text: str, other: str) -> str:
    """`text` with the secrets of `other`, where `text` has none. Raises `ValueError` as above."""
    document, source = _parse(text), _parse(other)
    for path, table, key in _secrets(source, Settings):
        at: Any = document
        for part in path[:-1]:
            if not isinstance(at, MutableMapping):
                break
            at = at.setdefault(part, tomlkit.table())
        if isinstance(at, MutableMapping) and key not in at:
            at[key] = table[key]
    return tomlkit.dumps(document)


def _parse(text: str) -> Any:
    try:
        return tomlkit.parse(text)
    except TOMLKitError as problem:
        raise ValueError(str(problem)) from problem


def _secrets(
    table: Any, section: type[Section], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    for key, field in section.model_fields.items():
        if not isinstance(table, MutableMapping) or key not in table:
            continue
        if (section, key) in _ALSO or SecretStr in _kinds(field.annotation):
            yield (*path, key), table, key
            continue
        for kind in _kinds(field.annotation):
            if isinstance(kind, type) and issubclass(kind, Section):
                one = field.annotation is kind
                inner = {key: table[key]} if one else dict(table[key])
                for name, value in inner.items():
                    yield from _secrets(value, kind, (*path, key) if one else (*path, key, name))


def _kinds(annotation: Any) -> set[Any]:
    """All types that an annotation is made of."""
    return {annotation}.union(*(_kinds(inner) for inner in typing.get_args(annotation)))
