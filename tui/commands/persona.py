"""`hausgeist persona`: who the program is in a conversation. Owns no file format (see `runtime.personas`)."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from runtime.errors import UsageError
from runtime.personas import Persona, persona_of, personas, read_persona, remove_persona, write_persona
from runtime.settings_file import save_value
from tui.commands.common import existing_file, open_house
from tui.output import print_json, print_table, say


def list_personas(options: Namespace) -> int:
    """List the personas; the one in use is marked."""
    with open_house(options) as house:
        known = personas(house.paths)
        used = house.settings.chat.persona.strip()
    if options.json:
        print_json({"in_use": used or None, "personas": {file: _as_json(one) for file, one in known.items()}})
        return 0
    rows = [("*" if file == used else "", file, one.name, one.voice or "-", one.manner) for file, one in known.items()]
    empty = 'There is none but the built-in one. Make one: hausgeist persona new butler --manner "Speak like a butler."'
    print_table(("", "persona", "name", "voice", "manner"), rows, empty=empty)
    return 0


def show(options: Namespace) -> int:
    """Show one persona, or the one in use."""
    with open_house(options) as house:
        one = read_persona(house.paths, options.name) if options.name else persona_of(house.settings, house.paths)
    if options.json:
        print_json(_as_json(one))
        return 0
    for key, value in _as_json(one).items():
        say(f"{key}: {value or '-'}")
    return 0


def new(options: Namespace) -> int:
    """Write a persona's file; one that is there is replaced only with --replace."""
    picture = existing_file(options.picture, "picture") if options.picture else None
    with open_house(options) as house:
        if options.voice:
            house.catalogue.entry(options.voice)
        if options.file in personas(house.paths) and not options.replace:
            raise UsageError(f"There is a persona {options.file!r}.", remedy="Give --replace to write it anew.")
        called = options.name or options.file.replace("-", " ").replace("_", " ").title()
        persona = Persona(name=called, manner=options.manner or "", voice=options.voice, picture=picture)
        file = write_persona(house.paths, options.file, persona)
    if options.json:
        print_json({"file": str(file), **_as_json(persona)})
    else:
        say(f"Wrote {file}. Use it: hausgeist persona use {options.file}")
    return 0


def use(options: Namespace) -> int:
    """Choose a persona in the settings file; without a name the built-in one."""
    with open_house(options) as house:
        if options.name:
            read_persona(house.paths, options.name)
        save_value(house.paths.settings_file, "chat.persona", options.name)
    if options.json:
        print_json({"in_use": options.name})
    else:
        say(f"From now on: {options.name or 'Hausgeist'}. The first answer takes longer: its prompt is read once.")
    return 0


def remove(options: Namespace) -> int:
    """Delete a persona; if it is in use, the built-in one takes its place."""
    with open_house(options) as house:
        remove_persona(house.paths, options.name)
        if house.settings.chat.persona.strip() == options.name:
            save_value(house.paths.settings_file, "chat.persona", None)
    if options.json:
        print_json({"removed": options.name})
    else:
        say(f"Removed {options.name}.")
    return 0


def _as_json(persona: Persona) -> dict[str, Any]:
    return {
        "name": persona.name,
        "manner": persona.manner,
        "voice": persona.voice,
        "picture": str(Path(persona.picture)) if persona.picture else None,
    }
