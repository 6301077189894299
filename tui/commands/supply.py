"""`hausgeist licences` and `hausgeist sbom`: what this installation is made of. Owns no rules and no format."""

from __future__ import annotations

from argparse import Namespace

from runtime.bill import write_bill
from runtime.licences import all_licences
from tui.commands.common import open_house, output_path
from tui.output import note, print_json, print_table, say


def licences(options: Namespace) -> int:
    """List the licences of all packages and models; with `--check` the status is 1 when one is not allowed."""
    with open_house(options) as house:
        rows = all_licences(house.catalogue)
    wrong = [row for row in rows if not row.allowed]
    if options.json:
        print_json({"ok": not wrong, "licences": [row.as_json() for row in rows]})
    elif options.check:
        for row in wrong:
            note(f"{row.kind} {row.name} {row.version}: {row.licence}. {row.reason}")
        say(f"{len(rows)} licences, {len(wrong)} not allowed.")
    else:
        cells = [
            (r.name, r.version, r.kind, r.licence, r.reason if r.allowed else f"NOT ALLOWED: {r.reason}") for r in rows
        ]
        print_table(("name", "version", "kind", "licence", "why it may be here"), cells, empty="Nothing is installed.")
    return 1 if options.check and wrong else 0


def sbom(options: Namespace) -> int:
    """Write the software bill of materials."""
    file = output_path(options.file, "sbom.json")
    assert file is not None
    with open_house(options) as house:
        count = write_bill(file, house.catalogue)
    if options.json:
        print_json({"file": str(file), "components": count, "format": "CycloneDX 1.6"})
    else:
        say(f"→ {file} ({count} components, CycloneDX 1.6)")
    return 0
