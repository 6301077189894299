"""Indexing that is killed again and again leaves the index of an undisturbed run."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.cli_driver import ENTRY, ROOT, spawn
from tests.footage import put, record, table

KILLS = 20
SEGMENTS = 4


def segment(number: int) -> object:
    """What lies on the table during recording `number`: a thing is put down in each, in a place of its own."""

    def draw(t: float) -> object:
        scene = table()
        for place in range(number + (t >= 4.0)):
            put(scene, (30 + 70 * place, 60 + 20 * (place % 3), 34, 30), (60, 60 + 20 * place, 190))
        return scene

    return draw


def footage(folder: Path) -> None:
    folder.mkdir()
    for number in range(SEGMENTS):
        record(folder / f"2026-03-02_08-00-{8 * number:02d}.mp4", 8.0, segment(number))  # type: ignore[arg-type]


def content(home: Path) -> dict[str, Any]:
    """All that the index holds, without the numbers and the clock times of its making."""
    folder = (
        home / "data" / "finder" if (home / "data" / "finder").is_dir() else next(home.rglob("finder.sqlite")).parent
    )
    with sqlite3.connect(folder / "finder.sqlite") as database:
        database.row_factory = sqlite3.Row
        rows = {
            name: [dict(row) for row in database.execute(f"SELECT * FROM {name} ORDER BY id")]
            for name in ("segments", "stills", "changes", "sightings", "people")
        }
    paths = {row["id"]: Path(row["path"]).name for row in rows["segments"]}
    stills = {row["id"]: row["file"] for row in rows["stills"]}
    changes = {row["id"]: (row["time"], row["type"], row["x"], row["y"]) for row in rows["changes"]}
    people = {row["id"]: row["path"] for row in rows["people"]}
    named = {
        "segment_id": paths, "still_id": stills, "before_still": stills, "after_still": stills,
        "placed_by": changes, "ended_by": changes, "person_id": people,
    }  # fmt: skip
    found: dict[str, Any] = {}
    for name, kept in rows.items():
        plain = [
            {
                key: named[key].get(value) if key in named else _plain(value)
                for key, value in row.items()
                if key not in ("id", "indexed")
            }
            for row in kept
        ]
        found[name] = sorted(json.dumps(row, sort_keys=True, default=str) for row in plain)
    found["files"] = sorted(file.relative_to(folder).as_posix() for file in (folder / "stills").glob("*/*.jpg"))
    assert set(found["files"]) == set(stills.values())
    return found


def _plain(value: object) -> object:
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value


def house(environment: dict[str, str], tmp_path: Path, name: str, camera: Path) -> dict[str, str]:
    """A house without models, with the camera."""
    own = {**environment, "HAUSGEIST_HOME": str(tmp_path / name), "HAUSGEIST_MODELS": str(tmp_path / "models")}
    assert spawn(own, "cameras", "add", "yard", str(camera)).status == 0
    return own


def killed(environ: dict[str, str], after_s: float) -> bool:
    """Run the indexing and kill it after so long; False when it was done before."""
    process = subprocess.Popen(
        [*ENTRY, "cameras", "index"], env=environ, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        return True
    assert process.returncode == 0
    return False


def test_killing_it_at_any_moment_loses_and_doubles_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    camera = tmp_path / "camera"
    footage(camera)
    disturbed = house(environment, tmp_path, "disturbed", camera)
    plain = house(environment, tmp_path, "plain", camera)
    began = time.monotonic()
    assert spawn(plain, "cameras", "index").status == 0
    whole_s = time.monotonic() - began
    dice, kills, files = random.Random(20260302), 0, sorted(camera.iterdir())
    for _ in range(5 * KILLS):
        if killed(disturbed, whole_s * dice.uniform(0.3, 1.0)):
            kills += 1
        else:
            for file in files:
                file.touch()
        if kills == KILLS:
            break
    assert kills == KILLS
    assert spawn(disturbed, "cameras", "index").status == 0
    again = spawn(disturbed, "cameras", "index", "--json").json
    assert (again["indexed"], again["skipped"]) == (0, SEGMENTS)
    fresh = house(environment, tmp_path, "fresh", camera)
    assert spawn(fresh, "cameras", "index").status == 0
    left, undisturbed = content(tmp_path / "disturbed"), content(tmp_path / "fresh")
    assert len(undisturbed["segments"]) == SEGMENTS
    assert len(undisturbed["changes"]) >= SEGMENTS
    assert left == undisturbed
