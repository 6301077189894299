"""Backups and restoring: consistent while in use, verified, in one step, without secrets, nothing lost."""

from __future__ import annotations

import json
import sqlite3
import threading
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.keeping.credentials import carry_credentials
from agent.keeping.stores import CONTENTS, MEMORY
from benchmarks.trust.faulting.filled import content, fill
from memory.memory import Memory
from runtime.errors import CallCancelled, StorageError, UsageError
from runtime.house import House
from runtime.keeping import exchange
from runtime.keeping.archive import MANIFEST, Backup
from runtime.keeping.backup import Wanted, make_backup
from runtime.keeping.contents import temporary
from runtime.keeping.restore import check_backup, restore
from runtime.keeping.settings_secrets import with_secrets_of, without_secrets
from runtime.paths import Paths
from tests.cli_driver import Cli
from tools.finder.sources.address import Credentials
from tools.finder.store import FinderStore

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def paths(environment: dict[str, str]) -> Paths:
    """A house in which every database has rows."""
    return fill(environment)


def backup(paths: Paths, target: Path, *, secrets: bool = False) -> Path:
    make_backup(paths, CONTENTS, target, Wanted(secrets=secrets), now=NOW, program="test")
    return target


def test_every_table_of_every_schema_is_kept(paths: Paths) -> None:
    left = {"memory": {"pending"}, "cameras": {"stale", "stretches", "counted"}}
    for store in CONTENTS.stores:
        with closing(sqlite3.connect(store.file(paths))) as database:
            names = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            version = database.execute("PRAGMA user_version").fetchone()[0]
        names = {name for name in names if not name.startswith(("sqlite_", "words"))}
        assert names - set(store.tables) == left.get(store.name, set()), store.name
        assert version == store.version


def test_a_backup_puts_everything_back_and_keeps_what_was_there(paths: Paths, tmp_path: Path) -> None:
    (paths.outputs / "images").mkdir(parents=True)
    (paths.outputs / "images" / "fox.png").write_bytes(b"fox")
    before, told = content(paths), list[tuple[str, int, int]]()
    target = tmp_path / "b.zip"
    make_backup(paths, CONTENTS, target, Wanted(), now=NOW, program="t", tell=lambda *seen: told.append(seen))
    assert target.stat().st_mode & 0o777 == 0o600 and told[-1][1] == told[-1][2]
    with closing(sqlite3.connect(MEMORY.file(paths))) as database, database:
        database.execute("DELETE FROM facts WHERE id > 5")
    (paths.outputs / "images" / "fox.png").unlink()
    done = restore(paths, CONTENTS, target, now=NOW)
    assert content(paths) == before and (paths.outputs / "images" / "fox.png").read_bytes() == b"fox"
    assert [folder.name for folder in done.kept] == ["data.before-20260301-120000"]
    with closing(sqlite3.connect(done.kept[0] / MEMORY.place)) as database:
        assert database.execute("SELECT count(*) FROM facts").fetchone()[0] == 5
    assert not list(paths.data.parent.glob(".*")) and not exchange.pending(paths)


def test_a_backup_of_a_house_in_use_is_of_one_moment(house: House, tmp_path: Path) -> None:
    """Each transaction writes a turn and a fact; in the backup there are as many of the one as of the other."""
    stop, begun = threading.Event(), threading.Event()
    with Memory(house) as memory:

        def write() -> None:
            number = 0
            while not stop.is_set():
                begun.set() if number else None
                with memory._database.transaction():
                    memory.append_turn("talk", f"turn {number}", "ok", [], NOW)
                    memory.remember(f"Number {number} is known.", source="test")
                number += 1

        writer = threading.Thread(target=write)
        writer.start()
        assert begun.wait(60)
        try:
            for number in range(3):
                backup(house.paths, tmp_path / f"{number}.zip")
        finally:
            stop.set()
            writer.join()
    into = Paths(tmp_path / "c", tmp_path / "d", tmp_path / "e", tmp_path / "m")
    restore(into, CONTENTS, tmp_path / "2.zip", now=NOW)
    with closing(sqlite3.connect(MEMORY.file(into))) as database:
        facts, turns = (database.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("facts", "turns"))
    assert facts == turns > 0


