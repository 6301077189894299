"""`hausgeist doctor --repair`: damaged databases, word indexes, columns, settings; what it says is what it did."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.keeping.derived import repair_derived
from agent.keeping.repair import OLD_S, repair_files
from agent.keeping.stores import CONTENTS, FINDER, JOURNAL, MEMORY
from benchmarks.trust.faulting import corruption, damage
from benchmarks.trust.faulting.filled import FACTS, SEGMENTS, content, fill
from runtime.errors import DamagedError
from runtime.house import House
from runtime.keeping.backup import Wanted, make_backup
from runtime.keeping.contents import Store
from runtime.keeping.salvage import Saved, Wreck, joined, mend_header
from runtime.paths import Paths
from tests.cli_driver import Cli
from tools.finder.answering.facts import Facts
from tools.finder.store import FinderStore

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def paths(environment: dict[str, str]) -> Paths:
    return fill(environment)


@pytest.mark.parametrize("store", CONTENTS.stores, ids=lambda store: store.name)
@pytest.mark.parametrize("backed_up", [False, True], ids=["alone", "backed-up"])
def test_every_way_of_damage_to_every_database(tmp_path: Path, store: Store, backed_up: bool) -> None:
    dice = random.Random(f"{store.name} {backed_up}")
    found = corruption.databases(store, backed_up=backed_up)(tmp_path, dice)
    assert found.tried == len(damage.DATABASE) and (found.wrong, found.lost) == ([], 0)


def test_rows_around_a_broken_page_are_saved(paths: Paths) -> None:
    """Noise in one leaf page of a table loses the rows of that page, and tells their range."""
    file = MEMORY.file(paths)
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data, broken = bytearray(file.read_bytes()), b"Bottle 150 of"
    page = data.index(broken) // damage.PAGE
    data[page * damage.PAGE : (page + 1) * damage.PAGE] = random.Random(1).randbytes(damage.PAGE)
    file.write_bytes(data)
    saved = Saved()
    with Wreck(file) as wreck:
        table = wreck.table("facts")
        assert table is not None and wreck.table("dreams") is None
        numbers = {row[0] for row in wreck.rows(table, table.columns, saved)}
    lost = set(range(1, FACTS + 1)) - numbers
    assert 0 < len(lost) < 60 and len(saved.gaps) == 1
    assert (saved.gaps[0][0], saved.gaps[0][1]) == (min(lost), max(lost))


def test_a_lost_header_costs_nothing(paths: Paths) -> None:
    before = content(paths)
    for store in CONTENTS.stores:
        damage.header(store.file(paths), random.Random(2))
    done = {one.name: one for one in repair_files(paths, now=NOW)}
    assert all(done[store.name].state == "repaired" and not done[store.name].lost for store in CONTENTS.stores)
    assert content(paths) == before


def test_what_was_deleted_since_the_backup_does_not_come_back(paths: Paths, tmp_path: Path) -> None:
    make_backup(paths, CONTENTS, tmp_path / "b.zip", Wanted(), now=NOW, program="t")
    with closing(sqlite3.connect(MEMORY.file(paths))) as database, database:
        database.execute("DELETE FROM facts WHERE id = 7")
        database.execute("DELETE FROM words WHERE rowid = 7")
    damage.damaged_word_index(MEMORY.file(paths))
    done = next(one for one in repair_files(paths, now=NOW) if one.name == "memory")
    assert done.state == "repaired" and not done.lost and "backup" not in done.detail
    with closing(sqlite3.connect(MEMORY.file(paths))) as database:
        assert database.execute("SELECT count(*) FROM facts WHERE id = 7").fetchone()[0] == 0
        assert database.execute("SELECT count(*) FROM words WHERE words MATCH '\"bottle\"'").fetchone()[0] == FACTS - 1
        newest = database.execute(
            "INSERT INTO facts (text, folded, source, kind, time, at) VALUES ('a','a','','','',0)"
        )
        assert newest.lastrowid == FACTS + 1


@pytest.mark.parametrize("backed_up", [False, True], ids=["alone", "backed-up"])
def test_a_flipped_bit_in_a_key_costs_no_row(paths: Paths, tmp_path: Path, backed_up: bool) -> None:
    """The number of one row, as it stands in its cell, loses a bit: the row is found under its own number again."""
    if backed_up:
        make_backup(paths, CONTENTS, tmp_path / "b.zip", Wanted(), now=NOW, program="t")
    file = MEMORY.file(paths)
    with closing(sqlite3.connect(file)) as database:
        database.execute("DELETE FROM facts WHERE id = 7")
        database.execute("DELETE FROM words WHERE rowid = 7")
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = content(paths)["memory"]
    data = bytearray(file.read_bytes())
    cell = data.index(b"Bottle 80 of the cellar") - 60
    number = data.index(bytes([81]), cell)  # the fact's id, a varint before its record
    for bit in (0, 5):  # down by one, onto its neighbour, and far up
        broken = bytearray(data)
        broken[number] ^= 1 << bit
        file.write_bytes(broken)
        (done,) = [one for one in repair_files(paths, now=NOW) if one.name == "memory"]
        assert done.state == "repaired" and not done.lost and "out of order" in done.detail
        assert content(paths)["memory"] == before and (7,) not in before["facts"]


def test_a_key_that_is_a_text_comes_back_from_the_backup(paths: Paths, tmp_path: Path) -> None:
    """Runs of scripts go by names; the steps of one whose name changed would be nobody's."""
    make_backup(paths, CONTENTS, tmp_path / "b.zip", Wanted(), now=NOW, program="t")
    file, before = JOURNAL.file(paths), content(paths)["scripts"]
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(file.read_bytes())
    row = data.index(b"/s.yaml") - len("run-0012")  # the key stands before the file's name
    assert data[row : row + 4] == b"run-"
    data[row + 1] ^= 0x10
    file.write_bytes(data)
    (done,) = [one for one in repair_files(paths, now=NOW) if one.name == "scripts"]
    assert done.state == "repaired" and "1 got their keys back" in done.detail
    assert content(paths)["scripts"] == before


