"""The house itself: settings and their saving, the doctor, what runs now."""

from __future__ import annotations

import os
import types
from dataclasses import asdict
from typing import Any, Literal, Union, get_args, get_origin

import psutil
from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from agent.host.job import Job
from runtime.doctor import diagnose
from runtime.house import House
from runtime.settings import ENVIRONMENT_PREFIX, Section
from runtime.settings_file import read_value, save_value


def settings(job: Job) -> list[dict[str, Any]]:
    """Every setting as {"key", "value", "default", "kind", "choices", "optional", "least", "most", "description",
    "from"}; a secret's value is "" or "(set)". `from`: "file", "environment", "option" or "default".
    """
    return list(_fields(job, job.house.settings, ""))


def _fields(job: Job, section: BaseModel, prefix: str) -> Any:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        key = f"{prefix}{name}"
        if isinstance(value, Section):
            yield from _fields(job, value, f"{key}.")
        else:
            default = field.get_default(call_default_factory=True, validated_data={})
            yield {"key": key, "value": _plain(value), "default": _plain(default), **_shape(field),
                   "description": field.description or "", "from": _source(job, key)}  # fmt: skip


def _shape(field: FieldInfo) -> dict[str, Any]:
    """What kind of value a field takes, for a form."""
    kinds = [part for part in _parts(field.annotation) if part is not type(None)]
    optional = type(None) in _parts(field.annotation)
    kind = kinds[0] if kinds else str
    choices: list[str] = []
    if get_origin(kind) is Literal:
        choices, name = [str(choice) for choice in get_args(kind)], "choice"
    else:
        base = get_origin(kind) or kind
        known = {bool: "bool", int: "int", float: "float", str: "text", SecretStr: "secret"}
        name = known.get(base, "json") if isinstance(base, type) else "json"
    least = next((float(m.ge if isinstance(m, Ge) else m.gt) for m in field.metadata if isinstance(m, (Ge, Gt))), None)  # type: ignore[arg-type]
    most = next((float(m.le) for m in field.metadata if isinstance(m, Le)), None)  # type: ignore[arg-type]
    return {"kind": name, "choices": choices, "optional": optional, "least": least, "most": most}


def _parts(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in {Union, types.UnionType} else (annotation,)


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return "(set)"
    return list(value) if isinstance(value, tuple) else value


def _source(job: Job, key: str) -> str:
    def covers(given: str) -> bool:
        return given == key or given.startswith(f"{key}.")

    if any(covers(text.partition("=")[0].strip()) for text in job.desk.overrides):
        return "option"
    names = [name.removeprefix(ENVIRONMENT_PREFIX).lower().replace("__", ".") for name in os.environ
             if name.startswith(ENVIRONMENT_PREFIX)]  # fmt: skip
    if any(covers(name) for name in names):
        return "environment"
    return "default" if read_value(job.house.paths.settings_file, key) is None else "file"


def set_setting(job: Job, key: str, value: Any) -> list[dict[str, Any]]:
    """Check a value and write it to the settings file (None: back to the default); it counts from the next start.

    Raises `SettingsError` naming what is wrong with it.
    """
    save_value(job.house.paths.settings_file, key, value)
    return settings(job)


def doctor(job: Job) -> list[dict[str, Any]]:
    """What is installed, missing or running, each with its remedy."""
    return [asdict(finding) for finding in diagnose(job.house)]


def status(job: Job, session: str = "") -> dict[str, Any]:
    """What the status bar shows: workers, memory, cameras, the context that the conversation takes."""
    house = job.house
    return {
        "model": house.settings.chat.remote_model if house.settings.chat.remote_url else house.settings.chat.model,
        "workers": workers(house),
        "own_bytes": psutil.Process().memory_info().rss,
        "budget_bytes": house.residency.cpu_budget,
        "cameras": _camera_count(job),
        "context": _context(job, session),
        "context_tokens": house.settings.chat.context_tokens,
    }


def workers(house: House) -> list[dict[str, Any]]:
    """The workers that run now."""
    return [{"name": w.name, "bytes": w.cpu_bytes, "in_use": w.in_use, "restarts": w.restarts}
            for w in house.residency.status()]  # fmt: skip


def _camera_count(job: Job) -> int:
    from tools.finder.store import FinderStore

    folder = job.house.paths.finder
    if not (folder / "finder.sqlite").exists():
        return 0
    with FinderStore(folder) as store:
        return len(store.cameras())


def _context(job: Job, session: str) -> int:
    """Tokens (estimated from the text) of the earlier turns that the next request carries."""
    from agent.aging import LOOKED_AT, aged
    from agent.prompt import estimate_tokens

    if not session:
        return 0
    turns = job.desk.talks.history(session, LOOKED_AT)
    listed, kept = aged(turns, 0, job.house.settings.memory.history_tokens)
    return estimate_tokens(listed) + sum(turn.tokens for turn in kept)
