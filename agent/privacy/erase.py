"""Deletes what is kept of a person, a camera, a time or a thing, everywhere; first it says what that would be.

What counts, by what is named (several narrow the finder's part, as in "the kitchen, yesterday"):

- camera: what the index holds of it, our own recordings of it, evidence pictures of it. The camera stays.
- time: of the index and our own recordings what overlaps it, turns and facts told in it, what tools made in it, runs.
- person: facts, turns and runs that mention the name, pictures and sounds made whose file does. Footage knows no names:
  "anyone" stands for all ways of people and the frames that show them.
- item: the taught thing of that name, the sightings whose label and colours are its words with the frames that show
  them, and what mentions it, as with a person.

The owner's own recordings and documents are never touched. A crop, a frame or a vector never outlives its row.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from agent.scripts.journal import Journal
from memory.memory import Memory
from memory.records import Fact
from runtime.errors import UsageError, storage_errors
from runtime.house import House
from tools.finder.answering.facts import Facts
from tools.finder.erasing import Footage, Seen
from tools.finder.looks.photo_cache import forget_photos
from tools.finder.looks.vectors import forget
from tools.finder.scan.segments import camera_zone
from tools.finder.sealing import shown_folder
from tools.finder.sources.recordings import named_start, recordings_of
from tools.finder.store import FinderStore
from tools.finder.taught.items import forget_item
from tools.finder.taught.rows import Item
from tools.image.places import Places

ANYONE = "anyone"
LARGEST = 64 * 2**20
"""Files that tools made are searched for names up to this size; larger ones by their own name only."""
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True)
class Wanted:
    """What shall go; at least one is given. Times are aware."""

    person: str | None = None
    camera: str | None = None
    item: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        if not any((self.person, self.camera, self.item, self.since, self.until)):
            remedy = "Name --person, --camera, --item, --since or --until."
            raise UsageError("Nothing was named that shall be deleted.", remedy=remedy)
        if self.person and self.item:
            raise UsageError("A person and a thing cannot be deleted at once.", remedy="Do one after the other.")

    @property
    def name(self) -> str | None:
        """The name that is looked for in words; None where none is."""
        return self.item or (self.person if (self.person or "").casefold() != ANYONE else None)

    def holds(self, at: float) -> bool:
        """Whether a moment (Unix seconds) lies in the time."""
        early = self.since is not None and at < self.since.timestamp()
        return not early and (self.until is None or at < self.until.timestamp())


@dataclass
class Doomed:
    """What would go. `kept` says in words what is like it and stays."""

    facts: list[Fact] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    seen: Seen = field(default_factory=Seen)
    item: Item | None = None
    recordings: list[Path] = field(default_factory=list)
    made: list[Path] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """How many of each kind, those of which there are none left out."""
        found = {
            "facts": len(self.facts),
            "turns": len(self.turns),
            "sightings": len(self.seen.sightings),
            "changes": len(self.seen.changes),
            "ways of people": len(self.seen.people),
            "evidence frames": len(self.seen.stills),
            "taught things": int(self.item is not None),
            "recordings of ours": len(self.recordings),
            "files made": len(self.made),
            "runs of scripts": len(self.runs),
        }
        return {kind: count for kind, count in found.items() if count}


def find(house: House, memory: Memory, wanted: Wanted) -> Doomed:
    """What would be deleted; changes nothing. Raises `UnknownNameError` for a camera, `StorageError`."""
    doomed = Doomed()
    if wanted.camera is None and (wanted.person or "").casefold() != ANYONE:
        _find_words(house, memory, wanted, doomed)
    if (house.paths.finder / "finder.sqlite").is_file():
        with FinderStore(house.paths.finder) as store:
            _find_footage(house, store, wanted, doomed)
    _find_made(house, wanted, doomed)
    aside = house.paths.data / "quarantine"
    if aside.is_dir():
        doomed.kept.append(f"Damaged files that were set aside are not looked through: {aside}")
    return doomed


def delete(house: House, memory: Memory, doomed: Doomed, tell: Callable[[str], None] = lambda text: None) -> None:
    """Delete it. What is cut off by a crash is found and deleted by doing the same again. Raises `StorageError`."""
    with storage_errors(house.paths.data):
        for path in (*doomed.made, *doomed.recordings):
            path.unlink(missing_ok=True)
        Places(house.paths).drop(doomed.made)
    if doomed.seen.anything or doomed.item is not None or doomed.recordings:
        tell("the camera index")
        _delete_footage(house, doomed)
    if doomed.facts or doomed.turns:
        tell("memory")
        memory.erase(doomed.facts, doomed.turns)
    if doomed.runs:
        with closing(Journal(house.paths.data / "scripts")) as journal:
            journal.erase(doomed.runs)


def mentions(text: str, name: str) -> bool:
    """Whether a text holds a name: as whole words, in any case; in Chinese, Japanese and Korean anywhere."""
    if _CJK.search(name):
        return name.casefold() in text.casefold()
    return re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", text.casefold()) is not None


def _find_words(house: House, memory: Memory, wanted: Wanted, doomed: Doomed) -> None:
    """Facts, turns and runs that mention the name, in the time."""
    name = wanted.name

    def meant(text: str, at: datetime) -> bool:
        return wanted.holds(at.timestamp()) and (name is None or mentions(text, name))

    doomed.facts = [fact for fact in memory.facts(superseded=True) if meant(fact.text, fact.time)]
    for turn in memory.turns(wanted.since, wanted.until):
        if meant(f"{turn.user}\n{turn.reply}\n{turn.tool_calls}", turn.time):
            doomed.turns.append(turn.id)
    if not (house.paths.data / "scripts" / "journal.sqlite3").is_file():
        return
    with closing(Journal(house.paths.data / "scripts")) as journal:
        for run in journal.runs(limit=1_000_000):
            text = f"{run.source}\n{run.inputs}\n{run.event}\n{run.error}\n"
            if meant(text + "\n".join(str(entry.result) for entry in journal.entries(run.id).values()), run.started):
                doomed.runs.append(run.id)


def _find_footage(house: House, store: FinderStore, wanted: Wanted, doomed: Doomed) -> None:
    camera = store.camera(wanted.camera).name if wanted.camera else None
    since = wanted.since.timestamp() if wanted.since else None
    until = wanted.until.timestamp() if wanted.until else None
    if wanted.item is not None:
        words = tuple(wanted.item.casefold().split())
        doomed.seen = store.seen(Footage(camera, since, until, words))
        if since is None and until is None and camera is None:
            doomed.item = next((one for one in store.items() if _named(one, wanted.item)), None)
    elif wanted.person is not None:
        if wanted.person.casefold() == ANYONE:
            doomed.seen = store.seen(Footage(camera, since, until, people=True))
        else:
            doomed.kept.append(
                "Footage knows no names: for what shows somebody, name the camera and the time, or --person anyone."
            )
        return
    else:
        doomed.seen = store.seen(Footage(camera, since, until))
    _find_recordings(house, store, wanted, camera, doomed)


def _named(item: Item, name: str) -> bool:
    return name.casefold() in {word.casefold() for word in (item.name, *item.aliases)}


def _find_recordings(house: House, store: FinderStore, wanted: Wanted, camera: str | None, doomed: Doomed) -> None:
    """Recordings of ours that overlap the time; the owner's are counted, and stay."""
    zone, theirs = camera_zone(house.settings.finder.timezone), 0
    lengths = {segment.path: segment.duration_s for segment in store.segments()}
    for one in store.cameras():
        if camera not in (None, one.name):
            continue
        if one.held is None:
            theirs += 1
            continue
        for file in recordings_of(one) if wanted.item is None else ():
            start = named_start(one, file, zone) or file.stat().st_mtime
            span = (start, start + lengths.get(str(file), house.settings.finder.segment_s))
            late = wanted.until is not None and span[0] >= wanted.until.timestamp()
            if not late and (wanted.since is None or span[1] >= wanted.since.timestamp()):
                doomed.recordings.append(file)
    if theirs:
        doomed.kept.append(f"Your own recordings ({theirs} cameras) stay where they are: they are yours to delete.")


