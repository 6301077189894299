"""Endurance: a house's long work compressed, and whether anything grows: memory, handles, processes, disk, latency.

At scale 1: 5,000 turns (the session's, the router's and the tools' own; the chat model is a scripted server, or with
`--chat small` a small model), 200 hours of generated footage looked through by the real scanner, 1,000 pictures of test
size by a real diffusers pipeline, and a worker killed in each of 100 rounds. `--only turns` (or `footage`, `pictures`;
repeatable) runs that piece alone. The limit is flatness: the last third against the first (after a warm-up of a tenth),
within 10 %.
The peer is the house itself: a fresh house that holds the same records answers the same kinds of turns in the same run
(`fresh_house_ms`); what an old process takes more than that is wear, not the weight of its records. One JSON object.

    python benchmarks/soak.py --scale 0.25
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from agent import Session
from benchmarks.soaking.chores import CLIP_S, Footage, Talk, draw, gather, kill_a_worker
from benchmarks.soaking.gauges import Reading, as_json, read, temporary_folder, verdict
from benchmarks.trust.injection_model import Obeying, obeying_server
from runtime.house import House
from tests.image_kit import build_pipeline

TURNS, HOURS, PICTURES, ROUNDS = 5000, 200.0, 1000, 100
PIECES = ("turns", "footage", "pictures")
CHAT = "smollm2-135m-instruct"
Server = tuple[str, Obeying]
"""The address of a scripted chat server, and what it is told to say."""


def main() -> None:
    """Run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full amounts (default: 1; 60 s: 0.02)")
    parser.add_argument("--seconds", type=float, default=None, help="end after so long, however much is done")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", choices=PIECES, help="this piece alone (repeatable)")
    parser.add_argument("--chat", choices=("scripted", "small"), default="scripted", help="what answers (scripted)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hausgeist-soak-") as folder, ExitStack() as stack:
        server = stack.enter_context(obeying_server()) if options.chat == "scripted" else None
        pieces = tuple(options.only or PIECES)
        result = soak(Path(folder), options.scale, options.seed, options.seconds, pieces, server)
    print(json.dumps(result, indent=1))
    sys.exit(0 if result["held"] else 1)


def soak(
    folder: Path,
    scale: float,
    seed: int = 1,
    seconds: float | None = None,
    pieces: Sequence[str] = PIECES,
    server: Server | None = None,
) -> dict[str, Any]:
    """The figures of one run in `folder`; `server` is the scripted chat server, None for the small model."""
    if "pictures" in pieces:
        build_pipeline(folder / "tiny")
    temporary, dice, began = temporary_folder(folder), random.Random(seed), time.monotonic()
    environ = {k: v for k, v in os.environ.items() if not k.startswith("HAUSGEIST_") or k == "HAUSGEIST_MODELS"}
    environ["HAUSGEIST_HOME"] = str(folder / "house")
    rounds = max(8, round(ROUNDS * min(1.0, 4 * scale)))
    wishes = _settings(folder, server)
    with House.open(environ, wishes) as house:
        work = _Work(house, folder, dice, {name: scale * (name in pieces) for name in PIECES}, rounds, server)
        readings: list[Reading] = []
        for number in range(rounds):
            turns = work.round(number)
            readings.append(read((number + 1) / rounds, house.paths, temporary, turns))
            _say(readings[-1], time.monotonic() - began)
            if seconds is not None and time.monotonic() - began > seconds:
                break
        wear = work.wear(environ, wishes)
        amounts = work.amounts()
    found = verdict(readings)
    found["turns_failed"] = {"end": amounts["turns_failed"], "limit": 0, "held": amounts["turns_failed"] == 0}
    for kind, (old, fresh) in wear.items():
        growth = old / fresh - 1
        found[f"{kind}_against_fresh_house"] = {
            "fresh_house_ms": fresh, "end": old, "growth": round(growth, 3), "limit": 0.1,
            "held": growth <= 0.1 or old - fresh < 2.0,
        }  # fmt: skip
    held = all(bool(one["held"]) for one in found.values() if isinstance(one, dict))
    return {
        "benchmark": "soak", "scale": scale, "pieces": list(pieces), "chat": "scripted" if server else CHAT,
        "done": readings[-1].done if readings else 0.0, "seconds": round(time.monotonic() - began, 1), "held": held,
        "amounts": amounts, "limits": found, "readings": as_json(readings),
    }  # fmt: skip


