"""`hausgeist backup`, `restore` and `doctor --repair`: keeping what the owner has."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from agent.keeping.credentials import carry_credentials
from agent.keeping.repair import Repair, repair_files
from agent.keeping.stores import CONTENTS
from runtime.clock import system_now
from runtime.errors import SettingsError
from runtime.keeping.archive import Manifest, Tell
from runtime.keeping.backup import Wanted, make_backup
from runtime.keeping.restore import check_backup
from runtime.keeping.restore import restore as restore_backup
from runtime.paths import Paths
from tui.commands.common import interruptible, open_house
from tui.output import note, print_json, progress_bar, say

_SIGNS = {"sound": "✓", "repaired": "+", "rebuilt": "+", "removed": "+", "failed": "✗"}


def backup(options: Namespace) -> int:
    """Write all that the house keeps to one file, read it back, and say what is not in it."""
    target = Path(options.file).expanduser().absolute()
    wanted = Wanted(secrets=options.with_secrets, recordings=not options.without_recordings)
    program = f"hausgeist {version('hausgeist')}"
    with _shown() as (tell, check):
        manifest = make_backup(
            Paths.from_environment(),
            CONTENTS,
            target,
            wanted,
            now=system_now(),
            program=program,
            tell=tell,
            check=check,
        )
    if options.json:
        print_json({"file": str(target), **_summary(manifest)})
        return 0
    say(f"{target}: {len(manifest.files)} files, {manifest.bytes / 1e6:.1f} MB, every byte read back and right.")
    _say_left_out(manifest)
    return 0


def restore(options: Namespace) -> int:
    """Put the house back as a backup has it, or only check the backup."""
    paths = _into(options.into) if options.into else Paths.from_environment()
    file = Path(options.file).expanduser().absolute()
    if options.check:
        manifest = check_backup(file, CONTENTS)
        if options.json:
            print_json({"file": str(file), "sound": True, **_summary(manifest)})
        else:
            say(f"{file} of {manifest.made} is sound: {len(manifest.files)} files, {manifest.bytes / 1e6:.1f} MB.")
        return 0
    with _shown() as (tell, check):
        done = restore_backup(
            paths, CONTENTS, file, now=system_now(), tell=tell, check=check, prepare=carry_credentials
        )
    if options.json:
        kept = [str(folder) for folder in done.kept]
        print_json({"file": str(file), "data": str(paths.data), "kept": kept, **_summary(done.manifest)})
        return 0
    say(f"The backup of {done.manifest.made} is in place in {paths.data}; vectors are made again at the next search.")
    for folder in done.kept:
        say(f"What was there before is kept in {folder}; remove it when you are content.")
    for name in done.carried:
        say(f"Kept from this house, since the backup has no secrets: {name}")
    return 0


def _into(folder: str) -> Paths:
    """The folders of a house of its own under `folder`; `HAUSGEIST_HOME` names it later."""
    home = Path(folder).expanduser().absolute()
    return Paths(home / "config", home / "data", home / "cache", Paths.from_environment().models)


def _summary(manifest: Manifest) -> dict[str, object]:
    return {
        "made": manifest.made, "files": len(manifest.files), "bytes": manifest.bytes, "secrets": manifest.secrets,
        "databases": manifest.databases, "left_out": list(manifest.left_out),
    }  # fmt: skip


def _say_left_out(manifest: Manifest) -> None:
    if not manifest.secrets:
        say("Passwords, tokens and keys are not in it; --with-secrets takes them along (then guard the file).")
    if any("pictures.key" in line for line in manifest.left_out):
        say("The kept pictures are sealed: keep config/pictures.key too, without it nobody can see them.")
    for line in manifest.left_out:
        say(f"  left out: {line}")


@contextmanager
def _shown() -> Iterator[tuple[Tell, Callable[[], None]]]:
    """A bar with rate and remaining time, and a check that raises once Ctrl-C was pressed."""
    with interruptible() as cancellation, progress_bar() as show:
        yield lambda what, done, total: show(what, done, total, "bytes"), cancellation.check


def repair(options: Namespace) -> int:
    """Repair what can be repaired and say exactly what was done. Status 1 where something failed or may be lost."""
    found: list[Repair] = []
    with progress_bar() as show:

        def tell(text: str) -> None:
            show(text, 0, 0, "")

        found += repair_files(Paths.from_environment(), now=system_now(), tell=tell)
        found += _derived(options, tell)
    well = not any(one.state == "failed" or one.lost for one in found)
    if options.json:
        print_json({"ok": well, "repairs": [asdict(one) for one in found]})
        return 0 if well else 1
    for one in found:
        say(f"{'!' if one.lost else _SIGNS[one.state]} {one.area}, {one.name}: {one.state}: {one.detail}")
    say("All is well." if well else "Read the lines with ! and ✗: something may be missing, or could not be repaired.")
    return 0 if well else 1


def _derived(options: Namespace, tell: Callable[[str], None]) -> Iterator[Repair]:
    """What needs settings and models. Wrong settings stop only this."""
    with suppress(SettingsError), open_house(options) as house:
        from agent.keeping.derived import repair_derived

        yield from repair_derived(house, tell)
        return
    note("What is made from the databases was not looked at: the settings are wrong.")
