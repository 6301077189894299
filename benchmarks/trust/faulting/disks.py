"""A full disk and a read-only one: what was kept stays, the message says so, and with room again all goes on.

The disk is a small tmpfs in a mount namespace of its own (`unshare -rm`), so nothing else is touched.
"""

from __future__ import annotations

import json
import random
import shlex
import shutil
import subprocess
from pathlib import Path

from benchmarks.trust.faulting.kills import SCRIPT, some_facts
from benchmarks.trust.faulting.processes import ENTRY, LONGEST_S, ROOT, Ran, hausgeist
from benchmarks.trust.faulting.result import CannotTry, Outcome, environment

FACTS = 30
_LIST = ("memory", "list", "--json")


def full(folder: Path, dice: random.Random) -> Outcome:
    """The disk fills up; then there is room again."""
    environ, script = _house(folder), folder / "script.yaml"
    script.write_text(SCRIPT, encoding="utf-8")
    rows = folder / "rows.jsonl"
    rows.write_text("".join(json.dumps({"text": f"Row {n} of {n * 5}. " * 20}) + "\n" for n in range(2000)))
    tried = [("memory", "import", str(rows)), ("run", str(script)), ("backup", f"{folder}/house/b.zip")]
    outcome = Outcome()
    for words in tried:
        room = f"size={dice.randint(500, 900)}k"
        ran, after = _on_disk(folder, environ, room, words, fill=True)
        outcome.tried += 1
        outcome.check(ran.clear and "space" in ran.err, f"full disk, {words[0]}: {ran.status} {ran.err.strip()}")
        _same(outcome, after, f"full disk, {words[0]}")
    return outcome


def read_only(folder: Path, _: random.Random) -> Outcome:
    """The disk is read-only: what changes something says so, what only reads works or says so."""
    environ, outcome = _house(folder), Outcome()
    for words in (("memory", "add", "one more"), ("doctor", "--repair"), ("memory", "forget", "1", "--yes")):
        ran, after = _on_disk(folder, environ, "size=4m", words, fill=False)
        outcome.tried += 1
        said = ran.err + ran.out
        named = "The disk is read-only" in said and "HAUSGEIST_HOME" in said
        right = "Traceback" not in said and ran.status != 0 and named
        outcome.check(right, f"read-only disk, {words[0]}: {ran.status} {said.strip()[-200:]}")
        _same(outcome, after, f"read-only disk, {words[0]}")
    return outcome


def _house(folder: Path) -> dict[str, str]:
    environ = environment(folder)
    some_facts(environ, FACTS)
    (folder / "house").rename(folder / "pristine")
    (folder / "house").mkdir()
    return environ


def _same(outcome: Outcome, after: Ran, what: str) -> None:
    facts = after.json.get("facts", []) if after.status == 0 else []
    kept = sum(str(fact["text"]).startswith("Jar ") for fact in facts)
    outcome.lost += FACTS - kept
    outcome.check(kept == FACTS, f"{what}: {kept} of {FACTS} facts afterwards: {after.err.strip()}")


def _on_disk(
    folder: Path, environ: dict[str, str], size: str, words: tuple[str, ...], *, fill: bool
) -> tuple[Ran, Ran]:
    """Run `hausgeist` with `words` on such a disk, then list the facts once the disk is good again."""
    unshare = shutil.which("unshare")
    if unshare is None:
        raise CannotTry("unshare(1) is not installed, so no small disk can be made")
    home, pristine = shlex.quote(str(folder / "house")), shlex.quote(str(folder / "pristine"))
    out = shlex.quote(str(folder))
    bad = f"dd if=/dev/zero of={home}/filler bs=4k 2>/dev/null" if fill else f"mount -o remount,ro {home}"
    good = f"rm -f {home}/filler && mount -o remount,size=32m {home}" if fill else f"mount -o remount,rw {home}"
    commands = (
        f"mount -t tmpfs -o {size} none {home} && cp -r {pristine}/. {home}/ || exit 97",
        f"{bad}; {shlex.join([*ENTRY, *words])} </dev/null >{out}/1.out 2>{out}/1.err; echo $? >{out}/1.rc",
        f"{good} || exit 97",
        f"{shlex.join([*ENTRY, *_LIST])} </dev/null >{out}/2.out 2>{out}/2.err; echo $? >{out}/2.rc",
    )
    done = subprocess.run(
        [unshare, "-rm", "sh", "-c", "\n".join(commands)], capture_output=True, text=True, env=environ, cwd=ROOT,
        timeout=LONGEST_S,
    )  # fmt: skip
    if not (folder / "1.rc").exists() or done.returncode == 97:
        raise CannotTry(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    first, second = (
        Ran(int((folder / f"{n}.rc").read_text()), (folder / f"{n}.out").read_text(), (folder / f"{n}.err").read_text())
        for n in (1, 2)
    )
    for file in folder.glob("[12].*"):
        file.unlink()
    return first, second


def a_file_in_the_way(folder: Path, _: random.Random) -> Outcome:
    """A file lies where the data folder belongs."""
    environ = environment(folder)
    (folder / "house").write_text("not a folder")
    ran = hausgeist(environ, "memory", "add", "one")
    outcome = Outcome(tried=1)
    outcome.check(ran.clear and "HAUSGEIST_HOME" in ran.err, f"a file in the way: {ran.err}")
    return outcome


FAULTS = (full, read_only, a_file_in_the_way)
