"""`hausgeist memory`: lists, searches, adds, imports, forgets and exports facts. Owns no storage."""

from __future__ import annotations

import json
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from memory.memory import Memory
from memory.records import Fact
from runtime.errors import ApprovalError, ToolError, UsageError
from runtime.paths import replacing
from tui.approve import can_ask
from tui.commands.common import existing_file, open_house, open_memory, output_path, text_of
from tui.output import note, print_json, print_table, progress_bar, say

SOURCE = "command line"


def list_facts(options: Namespace) -> int:
    """List every fact, oldest first."""
    with open_house(options) as house, open_memory(house) as memory:
        facts = memory.facts()
    if options.json:
        print_json({"facts": [fact.as_json() for fact in facts]})
        return 0
    empty = 'Nothing is remembered yet. Add a fact with `hausgeist memory add "…"`.'
    print_table(("id", "time", "source", "fact"), [_row(fact) for fact in facts], empty=empty)
    return 0


def search(options: Namespace) -> int:
    """Search by meaning; nothing found is no error."""
    if options.k < 1:
        raise UsageError(f"-k {options.k} is not possible.", remedy="Give 1 or more.")
    query = text_of(options.query, "query")
    with open_house(options) as house, open_memory(house) as memory:
        hits = memory.search(query, options.k)
    if options.json:
        print_json({"query": query, "hits": [hit.as_json() for hit in hits]})
        return 0
    rows = [(f"{hit.similarity:.2f}", *_row(hit.fact)) for hit in hits]
    print_table(("likeness", "id", "time", "source", "fact"), rows, empty="Nothing is remembered yet.")
    return 0


def add(options: Namespace) -> int:
    """Remember one fact; one that is there already is said so."""
    text = text_of(options.text, "fact")
    with open_house(options) as house, open_memory(house) as memory:
        fact, new = memory.remember_new(text, source=SOURCE)
    if options.json:
        print_json({**fact.as_json(), "new": new})
    else:
        say(f"{'Remembered' if new else 'Known already'} ({fact.id}): {fact.text}")
    return 0


def import_file(options: Namespace) -> int:
    """Remember all rows of a JSON Lines file, or none when one of them is wrong."""
    with (
        _rows_file(options.file) as file,
        open_house(options) as house,
        open_memory(house) as memory,
        progress_bar() as show,
    ):
        new = memory.import_jsonl(file, lambda done, total: show("Embedding", done, total, "facts"))
        total = len(memory.facts())
    if options.json:
        print_json({"imported": len(new), "facts": total})
    else:
        say(f"Imported {len(new)} new facts; {total} are remembered now.")
    return 0


def forget(options: Namespace) -> int:
    """Delete facts for good, by id or by words that tell which; on a terminal the words are checked first."""
    words = text_of(options.query, "query")
    with open_house(options) as house, open_memory(house) as memory:
        if all(word.isdecimal() for word in words.split()):
            gone = _forget_ids(memory, [int(word) for word in words.split()])
        else:
            if can_ask() and not options.yes:
                _confirm([hit.fact for hit in memory.matching(words)])
            gone = memory.forget(words)
    if not gone:
        raise ToolError(f"No fact means {words!r}; nothing was deleted.", remedy="See `hausgeist memory list`.")
    if options.json:
        print_json({"forgotten": [fact.as_json() for fact in gone]})
    else:
        for fact in gone:
            say(f"Forgotten ({fact.id}): {fact.text}")
    return 0


def export(options: Namespace) -> int:
    """Write all facts as JSON Lines, to a file or to standard output; `import` reads them again."""
    target = output_path(options.output, "memory.jsonl")
    with open_house(options) as house, open_memory(house) as memory:
        rows = memory.export()
    if target is None:
        for row in rows:
            print_json(row)
        return 0
    with replacing(target) as beside:
        beside.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    if options.json:
        print_json({"file": str(target), "facts": len(rows)})
    else:
        say(f"→ {target} ({len(rows)} facts)")
    return 0


def _row(fact: Fact) -> tuple[object, ...]:
    return fact.id, fact.time.isoformat(" ", "minutes"), fact.source, fact.text


def _forget_ids(memory: Memory, ids: Sequence[int]) -> list[Fact]:
    known = {fact.id for fact in memory.facts()}
    unknown = [str(number) for number in ids if number not in known]
    if unknown:
        raise UsageError(f"No fact has the id {', '.join(unknown)}.", remedy="See `hausgeist memory list`.")
    return memory.forget(ids)


def _confirm(facts: Sequence[Fact]) -> None:
    """Show what would be deleted and ask. Raises `ApprovalError`."""
    for fact in facts:
        note(f"({fact.id}) {fact.text}")
    if not facts:
        return
    sys.stderr.write("Delete for good? [y]es, [n]o: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes", "是"}:
        raise ApprovalError("You refused; nothing was deleted.")


@contextmanager
def _rows_file(given: str) -> Iterator[Path]:
    """The file to import; standard input is kept in a temporary one."""
    if given != "-":
        yield existing_file(given, "file")
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stdin.jsonl"
        file.write_bytes(sys.stdin.buffer.read())
        yield file