def _find_made(house: House, wanted: Wanted, doomed: Doomed) -> None:
    """Files that tools made: by time, by the camera in an evidence picture's name, or by the name that is mentioned."""
    gone = {str(sighting) for sighting in doomed.seen.sightings}
    places = {house.paths.outputs, shown_folder(house)}
    for path in sorted(path for place in places if place.is_dir() for path in place.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        shown = re.fullmatch(r"(?:found|camera)-(.+?)-\d{8}-\d{6}(?:-(\d+))?", path.stem)
        if shown is not None and shown[2] is not None and shown[2] in gone:
            doomed.made.append(path)
        elif wanted.camera is None and wanted.holds(path.stat().st_mtime) and wanted.person != ANYONE:
            if wanted.name is None or _mentioned(path, wanted.name):
                doomed.made.append(path)
        elif wanted.camera is not None and wanted.item is None and wanted.person is None:
            theirs = shown is not None and shown[1] == re.sub(r"[^\w-]+", "-", wanted.camera)
            if theirs and wanted.holds(path.stat().st_mtime):
                doomed.made.append(path)


def _mentioned(path: Path, name: str) -> bool:
    if mentions(re.sub(r"[-_]+", " ", path.stem), name):
        return True
    if path.stat().st_size > LARGEST:
        return False
    return mentions(path.read_bytes().decode("utf-8", "ignore"), name)


def _delete_footage(house: House, doomed: Doomed) -> None:
    """The rows and frames, then what was derived from them, then the traces in the database's file."""
    with FinderStore(house.paths.finder) as store:
        with store.indexing():
            gone = store.erase(doomed.seen)
            if doomed.item is not None:
                forget_item(store, doomed.item.name)
            for camera in store.cameras():
                held = [file for file in doomed.recordings if camera.held and camera.place in file.parents]
                store.forget_recordings(camera.id, [str(file) for file in held])
        forget(house, gone)
        forget_photos(house.paths.finder)
        with storage_errors(house.paths.finder):
            for place in (house.paths.cache, shown_folder(house)):
                shutil.rmtree(place / "filmstrip", ignore_errors=True)  # frames cut for the app, as well
        Facts(house.paths.finder / "facts").catch_up(store)
        store.erase_traces()
