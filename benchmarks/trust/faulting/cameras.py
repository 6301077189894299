"""Cameras that send garbage: noise, silence, endless headers, broken files. A message in time, and the others go on."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.trust.faulting.processes import ENTRY, hausgeist, kill_after, started
from benchmarks.trust.faulting.result import Outcome, environment

LONGEST_S = 90.0
WAYS = ("noise", "silence", "close", "endless line", "wrong protocol")


@contextmanager
def garbage(way: str, dice: random.Random) -> Iterator[int]:
    """A TCP server that answers whatever is said to it in that way; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    noise = dice.randbytes(4096)

    def answer(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(30)
            if way == "close":
                return
            if way == "silence":
                time.sleep(60)
            elif way == "noise":
                for _ in range(64):
                    connection.sendall(noise)
            elif way == "endless line":
                for _ in range(2000):
                    connection.sendall(b"A" * 4096)
            else:
                connection.sendall(b"220 mail.example ESMTP\r\n")
                connection.recv(4096)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.close()


def addresses(folder: Path, dice: random.Random) -> Outcome:
    """An address that sends garbage is refused when it is added; the cameras that are there stay."""
    environ, outcome = environment(folder), Outcome()
    for way in WAYS:
        for scheme in ("rtsp", "http"):
            with garbage(way, dice) as port:
                outcome.tried += 1
                began = time.monotonic()
                words = ("cameras", "add", "porch", f"{scheme}://127.0.0.1:{port}/", "--set", "finder.stall_s=3")
                ran = hausgeist(environ, *words)
                took = time.monotonic() - began
                told = f"{scheme} with {way}: {ran.status} {ran.err.strip()[-300:]} after {took:.0f} s"
                outcome.check(ran.clear and took < LONGEST_S, told)
    left = hausgeist(environ, "cameras", "list", "--json").json.get("cameras", [])
    outcome.check(left == [], f"cameras were added all the same: {left}")
    return outcome


def watched(folder: Path, dice: random.Random) -> Outcome:
    """A camera that begins to send garbage while it is watched: the watch goes on, and is killed; nothing is broken."""
    environ, outcome = environment(folder), Outcome(tried=2)
    with garbage("noise", dice) as port:
        added = hausgeist(environ, "cameras", "add", "porch", f"rtsp://127.0.0.1:{port}/x", "--no-check")
        outcome.check(added.status == 0, f"adding without a check: {added.err}")
        for _ in range(2):
            words = ["cameras", "watch", "--set", "finder.watch_every_s=0.2", "--set", "finder.stall_s=2"]
            killed = kill_after(started(environ, [*ENTRY, *words]), dice.uniform(4.0, 7.0))
            outcome.check(killed, "the watch ended by itself")
        listed = hausgeist(environ, "cameras", "list", "--json")
        outcome.check(listed.status == 0 and len(listed.json["cameras"]) == 1, f"after the watch: {listed.err}")
    return outcome


def files(folder: Path, dice: random.Random) -> Outcome:
    """Recordings of noise, cut, emptied, or of another kind among good ones: they are named, the good ones indexed."""
    from tests.footage import record, table

    recordings = folder / "hall"
    recordings.mkdir()
    good = record(recordings / "2026-03-02_08-00-00.mp4", 6.0, lambda t: table())
    data = good.read_bytes()
    bad = {
        "10-00": dice.randbytes(5000), "20-00": data[: len(data) // 3], "30-00": b"", "40-00": b"%PDF-1.7 no film",
        "50-00": data[:64] + dice.randbytes(len(data) - 64),
    }  # fmt: skip
    for name, content in bad.items():
        (recordings / f"2026-03-02_08-{name}.mp4").write_bytes(content)
    environ, outcome = environment(folder), Outcome(tried=len(bad))
    environ["HAUSGEIST_MODELS"] = str(folder / "none")
    added = hausgeist(environ, "cameras", "add", "hall", str(recordings))
    ran = hausgeist(environ, "cameras", "index", "--json")
    listed = hausgeist(environ, "cameras", "list", "--json").json["cameras"][0]
    named = " ".join(path for path, _ in listed["broken"])
    outcome.check(added.status == 0 and ran.status == 1 and "Traceback" not in ran.err, f"garbage files: {ran.err}")
    outcome.check(listed["indexed"] >= 1 and "08-00-00" not in named, f"the good one was not indexed: {listed}")
    outcome.check(all(name in named for name in bad), f"not all are named: {named}")
    return outcome


FAULTS = (addresses, watched, files)