def _settings(folder: Path, server: Server | None) -> list[str]:
    return [
        f"chat.remote_url={server[0]}" if server else f"chat.model={CHAT}",
        "chat.max_reply_tokens=12", "chat.context_tokens=3072", "memory.history_tokens=300",
        f"image.model={folder / 'tiny'}", "image.steps=2", "finder.index_days=1", "finder.evidence_gb=0.01",
        "finder.timezone=UTC", "speech.play=false",
    ]  # fmt: skip


class _Work:
    """What is done, round by round."""

    def __init__(
        self, house: House, folder: Path, dice: random.Random, scale: dict[str, float], rounds: int,
        server: Server | None,
    ) -> None:  # fmt: skip
        self._house, self._dice, self._will = house, dice, server[1] if server else None
        self._session = Session.open(house, "soak")
        self._talk, self._footage = Talk(self._session, dice, self._will), Footage(house, folder)
        self._draws = scale["pictures"] > 0
        house.clock = self._footage.now
        self._share = {"turns": TURNS * scale["turns"] / rounds,
                       "clips": HOURS * 3600 / CLIP_S * scale["footage"] / rounds,
                       "pictures": PICTURES * scale["pictures"] / rounds}  # fmt: skip
        self._owed = dict.fromkeys(self._share, 0.0)
        self.done = dict.fromkeys([*self._share, "workers_killed"], 0)

    def round(self, number: int) -> dict[str, list[float]]:
        """One round; gives the seconds of its turns by kind. A worker dies at its end: each turn's time is clean."""
        pairs: list[tuple[str, float]] = []
        self._talk_once()  # what a killed worker's start costs is no wear
        for _ in range(self._due("turns")):
            pairs.append(self._talk.turn())
        for _ in range(self._due("clips")):
            self._footage.step()
        self._footage.look()
        for _ in range(self._due("pictures")):
            pairs.append(("picture", draw(self._house, self.done["pictures"])))
        self.done["workers_killed"] += kill_a_worker(self._house, self._dice)
        return gather(pairs)

    def _talk_once(self) -> None:
        for _ in range(5):
            self._talk.turn()
        self.done["turns"] += 5
        if self._draws:
            draw(self._house, 0)

    def _due(self, what: str) -> int:
        self._owed[what] += self._share[what]
        count = int(self._owed[what])
        self._owed[what] -= count
        self.done[what] += count
        return count

    def amounts(self) -> dict[str, Any]:
        """What was done in all."""
        hours = round(self._footage.indexed_s / 3600, 1)
        return {**self.done, "footage_hours": hours, "turns_failed": self._talk.failed}

    def wear(self, environ: dict[str, str], overrides: list[str], turns: int = 25) -> dict[str, tuple[float, float]]:
        """Median ms by kind in this old process and in a fresh house on the same records, one after the other."""
        old = _medians(self._talk.turn, turns)
        self._session.close()
        self._house.residency.release_idle()
        with House.open(environ, overrides) as house, Session.open(house, "soak") as session:
            house.clock = self._footage.now
            fresh = _medians(Talk(session, self._dice, self._will).turn, turns)
        return {kind: (old[kind], fresh[kind]) for kind in old}


def _medians(turn: Callable[[], tuple[str, float]], count: int) -> dict[str, float]:
    for _ in range(5):
        turn()
    found = gather([turn() for _ in range(count)])
    return {kind: round(1000 * sorted(seconds)[len(seconds) // 2], 2) for kind, seconds in found.items()}


def _say(reading: Reading, seconds: float) -> None:
    text = f"{reading.done:6.1%} {seconds:6.0f} s  {reading.rss_mb:.0f} MB, {reading.handles} handles, "
    text += f"{reading.threads} threads, {reading.processes} processes, {reading.turn_ms}"
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