def test_secrets_stay_out_and_those_of_the_house_stay_in_place(paths: Paths, tmp_path: Path) -> None:
    paths.config.mkdir(parents=True, exist_ok=True)
    paths.settings_file.write_text('# mine\n[chat]\nremote_key = "sk-secret"\npersona = "brief"\n')
    (paths.config / "tokens.json").write_text('{"laptop": {"sha256": "hash-of-token", "made": "2026-01-01"}}')
    credentials = Credentials(paths.finder)
    with FinderStore(paths.finder) as store:
        same = store.add_camera("porch", "rtsp://10.0.0.5/a", kind="rtsp")
        other = store.add_camera("yard", "rtsp://10.0.0.6/a", kind="rtsp")
    credentials.keep(same.id, "rtsp://me:hunter2@10.0.0.5/a")
    credentials.keep(other.id, "rtsp://me:hunter3@10.0.0.6/a")
    plain, whole = backup(paths, tmp_path / "plain.zip"), backup(paths, tmp_path / "whole.zip", secrets=True)
    with zipfile.ZipFile(plain) as archive:
        every = b"".join(archive.read(name) for name in archive.namelist())
    assert not any(word in every for word in (b"sk-secret", b"hash-of-token", b"hunter")) and b"# mine" in every
    with zipfile.ZipFile(whole) as archive:
        assert b"hunter2" in archive.read("data/finder/credentials.json")
    with closing(sqlite3.connect(paths.finder / "finder.sqlite")) as database, database:
        database.execute("UPDATE cameras SET source = 'rtsp://10.6.6.6/a' WHERE id = ?", (other.id,))
    credentials.keep(other.id, "rtsp://me:hunter4@10.6.6.6/a")  # another camera has that number now
    done = restore(paths, CONTENTS, plain, now=NOW, prepare=carry_credentials)
    assert "remote_key" in paths.settings_file.read_text() and "config/tokens.json" in done.carried
    assert credentials.full(same.id, "shown") == "rtsp://me:hunter2@10.0.0.5/a"
    assert credentials.full(other.id, "shown") == "shown"  # its password is not sent to the address of the backup


