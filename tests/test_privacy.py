"""What is kept is told, and what is deleted is gone from every file of the house: looked for byte by byte."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from agent.privacy.erase import Doomed, Wanted, delete, find, mentions
from agent.privacy.inventory import inventory
from agent.privacy.retention import tidy
from agent.scripts.journal import Journal, Run
from memory.memory import Memory
from runtime.errors import UnknownNameError, UsageError
from runtime.house import House
from runtime.settings import load_settings
from tools.finder.answering.facts import Facts
from tools.finder.looks.outline_rows import OutlineRows
from tools.finder.looks.photo_cache import kept_for_photo
from tools.finder.looks.vectors import Vectors
from tools.finder.scan.drafts import ChangeDraft, PersonDraft, SegmentDraft, SegmentFile, SightingDraft, StillDraft
from tools.finder.store import FinderStore
from tools.finder.taught.items import Picture, teach
from tools.image.places import Places

from .cli_driver import Cli, in_process

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
DAYS = (1, 20)
WIDTH = 24


def secret(name: str) -> bytes:
    """Bytes that are nowhere else, for a picture."""
    return hashlib.sha512(name.encode()).digest()


def vector(name: str) -> np.ndarray:
    """A unit vector of its own."""
    drawn = np.random.default_rng(int.from_bytes(secret(name)[:4], "big")).standard_normal(WIDTH)
    return np.asarray(drawn / np.linalg.norm(drawn), np.float32)


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def told(path: str) -> list[str]:
    """What is told of the segment of a camera and a day: its names of secrets."""
    return [f"{path} still {n}" for n in range(3)] + [f"{path} crop {label}" for label in ("cup", "key")]


def fill(house: House, memory: Memory) -> None:
    """Two cameras on two days with a red cup and a key, facts, turns, files, a taught thing and runs."""
    with FinderStore(house.paths.finder) as store:
        vectors = Vectors(house, "test")
        for camera in ("study", "hall"):
            added = store.add_camera(camera, f"/rec/{camera}")
            for day in DAYS:
                path, start = f"{camera}-{day}", at(day).timestamp()
                stills = [StillDraft(start + n, secret(f"{path} still {n}")) for n in range(3)]
                people = [PersonDraft([(start + 3, 0, 0, 50, 90), (start + 9, 9, 0, 50, 90)], 0)]
                things = (("cup", ("red",), 1, start + 5), ("key", ("grey",), 2, start + 7))
                changes = [ChangeDraft(when, "placed", (n, 1, 9, 9), 0.9, None, n, 0) for _, _, n, when in things]
                sightings = [
                    SightingDraft(
                        when, start + 40, (n, 1, 9, 9), "change", n, n - 1, None, label, 0.9, colours,
                        secret(f"{path} crop {label}"),
                    )
                    for label, colours, n, when in things
                ]  # fmt: skip
                file = SegmentFile(f"/rec/{path}.mp4", 1, 1, start, 60.0, 640, 360, 10.0)
                ids, _ = store.write_segment(added.id, SegmentDraft(file, stills, changes, sightings, people))
                vectors.add(ids, [vector(f"{path} crop {label}") for label in ("cup", "key")])
                made = house.paths.outputs / f"found-{camera}-{at(day):%Y%m%d-%H%M%S}-{ids[0]}.jpg"
                made.parent.mkdir(parents=True, exist_ok=True)
                made.write_bytes(secret(f"{path} found"))
                os.utime(made, (start, start))
        Facts(house.paths.finder / "facts").catch_up(store)
        teach(house, store, "red cup", [Picture(secret("taught"), "cup.jpg")])
    for day, who in zip(DAYS, ("Annelore", "Bertrand"), strict=True):
        memory.remember(f"{who} likes peppermint tea {day}.", source="test", time=at(day))
        memory.append_turn("kitchen", f"What does {who} drink?", f"Camomile, says {who} {day}.", [], at(day))
        picture = house.paths.outputs / "images" / f"{day}-portrait-of-{who.lower()}.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_bytes(secret(f"portrait {who}"))
        os.utime(picture, (at(day).timestamp(),) * 2)
        Places(house.paths).keep_last(who, picture)
        journal = Journal(house.paths.data / "scripts")
        journal.start(Run(str(day), "/a.yaml", "steps: []", {"who": f"{who} {day}"}, {}, "running", at(day)))
        journal.end(str(day), "done", at(day))
        journal.close()


@pytest.fixture
def full(environment: dict[str, str]) -> Iterator[tuple[House, Memory]]:
    with House.open(environment) as house, Memory(house) as memory:
        house.clock = lambda: NOW
        fill(house, memory)
        memory.search("tea")  # makes the vectors
        yield house, memory


def holding(house: House, *needles: bytes) -> dict[bytes, list[str]]:
    """The files of the house that hold each of these bytes."""
    texts = {path: path.read_bytes() for path in house.paths.data.rglob("*") if path.is_file()}
    return {needle: [path.name for path, text in texts.items() if needle in text] for needle in needles}


def row_of(name: str) -> bytes:
    """A vector as it lies in its file."""
    return vector(name).astype(np.float16).tobytes()


def gone(house: House, *names: str) -> None:
    left = {n: f for n, f in holding(house, *(secret(name) for name in names)).items() if f}
    assert not left, left
    left = {n: f for n, f in holding(house, *(row_of(name) for name in names if "crop" in name)).items() if f}
    assert not left, left


def there(house: House, *names: str) -> None:
    missing = [name for name in names if not holding(house, secret(name))[secret(name)]]
    missing += [name for name in names if "crop" in name and not holding(house, row_of(name))[row_of(name)]]
    assert not missing, missing


def doomed_by(full: tuple[House, Memory], wanted: Wanted) -> Doomed:
    house, memory = full
    found = find(house, memory, wanted)
    before = {path: path.read_bytes() for path in house.paths.data.rglob("*") if path.suffix in {".jpg", ".png"}}
    assert all(path.read_bytes() == text for path, text in before.items()), "looking changes nothing"
    delete(house, memory, found)
    again = find(house, memory, wanted)
    assert not again.counts(), again.counts()
    return found


def test_everything_is_there_before(full: tuple[House, Memory]) -> None:
    house, _ = full
    for camera in ("study", "hall"):
        for day in DAYS:
            there(house, *told(f"{camera}-{day}"), f"{camera}-{day} found")
    there(house, "taught", "portrait Annelore")
    for word in (b"Annelore", b"Bertrand", b"Camomile"):
        assert holding(house, word)[word]


def test_a_camera_is_deleted_everywhere_and_stays_a_camera(full: tuple[House, Memory]) -> None:
    house, _ = full
    found = doomed_by(full, Wanted(camera="STUDY"))
    assert found.counts() == {
        "sightings": 4, "changes": 4, "ways of people": 2, "evidence frames": 6, "files made": 2
    }  # fmt: skip
    gone(house, *told("study-1"), *told("study-20"), "study-1 found", "study-20 found")
    there(house, *told("hall-1"), *told("hall-20"), "hall-1 found", "taught", "portrait Annelore")
    with FinderStore(house.paths.finder) as store:
        assert [camera.name for camera in store.cameras()] == ["hall", "study"]
        assert store.coverage("study").start is None and store.coverage("hall").start is not None
        assert len(store.segments("study")) == 2, "known, so that it is not indexed again"


def test_what_is_kept_of_photos_that_were_asked_with_goes_too(full: tuple[House, Memory], tmp_path: Path) -> None:
    house, _ = full
    photo = tmp_path / "watch.png"
    Image.new("RGB", (60, 40), (90, 60, 30)).save(photo)
    finder = house.paths.finder
    known = kept_for_photo(photo.read_bytes(), finder / "vectors" / "any", lambda: np.arange(3.0))
    assert list(kept_for_photo(photo.read_bytes(), finder / "vectors" / "any", lambda: np.zeros(3))) == list(known)
    OutlineRows(finder / "facts").of_photo(photo.read_bytes())
    assert {file.relative_to(finder).parts[0] for file in finder.rglob("photos/*.npy")} == {"facts", "vectors"}
    doomed_by(full, Wanted(camera="study"))
    assert not list(finder.rglob("photos/*.npy"))


def test_a_time_is_deleted_everywhere(full: tuple[House, Memory]) -> None:
    house, memory = full
    doomed_by(full, Wanted(since=at(1, 0), until=at(2, 0)))
    gone(house, *told("study-1"), *told("hall-1"), "study-1 found", "hall-1 found", "portrait Annelore")
    there(house, *told("study-20"), *told("hall-20"), "hall-20 found", "portrait Bertrand")
    left = holding(house, b"Annelore", b"annelore", b"Camomile, says Annelore", b"Bertrand")
    assert not left[b"Annelore"] and not left[b"annelore"] and left[b"Bertrand"], left
    assert [fact.text for fact in memory.facts()] == ["Bertrand likes peppermint tea 20."]
    assert Places(house.paths).last("Bertrand") is not None


def test_a_person_is_deleted_everywhere_in_words(full: tuple[House, Memory]) -> None:
    house, memory = full
    found = doomed_by(full, Wanted(person="annelore"))
    assert found.counts() == {"facts": 1, "turns": 1, "files made": 1, "runs of scripts": 1}
    assert any("knows no names" in line for line in found.kept)
    left = holding(house, b"Annelore", b"annelore", b"Bertrand")
    assert not left[b"Annelore"] and not left[b"annelore"] and left[b"Bertrand"], left
    gone(house, "portrait Annelore")
    there(house, "portrait Bertrand", *told("study-1"))
    assert len(memory.turns()) == 1


def test_the_ways_of_people_are_deleted_with_what_shows_them(full: tuple[House, Memory]) -> None:
    house, memory = full
    found = doomed_by(full, Wanted(person="anyone", camera="hall"))
    assert found.counts() == {"ways of people": 2, "evidence frames": 2}
    gone(house, "hall-1 still 0", "hall-20 still 0")
    there(house, "hall-1 still 1", "study-1 still 0", "hall-1 crop cup")
    assert len(memory.facts()) == 2


def test_a_thing_is_deleted_everywhere(full: tuple[House, Memory]) -> None:
    house, memory = full
    memory.remember("The red cup was a present.", source="test", time=at(3))
    found = doomed_by(full, Wanted(item="Red Cup"))
    assert found.counts() == {
        "facts": 1, "sightings": 4, "changes": 4, "evidence frames": 4, "taught things": 1, "files made": 4
    }  # fmt: skip
    gone(house, "taught", *(name for c in ("study", "hall") for d in DAYS for name in (f"{c}-{d} crop cup",)))
    gone(house, "study-1 still 1", "hall-20 still 1", "study-1 found")
    there(house, "study-1 crop key", "study-1 still 2", "study-1 still 0")
    assert not holding(house, b"present")[b"present"]


def test_filters_narrow_each_other(full: tuple[House, Memory]) -> None:
    house, memory = full
    doomed_by(full, Wanted(camera="hall", since=at(19)))
    gone(house, *told("hall-20"), "hall-20 found")
    there(house, *told("hall-1"), *told("study-20"), "hall-1 found")
    assert len(memory.facts()) == 2 and len(memory.turns()) == 2
    with pytest.raises(UnknownNameError):
        find(house, memory, Wanted(camera="attic"))
    with pytest.raises(UsageError, match="Nothing was named"):
        Wanted()


def test_recordings_of_ours_go_and_the_owners_stay(full: tuple[House, Memory], tmp_path: Path) -> None:
    house, _ = full
    with FinderStore(house.paths.finder) as store:
        door = store.add_camera("door", "rtsp://127.0.0.1/live", kind="rtsp")
        for day in DAYS:
            file = door.place / f"2026-03-{day:02d}" / "120000Z.mkv"
            file.parent.mkdir(parents=True)
            file.write_bytes(secret(f"door {day}"))
            os.utime(file, (at(day).timestamp(),) * 2)
    found = doomed_by(full, Wanted(camera="door", since=at(19)))
    assert found.counts() == {"recordings of ours": 1}
    gone(house, "door 20")
    there(house, "door 1")
    mine = find(*full, Wanted(camera="study"))
    assert any("Your own recordings" in line for line in mine.kept)


@pytest.mark.parametrize(
    ("text", "name", "held"),
    [("Ann's cup", "Ann", True), ("Annelore", "Ann", False), ("the ann.", "ANN", True), ("小明的杯子", "小明", True),
     ("Müller kam", "müller", True), ("a+b", "a+b", True), ("", "Ann", False)],
)  # fmt: skip
def test_a_name_is_mentioned_as_a_word(text: str, name: str, held: bool) -> None:
    assert mentions(text, name) is held


# What is told ----------------------------------------------------------------------------------------------------


def test_what_is_stored_is_told_by_kind(full: tuple[House, Memory]) -> None:
    house, _ = full
    rows = {row.kind: row for row in inventory(house)}
    counts = {"facts": 2, "turns of conversations": 2, "cameras": 2, "sightings of things": 8}
    assert {kind: rows[kind].count for kind in counts} == counts
    counts = {"evidence frames": 12, "ways of people": 4, "photos of taught things": 1, "runs of scripts": 2}
    assert {kind: rows[kind].count for kind in counts} == counts
    assert rows["evidence frames"].since == at(1) and rows["facts"].until == at(20)
    kept = [path for path in house.paths.data.rglob("*") if path.is_file()]
    size = sum(row.bytes for row in rows.values() if str(house.paths.data) in row.where)
    on_disk = sum(path.stat().st_size for path in kept)
    assert 0.9 * on_disk <= size <= on_disk, (size, on_disk)


@pytest.fixture
def cli(
    full: tuple[House, Memory],
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Cli:
    return in_process(environment, monkeypatch, capsys)


def test_the_command_shows_first_and_asks(cli: Cli, full: tuple[House, Memory]) -> None:
    house, _ = full
    stored = cli("privacy", "--json").json
    assert {row["kind"]: row["count"] for row in stored["stored"]}["facts"] == 2 and stored["bytes"] > 0
    dry = cli("privacy", "delete", "--camera", "study", "--dry-run", "--json").json
    assert dry["deleted"] is False and dry["found"]["sightings"] == 4 and len(dry["files"]) == 2
    refused = cli("privacy", "delete", "--camera", "study")
    assert refused.status == 3 and "4" in refused.out
    there(house, *told("study-1"))
    done = cli("privacy", "delete", "--camera", "study", "--yes", "--json").json
    assert done["deleted"] is True and done["found"] == dry["found"]
    gone(house, *told("study-1"), "study-1 found")
    assert cli("privacy", "delete", "--yes").status == 2
    assert cli("privacy", "delete", "--camera", "attic", "--yes").status == 2
    assert cli("privacy", "delete", "--item", "unicorn", "--yes", "--json").json["deleted"] is False


def test_removing_a_camera_leaves_no_trace_of_its_pictures(cli: Cli, full: tuple[House, Memory]) -> None:
    house, _ = full
    assert cli("cameras", "remove", "study").status == 0
    gone(house, *told("study-1"), *told("study-20"))


def test_conversations_and_what_was_made_are_given_up_by_age(environment: dict[str, str]) -> None:
    limits = ["privacy.history_days=14", "privacy.outputs_days=14"]
    with House.open(environment, settings=load_settings(None, {}, limits)) as house, Memory(house) as memory:
        house.clock = lambda: NOW
        fill(house, memory)
        aged = tidy(house, memory)
        assert (aged.turns, aged.files) == (1, 3)
        assert tidy(house, memory) == type(aged)()
        gone(house, "portrait Annelore", "study-1 found")
        there(house, "portrait Bertrand", "study-20 found", *told("study-1"))
        assert not holding(house, b"Camomile, says Annelore")[b"Camomile, says Annelore"]
        assert len(memory.turns()) == 1 and len(memory.facts()) == 2
    with House.open(environment) as house, Memory(house) as memory:
        assert tidy(house, memory) == type(aged)(), "without limits nothing is given up"


def test_faces_are_not_recognised(house: House) -> None:
    """No model of the catalogue is for faces, no module names one, and no table has a place for who somebody is."""
    root = Path(__file__).resolve().parent.parent
    for entry in house.catalogue.entries.values():
        words = f"{entry.id} {entry.title} {entry.task} {' '.join(file.name for file in entry.files)}".casefold()
        assert not any(word in words for word in ("facenet", "arcface", "insightface", "face-recog", "face_recog")), (
            words
        )
    known = ("insightface", "face_recognition", "facenet", "arcface", "deepface", "FaceRecognizerSF", "FaceDetectorYN")
    for folder in ("runtime", "memory", "tools", "agent", "tui"):
        for file in (root / folder).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            assert not any(word in text for word in known), file
    packages = (root / "constraints.txt").read_text(encoding="utf-8").casefold()
    assert not any(word.casefold() in packages for word in known)
    with FinderStore(house.paths.finder) as store:
        columns = {row[1] for row in store._database.execute("PRAGMA table_info(people)")}
    assert columns == {"id", "segment_id", "camera_id", "first_seen", "last_seen", "path", "still_id"}
