"""`hausgeist doctor`, `demo` and `settings`: the state of the house, a tour of it, and what is set."""

from __future__ import annotations

import os
import tomllib
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, SecretStr

from runtime.doctor import Finding, diagnose
from runtime.errors import HausgeistError
from runtime.house import House
from runtime.keeping.history import last_made
from runtime.keeping.soundness import problems
from runtime.private import mend
from runtime.settings import ENVIRONMENT_PREFIX, Section
from tools.finder.cameras import list_cameras
from tools.finder.looks.state import vision_state
from tools.finder.store import FinderStore
from tui.commands.common import open_house
from tui.output import console, print_json, print_table, say

_STATES = {"ok": "✓", "warn": "!", "missing": "✗"}


def doctor(options: Namespace) -> int:
    """Show what is installed, missing and resident, each with its remedy. Finding faults is no failure."""
    if options.repair:
        from tui.commands.keeping import repair

        return repair(options)
    with open_house(options) as house:
        findings = [*diagnose(house), _modes(house), *_kept(house), _vision(house), *_cameras(house)]
    sound = all(finding.state == "ok" for finding in findings)
    if options.json:
        print_json({"ok": sound, "findings": [asdict(finding) for finding in findings]})
        return 0
    cells = [(f.area, f.name, _STATES[f.state], f.detail) for f in findings]
    print_table(("area", "what", "state", "detail"), cells, empty="Nothing was looked at.")
    say()
    for finding in findings:
        if finding.remedy:
            say(f"{_STATES[finding.state]} {finding.name}: {finding.remedy}")
    if sound:
        say("All is well.")
    return 0


def _kept(house: House) -> Iterator[Finding]:
    """Whether the databases are sound, and when the last backup was made."""
    from agent.keeping.stores import CONTENTS

    for store in CONTENTS.stores:
        file = store.file(house.paths)
        if file.exists():
            wrong = problems(file, quick=True)
            remedy = "Run `hausgeist doctor --repair`." if wrong else ""
            yield Finding("kept", store.name, "missing" if wrong else "ok", wrong[0] if wrong else str(file), remedy)
    made = last_made(house.paths)
    detail = f"the last one is of {made:%Y-%m-%d %H:%M}" if made else "none was made yet: `hausgeist backup FILE`"
    yield Finding("kept", "backup", "ok", detail)


def _modes(house: House) -> Finding:
    """Whether the house's files are the owner's alone; what is not, is made so at once: nothing else changes by it."""
    mended = mend(house.paths)
    if not mended:
        return Finding("privacy", "files", "ok", "only you can read the house's folders and files")
    detail = f"{len(mended)} folders and files could be read by others ({mended[0]}); they are yours alone now"
    return Finding("privacy", "files", "warn", detail, "Nothing is left to do; see who may have read them.")


def _vision(house: House) -> Finding:
    """Which vision backend the finder takes."""
    found = vision_state(house)
    return Finding("finder", "vision", found.state, found.detail, found.remedy)


def _cameras(house: House) -> Iterator[Finding]:
    """Each camera: whether its recordings are there, and how many wait to be indexed."""
    if not (house.paths.finder / "finder.sqlite").exists():
        yield Finding("cameras", "cameras", "ok", "none; add one with `hausgeist cameras add NAME PATH`")
        return
    try:
        with FinderStore(house.paths.finder) as store:
            states = list_cameras(store)
    except HausgeistError as problem:
        yield Finding("cameras", "index", "missing", problem.message, problem.remedy or "")
        return
    for state in states:
        name = state.camera.name
        detail = f"{state.indexed} of {state.recordings} recordings indexed in {state.camera.source}"
        if state.problem:
            live = state.camera.held is not None
            remedy = (
                "Record it: `hausgeist cameras watch`."
                if live
                else f"Bring it back, or `hausgeist cameras remove {name}`."
            )
            yield Finding("cameras", name, "warn", state.problem, remedy)
        elif state.waiting:
            yield Finding(
                "cameras", name, "warn", detail, f"Look through the new ones: `hausgeist cameras index {name}`."
            )
        elif state.broken:
            broken = f"{detail}; {len(state.broken)} broken"
            yield Finding("cameras", name, "warn", broken, "`hausgeist cameras list` names them.")
        else:
            yield Finding("cameras", name, "ok", detail)
    if not states:
        yield Finding("cameras", "cameras", "ok", "none; add one with `hausgeist cameras add NAME PATH`")


def demo(options: Namespace) -> int:
    """Run the tour on the sample home."""
    from tui.demo import run_demo

    with open_house(options) as house:
        return run_demo(house, console(), options.json)


def settings(options: Namespace) -> int:
    """Show every setting that is in force, where it is from, and what it means. Secrets are not shown."""
    with open_house(options) as house:
        rows = list(effective_settings(house, options.overrides, os.environ))
    if options.json:
        print_json({"file": str(house.paths.settings_file), "settings": rows})
        return 0
    cells = [(row["key"], _shown(row["value"]), row["source"], row["description"]) for row in rows]
    print_table(("setting", "value", "from", "what it is"), cells, empty="There is no setting.")
    say(f"\nFile: {house.paths.settings_file}")
    return 0


def effective_settings(house: House, overrides: list[str], environ: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Each setting as {"key", "value", "default", "source", "description"}; a secret's value is "(set)"."""
    file = house.paths.settings_file
    tree = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    for key, value, default, description in _leaves(house.settings):
        yield {
            "key": key,
            "value": value,
            "default": default,
            "source": _source(key, tree, environ, overrides, str(file)),
            "description": description,
        }


def _leaves(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any, Any, str]]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            default = field.get_default(call_default_factory=True, validated_data={})
            yield f"{prefix}{name}", _plain(value), _plain(default), field.description or ""


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return "(set)"
    return list(value) if isinstance(value, tuple) else value


def _source(key: str, tree: Mapping[str, Any], environ: Mapping[str, str], overrides: list[str], file: str) -> str:
    """The strongest place that names `key` (or a key below it): "--set", a variable, the file, or "default"."""
    if any(_covers(key, override.partition("=")[0].strip()) for override in overrides):
        return "--set"
    for variable in sorted(environ):
        if variable.startswith(ENVIRONMENT_PREFIX):
            dotted = variable.removeprefix(ENVIRONMENT_PREFIX).lower().replace("__", ".")
            if _covers(key, dotted):
                return variable
    at: Any = tree
    for part in key.split("."):
        if not isinstance(at, Mapping) or part not in at:
            return "default"
        at = at[part]
    return file


def _covers(key: str, given: str) -> bool:
    return given == key or given.startswith(f"{key}.")


def _shown(value: Any) -> str:
    if value in (None, "", [], {}):
        return "-"
    return str(value).lower() if isinstance(value, bool) else str(value)