@pytest.mark.parametrize("way", ["flip", "cut", "text", "empty", "version", "other zip"])
def test_a_damaged_backup_changes_nothing(paths: Paths, tmp_path: Path, way: str) -> None:
    target = backup(paths, tmp_path / "b.zip")
    data = bytearray(target.read_bytes())
    if way == "flip":
        data[len(data) // 2] ^= 4
    elif way == "cut":
        del data[len(data) * 2 // 3 :]
    elif way == "text":
        data = bytearray(b"no backup")
    elif way == "version":  # what the first entry needs of a reader, in the directory at the end
        data[data.index(b"PK\x01\x02") + 6] = 97
    elif way == "empty":
        data = bytearray()
    target.write_bytes(data)
    if way == "other zip":
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr("a.txt", "a")
    before = content(paths)
    with pytest.raises((StorageError, UsageError), match=r"damaged|no backup"):
        restore(paths, CONTENTS, target, now=NOW)
    assert content(paths) == before and not list(paths.data.parent.glob(".*"))


@pytest.mark.parametrize(
    "name", ["data/../../evil", "/data/evil", "data/a/../../../evil", "elsewhere/x", "data\\..\\x"]
)
def test_names_lead_nowhere_else(paths: Paths, tmp_path: Path, name: str) -> None:
    target = backup(paths, tmp_path / "b.zip")
    with zipfile.ZipFile(target) as archive:
        manifest = json.loads(archive.read(MANIFEST))
    manifest["files"] = {name: {"bytes": 1, "sha256": "00", "mtime_ns": 0, "mode": 0o600}}
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, b"x")
        archive.writestr(MANIFEST, json.dumps(manifest))
    with pytest.raises(StorageError, match="elsewhere"), Backup(target):
        pass


def test_a_backup_of_a_later_program_is_refused(paths: Paths, tmp_path: Path) -> None:
    target = backup(paths, tmp_path / "b.zip")
    with zipfile.ZipFile(target) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for change in ({"databases": {"memory": 99}}, {"databases": {"dreams": 1}}, {"format": 2}):
        manifest = {**json.loads(files[MANIFEST]), **change}
        with zipfile.ZipFile(target, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, json.dumps(manifest) if name == MANIFEST else data)
        with pytest.raises(UsageError, match="later version"):
            check_backup(target, CONTENTS)


def test_a_cut_exchange_is_finished_at_the_next_start(
    environment: dict[str, str], paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every step of the exchange: the next opening of the house has the new state, and nothing is left over."""
    target, moments = backup(paths, tmp_path / "b.zip"), 0
    before = content(paths)
    steps = [(Path, "rename"), (Path, "unlink"), (exchange, "_exchanged"), (exchange, "_sync")]
    for without_call in (False, True):
        for moment in range(1, 30):
            with closing(sqlite3.connect(MEMORY.file(paths))) as database, database:
                database.execute("DELETE FROM turns")
            with pytest.MonkeyPatch.context() as patch:
                if without_call:
                    patch.setattr(exchange, "_exchanged", lambda one, other: False)
                if not _cut(patch, steps, moment, paths, target):
                    break
            with House.open(environment):
                pass
            assert content(paths) == before and not exchange.pending(paths), (without_call, moment)
            moments += 1
    assert moments > 10


class Cut(BaseException):
    """Stands for a kill."""


def _cut(patch: pytest.MonkeyPatch, steps: list[tuple[object, str]], moment: int, paths: Paths, target: Path) -> bool:
    """Restore, and stop dead at the so-manyth call after the plan was written; False where it was done before."""
    left = moment

    def counting(work: object) -> object:
        def call(*args: object, **more: object) -> object:
            nonlocal left
            if exchange.pending(paths):
                left -= 1
                if left == 0:
                    raise Cut
            return work(*args, **more)  # type: ignore[operator]

        return call

    for owner, name in steps:
        patch.setattr(owner, name, counting(getattr(owner, name)))
    try:
        restore(paths, CONTENTS, target, now=NOW)
    except Cut:
        return True
    return False


def test_cancelling_leaves_no_half_backup(paths: Paths, tmp_path: Path) -> None:
    target, calls = backup(paths, tmp_path / "place" / "b.zip"), 0
    whole = target.read_bytes()

    def cancelled() -> None:
        nonlocal calls
        calls += 1
        if calls == 9:
            raise CallCancelled("Stopped.")

    with pytest.raises(CallCancelled):
        make_backup(paths, CONTENTS, target, Wanted(), now=NOW, program="t", check=cancelled)
    assert target.read_bytes() == whole and [file.name for file in target.parent.iterdir()] == ["b.zip"]


def test_the_commands(cli: Cli, environment: dict[str, str], tmp_path: Path) -> None:
    assert cli("backup", str(tmp_path / "none.zip")).status == 2
    assert cli("memory", "add", "the key is under the pot").status == 0
    made = cli("backup", str(tmp_path / "b.zip"), "--json").json
    assert made["files"] >= 1 and made["databases"]["memory"] == MEMORY.version and made["secrets"] is False
    inside = cli("backup", str(Path(environment["HAUSGEIST_HOME"]) / "data" / "b.zip"))
    assert inside.status == 2 and "outside" in inside.err
    assert "sound" in cli("restore", "--check", str(tmp_path / "b.zip")).out
    other = cli("restore", str(tmp_path / "b.zip"), "--into", str(tmp_path / "other"), "--json").json
    assert Path(other["data"]) == tmp_path / "other" / "data" and other["kept"] == []
    assert cli("memory", "add", "and the cat is out").status == 0
    back = cli("restore", str(tmp_path / "b.zip"))
    assert back.status == 0 and "is kept in" in back.out
    assert [fact["text"] for fact in cli("memory", "list", "--json").json["facts"]] == ["the key is under the pot"]
    assert cli("restore", str(tmp_path / "gone.zip")).status == 2


def test_secrets_of_settings() -> None:
    text = (
        '[chat] # talk\nremote_key = "k1"\npersona = "p"\n'
        '[mcp.servers.files]\ncommand = "x"\nenv = {TOKEN = "t1"}\n[mcp.servers.web]\nurl = "u"\nheaders = {A = "h1"}\n'
    )
    bare, gone = without_secrets(text)
    assert gone == ["chat.remote_key", "mcp.servers.files.env", "mcp.servers.web.headers"]
    assert not any(secret in bare for secret in ("k1", "t1", "h1")) and "# talk" in bare and 'command = "x"' in bare
    again = with_secrets_of(bare, text)
    assert without_secrets(again)[1] == gone and "k1" in again
    with pytest.raises(ValueError):
        without_secrets("no TOML at all = = ")


def test_files_that_are_just_being_written_are_known() -> None:
    assert temporary(Path("a/.fox-a1b2c3d4.png")) and temporary(Path(".settings-________.toml"))
    assert not temporary(Path("fox-a1b2c3d4.png")) and not temporary(Path(".fox.png"))
