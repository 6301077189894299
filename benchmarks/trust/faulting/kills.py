"""SIGKILL at any moment: while it remembers, imports, indexes, runs scripts, backs up, restores, repairs.

After each: what was acknowledged is there once, what was not is there once or not at all, and the next run goes on
without hand work.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from pathlib import Path

from benchmarks.trust.faulting.processes import ENTRY, hausgeist, kill_after, kill_after_lines, spent, started
from benchmarks.trust.faulting.result import Outcome, environment
from memory.memory import Memory
from runtime.errors import UsageError
from runtime.house import House

TURNS = """
import sys
from agent import Session
with Session.open(name="kills") as session:
    for number in range(int(sys.argv[1]), int(sys.argv[2])):
        turn = session.ask(f"Remember that box {number} is in room {number * 7}.")
        print(number, turn.exit_status, flush=True)
"""
ROWS = 400


def facts_of(environ: dict[str, str]) -> list[str]:
    """The texts of all facts of a house."""
    with House.open(environ) as house, Memory(house) as memory:
        return [fact.text for fact in memory.facts()]


def while_talking(folder: Path, dice: random.Random) -> Outcome:
    """The main process dies during turns that remember; the next process goes on with the conversation."""
    environ, outcome, first = environment(folder), Outcome(tried=2), 0
    acknowledged: list[int] = []
    for _ in range(2):
        process = started(environ, [sys.executable, "-c", TURNS, str(first), str(first + 500)])
        lines = kill_after_lines(process, dice.randint(1, 12), dice.uniform(0.0, 0.4))
        acknowledged += [int(line.split()[0]) for line in lines]
        first = max(acknowledged, default=-1) + 1
    texts = facts_of(environ)
    held = Counter(int(text.split("box ")[1].split()[0]) for text in texts)
    with House.open(environ) as house, Memory(house) as memory:
        told = Counter(int(t.user.split("box ")[1].split()[0]) for t in memory.history("kills", 10_000))
    outcome.lost = sum(held[number] == 0 for number in acknowledged)
    outcome.check(bool(acknowledged), "no turn was acknowledged before the kill")
    outcome.check(max(held.values(), default=0) <= 1, f"facts are doubled: {held.most_common(2)}")
    outcome.check(all(told[number] == 1 for number in acknowledged), "acknowledged turns are not once in the history")
    outcome.check(sum(held.values()) <= len(acknowledged) + 2, f"{len(texts)} facts of {len(acknowledged)} turns")
    return outcome


def while_importing(folder: Path, dice: random.Random) -> Outcome:
    """An import of many facts is all or nothing, and complete after it was run again."""
    environ, rows = environment(folder), folder / "rows.jsonl"
    rows.write_text("".join(json.dumps({"text": f"Key {n} opens door {n * 3}."}) + "\n" for n in range(ROWS)))
    process = started(environ, [*ENTRY, "memory", "import", str(rows)])
    kill_after(process, dice.uniform(0.3, 4.0))
    before = len(facts_of(environ))
    again = hausgeist(environ, "memory", "import", str(rows), "--json")
    texts = facts_of(environ)
    outcome = Outcome(tried=1, lost=ROWS - len(set(texts)))
    outcome.check(before in (0, ROWS), f"{before} of {ROWS} rows after the kill")
    outcome.check(again.status == 0 and len(texts) == ROWS, f"after it was run again: {again.err or len(texts)}")
    found = hausgeist(environ, "memory", "search", "which door does key 17 open", "-k", "3")
    outcome.check(found.status == 0 and "Key " in found.out, f"the search after it: {found.err}")
    return outcome


SCRIPT = """
steps:
  - id: facts
    for_each: [one, two, three]
    tool: remember
    with: {fact: "The shelf {{ item }} is full."}
  - for_each: [a, b, c, d]
    steps:
      - write: {file: log.txt, text: "{{ item }}", append: true}
  - write: {file: end.txt, text: "{{ steps.facts.results | length }}"}
