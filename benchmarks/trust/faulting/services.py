"""SIGKILL of what runs on and on: the HTTP server in the middle of requests, and the watch of cameras.

After each: what was acknowledged is there once, the next start goes on, no process is left.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import httpx
import psutil

from benchmarks.trust.faulting.kills import facts_of
from benchmarks.trust.faulting.processes import ENTRY, hausgeist, kill_after, started, wait_until_gone
from benchmarks.trust.faulting.result import Outcome, environment

START_S = 120.0
CLIENTS = 2


def server_killed(folder: Path, dice: random.Random) -> Outcome:
    """`hausgeist serve` dies while clients have it remember things; the next one has all that was acknowledged."""
    environ, outcome = environment(folder), Outcome(tried=2)
    token = hausgeist(environ, "token", "create", "kills", "--scope", "admin", "--json").json["token"]
    acknowledged: list[int] = []
    for life in range(2):
        port = _free_port()
        process = started(environ, [*ENTRY, "serve", "--port", str(port)])
        if not _ready(port, process):
            outcome.check(False, f"the server of life {life} did not start: {process.poll()}")
            break
        below = psutil.Process(process.pid)
        threads = [
            threading.Thread(target=_remember, args=(port, token, 1000 * life + 500 * at, acknowledged))
            for at in range(CLIENTS)
        ]
        enough = len(acknowledged) + dice.randint(2, 8)
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + START_S
        while len(acknowledged) < enough and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(dice.uniform(0.0, 0.3))
        workers = below.children(recursive=True)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        for thread in threads:
            thread.join(60)
        left = wait_until_gone(workers)
        outcome.check(not left, f"still there after the server: {left}")
    held = Counter(int(text.split("box ")[1].split()[0]) for text in facts_of(environ))
    outcome.lost = sum(held[number] == 0 for number in acknowledged)
    outcome.check(len(acknowledged) >= 4, f"only {len(acknowledged)} requests were acknowledged")
    outcome.check(max(held.values(), default=0) <= 1, f"facts are doubled: {held.most_common(2)}")
    told = f"{sum(held.values())} facts of {len(acknowledged)} acknowledged requests"
    outcome.check(sum(held.values()) <= len(acknowledged) + 2 * CLIENTS, told)
    return outcome


def _remember(port: int, token: str, first: int, acknowledged: list[int]) -> None:
    """Ask for one fact after the other until the server is gone."""
    headers = {"Authorization": f"Bearer {token}"}
    with suppress(httpx.HTTPError), httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for number in range(first, first + 400):
            body = {"arguments": {"fact": f"Red box {number} is in room {number * 7}."}}
            answer = client.post("/api/tools/remember", headers=headers, json=body)
            if answer.status_code == 200 and answer.json()["status"] == "ok":
                acknowledged.append(number)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _ready(port: int, process: subprocess.Popen[str]) -> bool:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.HTTPError):
            if httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=5).status_code == 200:
                return True
        time.sleep(0.1)
    return False


def watch_killed(folder: Path, dice: random.Random) -> Outcome:
    """`hausgeist cameras watch` dies again and again while it looks through recordings; each is in the index once."""
    from tests.footage import put, record, table

    recordings = folder / "hall"
    recordings.mkdir()
    for number in range(4):

        def draw(t: float, number: int = number) -> object:
            scene = table()
            if t > 3:
                put(scene, (40 + 60 * number, 60, 34, 30), (60, 60, 190))
            return scene

        file = record(recordings / f"2026-03-02_08-00-{number * 10:02d}.mp4", 8.0, draw)  # type: ignore[arg-type]
        os.utime(file, (time.time() - 3600, time.time() - 3600))
    environ, outcome = environment(folder), Outcome(tried=3)
    environ["HAUSGEIST_MODELS"] = str(folder / "none")
    hausgeist(environ, "cameras", "add", "hall", str(recordings))
    for _ in range(3):
        process = started(environ, [*ENTRY, "cameras", "watch", "--set", "finder.watch_every_s=0.2"])
        time.sleep(1.0)
        kill_after(process, dice.uniform(0.2, 5.0))
    again = hausgeist(environ, "cameras", "index", "--json")
    listed = hausgeist(environ, "cameras", "list", "--json").json["cameras"][0]
    outcome.check(again.status == 0 and listed["indexed"] == 4, f"after it was run again: {again.out}{again.err}")
    outcome.lost = 4 - listed["indexed"]
    doubled, stills = _index(folder / "house" / "data" / "finder")
    outcome.check(not doubled, f"rows are doubled: {doubled}")
    outcome.check(not stills, f"stills that no row names, or rows without a still: {stills}")
    return outcome


def _index(folder: Path) -> tuple[list[tuple[object, ...]], set[str]]:
    """Changes that are there twice, and stills that are on one side only: disk or index."""
    with closing(sqlite3.connect(folder / "finder.sqlite")) as database:
        sql = "SELECT camera_id, time, type, x, y, count(*) FROM changes GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1"
        doubled = database.execute(sql).fetchall()
        named = {str(row[0]) for row in database.execute("SELECT file FROM stills")}
    there = {file.relative_to(folder).as_posix() for file in (folder / "stills").glob("*/*.jpg")}
    return doubled, named ^ there


FAULTS = (server_killed, watch_killed)
