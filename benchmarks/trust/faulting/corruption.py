"""Damaged databases and files: `hausgeist doctor --repair` puts right what can be, and names what cannot.

What the damage really destroyed can only come from a backup: with one, no record that it holds may be missing
afterwards; without one, whatever is missing must have been said.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from agent.keeping.repair import Repair, repair_files
from agent.keeping.stores import CONTENTS, MEMORY
from benchmarks.trust.faulting import damage
from benchmarks.trust.faulting.filled import NOW, Rows, content, fill
from benchmarks.trust.faulting.processes import hausgeist
from benchmarks.trust.faulting.result import Fault, Outcome, environment
from memory.memory import Memory
from runtime.errors import StorageError
from runtime.house import House
from runtime.keeping.backup import Wanted, make_backup
from runtime.keeping.contents import Store
from runtime.keeping.soundness import problems
from runtime.paths import Paths


def databases(store: Store, *, backed_up: bool) -> Fault:
    """Each way of damage to one database, with or without a backup."""

    def fault(folder: Path, dice: random.Random) -> Outcome:
        outcome, pristine = Outcome(), folder / "pristine"
        paths = fill(environment(folder))
        if backed_up:
            make_backup(paths, CONTENTS, folder / "backup.zip", Wanted(), now=NOW, program="suite")
        shutil.copytree(paths.data, pristine)
        before = content(paths)
        for way in damage.DATABASE:
            shutil.rmtree(paths.data)
            shutil.copytree(pristine, paths.data)
            what = f"{store.name}, {way(store.file(paths), dice)}, {'with' if backed_up else 'without'} a backup"
            _judge(paths, store, before, what, backed_up, outcome)
        return outcome

    fault.__name__ = f"{store.name} damaged {'with' if backed_up else 'without'} a backup"
    return fault


def _judge(paths: Paths, store: Store, before: Rows, what: str, backed_up: bool, outcome: Outcome) -> None:
    outcome.tried += 1
    repairs = {one.name: one for one in repair_files(paths, now=NOW)}
    done = repairs[store.name]
    outcome.check(done.state in ("sound", "repaired"), f"{what}: {done.detail}")
    outcome.check(not problems(store.file(paths)), f"{what}: it is not sound after the repair")
    after = content(paths)
    for name in (other.name for other in CONTENTS.stores if other.name != store.name):
        outcome.check(after[name] == before[name], f"{what}: the {name} database was changed")
    missing = altered = 0
    for table, rows in before[store.name].items():
        there = after[store.name].get(table, {})
        missing += sum(key not in there for key in rows)
        altered += sum(key in there and there[key] != row for key, row in rows.items())
    if missing and (backed_up or not done.lost):
        outcome.lost += missing
        outcome.wrong.append(f"{what}: {missing} rows are missing ({done.state}: {done.detail})")
    elif missing:
        outcome.told.append(f"{what}: {missing} rows were destroyed, and the repair said so")
    if altered:
        outcome.told.append(f"{what}: {altered} rows hold other values; SQLite keeps no checksums of values")
    _usable(paths, what, outcome)


def _usable(paths: Paths, what: str, outcome: Outcome) -> None:
    """Every store takes a new row after the repair."""
    with closing(sqlite3.connect(MEMORY.file(paths))) as database:
        try:
            database.execute(
                "INSERT INTO turns (session, user, reply, tool_calls, time, at) VALUES ('new', 'u', 'r', '[]', '', 0)"
            )
            database.commit()
        except sqlite3.DatabaseError as problem:
            outcome.check(False, f"{what}: nothing can be stored: {problem}")


def vectors(folder: Path, dice: random.Random) -> Outcome:
    """Damaged Chroma files: the next search gives what it gave before, without hand work."""
    environ, outcome = environment(folder), Outcome()
    with House.open(environ) as house, Memory(house) as memory:
        for number in range(60):
            memory.remember(f"Jar {number} holds {number * 11} beans.", source="fault")
        memory.remember("Anna is allergic to hazelnuts.", source="fault")
        wanted = memory.search("What must Anna not eat?", 1)[0].fact.text
        for way in (*damage.FILE, damage.noise_page):
            memory.close()
            chroma = next(house.paths.memory.glob("chroma-*"))
            files = [file for file in chroma.rglob("*") if file.is_file() and file.stat().st_size > 0]
            for file in files if way is damage.emptied else [dice.choice(files)]:
                what = f"vectors, {file.name}, {way(file, dice)}"
            outcome.tried += 1
            try:
                found = memory.search("What must Anna not eat?", 1)
                right = bool(found) and found[0].fact.text == wanted
                if not right:  # wrong numbers in a file that can be read: the repair compares them with the facts
                    memory.check_vectors()
                    right = memory.search("What must Anna not eat?", 1)[0].fact.text == wanted
                outcome.check(right, f"{what}: the search finds {found}")
            except StorageError as problem:
                outcome.check(False, f"{what}: {problem}")
    return outcome


def columns(folder: Path, dice: random.Random) -> Outcome:
    """Damaged files of the finder's search are written anew by the repair."""
    environ, outcome = environment(folder), Outcome(tried=2)
    paths = fill(environ)
    from tools.finder.answering.facts import Facts
    from tools.finder.store import FinderStore

    with FinderStore(paths.finder) as store:
        Facts(paths.finder / "facts").catch_up(store)
    for way in (damage.zero_pages, damage.cut):
        for file in sorted((paths.finder / "facts").glob("*.rows")):
            way(file, dice)
        done = hausgeist(environ, "doctor", "--repair", "--json")
        outcome.check(done.status == 0, f"columns: {done.out}{done.err}")
        with FinderStore(paths.finder) as store:
            rows = len(Facts(paths.finder / "facts").scan()["id"])
            there = store.facts(range(1, 10_000))
            outcome.lost += max(0, sum(1 for _ in there) - rows)
    return outcome


