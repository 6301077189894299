"""`hausgeist provenance FILE`: where a file comes from, and whether it was changed since. Changes nothing."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from tools.provenance.reading import Credentials, Provenance, plain_type, provenance
from tui.commands.common import existing_file, open_house
from tui.output import print_json, print_table, say

CHANGED = 1
"""Exit status for a file that was changed after it was marked."""


def show(options: Namespace) -> int:
    """Read and verify a file's marks. Status 1 where the file was changed afterwards."""
    file = existing_file(options.file, "file")
    with open_house(options) as house:
        found = provenance(file, house.paths)
    if options.json:
        print_json(found.as_json())
    else:
        say(_verdict(found))
        print_table(("what", "is"), list(_rows(found)), empty="")
    return CHANGED if found.changed else 0


def _verdict(found: Provenance) -> str:
    held = found.credentials
    made = "machine-made" if found.machine_made else "not marked as machine-made"
    if held.state == "broken":
        return f"{found.path.name} was CHANGED after it was signed ({', '.join(held.problems) or 'see below'})."
    if found.pixels == "changed":
        return f"{found.path.name}: its pixels were CHANGED after it was drawn; it is {made}."
    if held.state == "intact":
        whose = "this house" if held.ours else f"{held.signer or 'somebody'}, who is not known to this house"
        return f"{found.path.name} is {made} and unchanged since it was signed by {whose}."
    if held.state == "unreadable":
        return f"{found.path.name} carries content credentials that cannot be read."
    if found.machine_made:
        return f"{found.path.name} is {made} by its metadata; it carries no content credentials, so that is unproven."
    return f"{found.path.name} carries no mark of its origin. That proves nothing."


def _rows(found: Provenance) -> Iterator[tuple[str, str]]:
    held: Credentials = found.credentials
    plain = found.embedded
    yield "kind of file", found.media_type
    yield "credentials", f"{held.state}{' (signed by this house)' if held.ours else ''}"
    rows = {
        "signed by": held.signer,
        "made with": held.generator,
        "actions": ", ".join(held.actions),
        "source type": ", ".join(dict.fromkeys(map(plain_type, held.source_types))),
        "made from": ", ".join(held.ingredients),
        "problems": ", ".join(held.problems),
        "metadata: program": plain.software,
        "metadata: source type": plain_type(plain.source_type),
        "metadata: description": plain.description,
    }
    yield from ((name, value) for name, value in rows.items() if value)
    for name in ("prompt", "model", "seed"):
        if name in plain.recipe:
            yield f"recipe: {name}", str(plain.recipe[name])
    if found.pixels != "unknown":
        yield "pixels", f"{found.pixels} since it was drawn"