def test_recordings_whose_rows_were_lost_are_looked_through_again(paths: Paths) -> None:
    file = FINDER.file(paths)
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        crop = database.execute("SELECT crop FROM sightings WHERE segment_id = 30 AND crop IS NOT NULL").fetchone()[0]
    data = bytearray(file.read_bytes())
    page = data.index(crop[:64]) // damage.PAGE
    data[page * damage.PAGE : (page + 1) * damage.PAGE] = bytes(damage.PAGE)
    file.write_bytes(data)
    done = next(one for one in repair_files(paths, now=NOW) if one.name == "cameras")
    assert done.state == "repaired" and done.lost and "sightings" in done.detail
    with closing(sqlite3.connect(file)) as database:
        again = [row[0] for row in database.execute("SELECT id FROM segments WHERE indexed IS NULL ORDER BY id")]
    assert 30 in again and len(again) < SEGMENTS // 4


def test_stills_that_are_gone_and_columns_are_put_right(environment: dict[str, str], paths: Paths) -> None:
    with FinderStore(paths.finder) as store:
        Facts(paths.finder / "facts").catch_up(store)
        store._database.execute(
            "INSERT INTO stills (segment_id, camera_id, time, file, scale)"
            " VALUES (1, 1, 1.0, 'stills/aa/gone.jpg', 1.0)"
        )
    for file in (paths.finder / "facts").glob("*.rows"):
        file.write_bytes(bytes(10))
    shutil.rmtree(paths.memory)
    with House.open(environment) as house:
        done = {one.name: one for one in repair_derived(house) if one.area == "finder"}
    assert done["stills"].lost and "1 stills" in done["stills"].detail and done["columns"].state == "rebuilt"
    assert len(Facts(paths.finder / "facts").scan()["id"]) >= SEGMENTS * 4


def test_leftovers_of_killed_writes_are_removed_once_they_are_old(paths: Paths) -> None:
    left, fresh = paths.data / ".fox-a1b2c3d4.png", paths.data / ".owl-a1b2c3d4.png"
    for file in (left, fresh):
        file.write_bytes(b"half")
    done = list(repair_files(paths, now=NOW, clock=lambda: left.stat().st_mtime + OLD_S + 9))
    assert done[-1].state == "removed" and not left.exists() and not fresh.exists()
    fresh.write_bytes(b"half")
    assert all(one.state != "removed" for one in repair_files(paths, now=NOW)) and fresh.exists()


def test_damage_is_named_with_the_way_out(cli: Cli, environment: dict[str, str]) -> None:
    assert cli("memory", "add", "the key is under the pot").status == 0
    file = Path(environment["HAUSGEIST_HOME"]) / "data" / "memory" / "memory.sqlite3"
    damage.header(file, random.Random(3))
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    failed = cli("memory", "list")
    assert failed.status == 1 and "doctor --repair" in failed.err and failed.err.count("\n") == 1
    found = cli("doctor", "--json").json["findings"]
    assert next(one for one in found if one["area"] == "kept" and one["name"] == "memory")["state"] == "missing"
    assert cli("backup", str(file.parents[3] / "b.zip")).status != 0
    done = cli("doctor", "--repair", "--json").json
    assert done["ok"] and "quarantine" in next(one["detail"] for one in done["repairs"] if one["name"] == "memory")
    assert [fact["text"] for fact in cli("memory", "list", "--json").json["facts"]] == ["the key is under the pot"]


def test_a_file_of_settings_that_is_only_wrong_is_the_owners(paths: Paths) -> None:
    paths.config.mkdir(parents=True, exist_ok=True)
    paths.settings_file.write_text("[chat]\nmodle = 1\n")
    done = next(one for one in repair_files(paths, now=NOW) if one.area == "settings")
    assert done.state == "failed" and "Did you mean chat.model" in done.detail and paths.settings_file.exists()


def test_small_parts(tmp_path: Path) -> None:
    assert joined([(5, 9), (1, 2), (3, 3), (20, 21)]) == [(1, 3), (5, 9), (20, 21)]
    whole = tmp_path / "whole"
    with closing(sqlite3.connect(whole)) as database:
        database.execute("CREATE TABLE a (b)")
        database.commit()
    assert not mend_header(whole)
    (tmp_path / "short").write_bytes(b"x")
    assert not mend_header(tmp_path / "short")
    with pytest.raises(DamagedError, match="doctor --repair"), FinderStore(_noise(tmp_path / "finder")):
        pass


def _noise(folder: Path) -> Path:
    folder.mkdir()
    (folder / "finder.sqlite").write_bytes(random.Random(4).randbytes(20000))
    return folder