def settings(folder: Path, dice: random.Random) -> Outcome:
    """A settings file of noise: a clear message, then set aside, and taken from the backup."""
    environ, outcome = environment(folder), Outcome()
    paths = Paths.from_environment(environ)
    paths.config.mkdir(parents=True)
    text = '[chat]\npersona = "brief"\n[finder]\nfound_score = 0.4\n'
    for backed_up in (False, True):
        paths.settings_file.write_text(text)
        if backed_up:
            hausgeist(environ, "memory", "add", "x is y")
            hausgeist(environ, "backup", str(folder / "backup.zip"))
        paths.settings_file.write_bytes(dice.randbytes(300))
        outcome.tried += 1
        told = hausgeist(environ, "memory", "list")
        outcome.check(told.clear and told.status == 2 and "settings.toml" in told.err, f"settings: {told}")
        done: list[Repair] = list(repair_files(paths, now=NOW))
        outcome.check(done[0].state == "repaired", f"settings: {done}")
        after = hausgeist(environ, "memory", "list")
        outcome.check(after.status == 0, f"settings after the repair: {after.err}")
        outcome.check(not backed_up or paths.settings_file.read_text() == text, "settings: not those of the backup")
    return outcome


def models(folder: Path, dice: random.Random) -> Outcome:
    """A damaged model file is named with the command that gets it again; it is never loaded."""
    environ, outcome = environment(folder), Outcome()
    source = Paths.from_environment(environ).models
    models = folder / "models"
    models.mkdir()
    if (source / "smollm2-135m-instruct").is_dir():
        shutil.copytree(source / "smollm2-135m-instruct", models / "smollm2-135m-instruct")
    (models / "fitted").symlink_to(source / "fitted")
    environ["HAUSGEIST_MODELS"] = str(models)
    file = next(models.rglob("*.gguf"), None)
    if file is None:
        outcome.told.append("no small chat model is installed, so none was damaged")
        return outcome
    whole = file.read_bytes()
    for way in (damage.zero_pages, damage.cut, damage.header, damage.emptied):
        what = way(file, dice)
        outcome.tried += 1
        for words in (("models", "verify"), ("ask", "--set", "chat.model=smollm2-135m-instruct", "tell me a joke")):
            ran = hausgeist(environ, *words)
            named = "models pull" in ran.err + ran.out
            outcome.check(ran.status == 1 and named and "Traceback" not in ran.err, f"model, {what}: {words[0]}: {ran}")
        file.write_bytes(whole)
    return outcome


FAULTS: tuple[Fault, ...] = (
    *(databases(store, backed_up=backed_up) for store in CONTENTS.stores for backed_up in (False, True)),
    vectors, columns, settings, models,
)  # fmt: skip