"""


def while_a_script_runs(folder: Path, dice: random.Random) -> Outcome:
    """A script that is killed twice and resumed has every effect once."""
    environ, script = environment(folder), folder / "script.yaml"
    script.write_text(SCRIPT, encoding="utf-8")
    kills, words = 0, ["run", str(script), "--json"]
    for _ in range(2):
        kills += kill_after(started(environ, [*ENTRY, *words]), dice.uniform(0.5, 3.0))
        words = ["run", "--resume", "--json"]
    done = hausgeist(environ, *words)
    if done.status == 2:  # it was killed before the run was written down, or had ended
        files = list((folder / "house").rglob("end.txt"))
        done = done if files else hausgeist(environ, "run", str(script), "--json")
    outputs = folder / "house" / "data" / "outputs"
    made = {file.name: file.read_text() for file in outputs.rglob("*") if file.is_file()}
    outcome = Outcome(tried=max(1, kills))
    outcome.check(made == {"log.txt": "a\nb\nc\nd", "end.txt": "3"} or _like(made), f"effects are {made}: {done.err}")
    outcome.check(sorted(facts_of(environ)) == sorted(f"The shelf {n} is full." for n in ("one", "two", "three")),
                  "facts of the script are not there once")  # fmt: skip
    return outcome


def _like(made: dict[str, str]) -> bool:
    return made.get("log.txt", "").split() == ["a", "b", "c", "d"] and made.get("end.txt", "").strip() == "3"


def some_facts(environ: dict[str, str], count: int) -> None:
    """Make a house that knows some facts."""
    with House.open(environ) as house, Memory(house) as memory:
        for number in range(count):
            memory.remember(f"Jar {number} holds {number * 11} beans.", source="fault")


def while_backing_up(folder: Path, dice: random.Random) -> Outcome:
    """A backup that is killed leaves the older one of that name as it was, or the whole new one."""
    environ, target = environment(folder), folder / "backup.zip"
    some_facts(environ, 50)
    first = hausgeist(environ, "backup", str(target), "--json")
    began = time.monotonic()
    hausgeist(environ, "backup", str(folder / "other.zip"))
    whole = spent(began)
    some_facts(environ, 60)
    outcome = Outcome(tried=3)
    for _ in range(3):
        kill_after(started(environ, [*ENTRY, "backup", str(target)]), whole * dice.uniform(0.3, 1.1))
        checked = hausgeist(environ, "restore", "--check", str(target), "--json")
        outcome.check(first.status == 0 and checked.status == 0, f"after a kill the backup is not sound: {checked.err}")
    return outcome


def while_restoring(folder: Path, dice: random.Random) -> Outcome:
    """A restoring that is killed leaves the old house or the new one, and can be done again."""
    environ, target = environment(folder), folder / "backup.zip"
    some_facts(environ, 40)
    made = hausgeist(environ, "backup", str(target))
    some_facts(environ, 55)
    began = time.monotonic()
    hausgeist(environ, "restore", "--check", str(target))
    whole = 1.5 * spent(began)
    outcome = Outcome(tried=4)
    for _ in range(4):
        kill_after(started(environ, [*ENTRY, "restore", str(target)]), whole * dice.uniform(0.3, 1.2))
        count = len(facts_of(environ))
        outcome.check(count in (40, 55), f"{count} facts after a kill, neither the 55 before nor the 40 of the backup")
    done = hausgeist(environ, "restore", str(target))
    outcome.check(made.status == 0 and done.status == 0 and len(facts_of(environ)) == 40, f"the last one: {done.err}")
    left = [file.name for file in (folder / "house").glob(".*")]
    outcome.check(not left, f"left over: {left}")
    return outcome


def while_repairing(folder: Path, dice: random.Random) -> Outcome:
    """A repair that is killed can be done again, and loses nothing that could be read."""
    from benchmarks.trust.faulting.damage import damaged_word_index

    environ, outcome = environment(folder), Outcome(tried=3)
    some_facts(environ, 80)
    for _ in range(3):
        damaged_word_index(folder / "house" / "data" / "memory" / "memory.sqlite3")
        kill_after(started(environ, [*ENTRY, "doctor", "--repair"]), dice.uniform(0.4, 3.0))
        done = hausgeist(environ, "doctor", "--repair", "--json")
        outcome.check(done.status == 0, f"the repair after a kill: {done.out}{done.err}")
    count = len(facts_of(environ))
    outcome.lost = 80 - count
    return outcome


def two_houses_at_once(folder: Path, dice: random.Random) -> Outcome:
    """Restoring is refused while another process has the data open."""
    environ, target = environment(folder), folder / "backup.zip"
    some_facts(environ, 3)
    hausgeist(environ, "backup", str(target))
    outcome = Outcome(tried=1)
    with House.open(environ) as house, Memory(house) as memory:
        memory.facts()
        try:
            refused = hausgeist(environ, "restore", str(target))
            outcome.check(refused.clear and "End them" in refused.err, f"not refused: {refused}")
        except UsageError as problem:
            outcome.check(False, str(problem))
        memory.remember("Still here.", source="fault")
    outcome.lost = 4 - len(facts_of(environ))
    return outcome


FAULTS = (
    while_talking, while_importing, while_a_script_runs, while_backing_up, while_restoring, while_repairing,
    two_houses_at_once,
)  # fmt: skip
