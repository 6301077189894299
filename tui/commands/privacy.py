"""`hausgeist privacy`: what is stored, deleting it, keeping it within limits, protecting it. Owns no stores."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import asdict
from datetime import datetime

from agent.privacy.erase import Doomed, Wanted, find
from agent.privacy.erase import delete as delete_doomed
from agent.privacy.inventory import Kept, inventory
from agent.privacy.retention import tidy as tidy_private
from runtime.errors import ApprovalError
from runtime.house import House
from runtime.keychain import open_keychain
from runtime.private import mend
from tools.finder.retention import tidy as tidy_finder
from tools.finder.sealing import reseal
from tools.finder.sources.address import Credentials
from tools.finder.store import FinderStore
from tui.approve import can_ask
from tui.commands.camera_views import moment
from tui.commands.common import open_house, open_memory
from tui.output import note, print_json, print_table, say


def show(options: Namespace) -> int:
    """Say what is stored."""
    with open_house(options) as house:
        rows = inventory(house)
    if options.json:
        print_json({"stored": [row.as_json() for row in rows], "bytes": sum(row.bytes for row in rows)})
        return 0
    cells = [
        (row.kind, row.count, _days(row), f"{row.bytes / 1e6:.1f} MB", row.limit, row.where)
        for row in rows
        if row.count or row.bytes
    ]
    print_table(("what", "how many", "from … to", "size", "kept until", "where"), cells, empty="Nothing is stored.")
    say("\nDelete with `hausgeist privacy delete`; docs/privacy.md says what is meant by each.")
    return 0


def _days(row: Kept) -> str:
    if row.since is None or row.until is None:
        return "-"
    return f"{row.since:%Y-%m-%d} … {row.until:%Y-%m-%d}"


def delete(options: Namespace) -> int:
    """Say what would go, ask, and delete it. Status 3 where it was refused or nobody could be asked."""
    with open_house(options) as house, open_memory(house) as memory:
        wanted = Wanted(
            options.person, options.camera, options.item,
            _time(options.since, house, "--since"), _time(options.until, house, "--until"),
        )  # fmt: skip
        doomed = find(house, memory, wanted)
        if not options.json:
            _tell(doomed)
        deleted = bool(doomed.counts()) and not options.dry_run
        if deleted:
            if not options.yes:
                _ask()
            delete_doomed(house, memory, doomed)
    if options.json:
        files = [str(path) for path in (*doomed.made, *doomed.recordings)]
        print_json({"deleted": deleted, "found": doomed.counts(), "files": files, "stays": doomed.kept})
    elif deleted:
        say("Deleted.")
    return 0


def _time(text: str | None, house: House, option: str) -> datetime | None:
    seconds = moment(text, house, option)
    return None if seconds is None else datetime.fromtimestamp(seconds, house.now().tzinfo)


def _tell(doomed: Doomed) -> None:
    print_table(("what", "how many"), doomed.counts().items(), empty="Nothing of it is kept.")
    for fact in doomed.facts[:10]:
        say(f"  fact {fact.id}: {fact.text}")
    for path in (*doomed.made[:10], *doomed.recordings[:10]):
        say(f"  {path}")
    for line in doomed.kept:
        note(line)


def _ask() -> None:
    """Raises `ApprovalError`."""
    if not can_ask():
        raise ApprovalError("Nobody can be asked; nothing was deleted.", remedy="Add --yes, or --dry-run to look.")
    sys.stderr.write("Delete for good? [y]es, [n]o: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes", "是"}:
        raise ApprovalError("You refused; nothing was deleted.")


def tidy(options: Namespace) -> int:
    """Delete what is older or larger than the limits."""
    with open_house(options) as house, open_memory(house) as memory:
        aged = tidy_private(house, memory)
        footage: dict[str, int] = {}
        if (house.paths.finder / "finder.sqlite").is_file():
            with FinderStore(house.paths.finder) as store:
                footage = tidy_finder(house, store).as_json()
    if options.json:
        print_json({**asdict(aged), "finder": footage})
        return 0
    parts = [f"{aged.turns} turns", f"{aged.files} files made", *(f"{n} {kind}" for kind, n in footage.items() if n)]
    say(f"Given up: {', '.join(parts)}.")
    return 0


def protect(options: Namespace) -> int:
    """Bring what is kept to the settings: frames encrypted or plain, passwords in the keyring or the file, modes."""
    with open_house(options) as house:
        moved = Credentials(house.paths.finder, open_keychain(house.settings.privacy.keyring)).move()
        pictures = reseal(house)
        mended = mend(house.paths)
        sealed = house.settings.privacy.encrypt_evidence
    if options.json:
        print_json({"passwords_moved": moved, "pictures_changed": pictures, "modes_mended": len(mended)})
        return 0
    how = "sealed" if sealed else "made plain"
    say(f"{pictures} pictures were {how}; {moved} passwords were moved; {len(mended)} files are yours alone now.")
    return 0
