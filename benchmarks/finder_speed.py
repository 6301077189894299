"""How fast cameras are indexed, against dvr-scan and against "decode every frame, detect twice a second".

Makes its own footage (`benchmarks/speed/footage.py`): 1080p H.264 at 25 frames a second with a key frame every 2 s.
The index is made by `hausgeist cameras index` with default settings in an empty house: starting, decoding, settling,
looking at things, storing. `quiet` is footage in which nothing happens, `mixed` has a busy part of 10 s every three
minutes. The peers are timed on a minute of the same footage, its quiet part, where they are fastest; their speed does
not depend on the length. Memory is the sum over all processes of the most that each ever held (VmHWM), at two lengths.

Prints one JSON object; progress on stderr. dvr-scan is installed into `--peers` when it is not there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.speed import footage, measure, peers
from runtime.house import House
from tools.finder.looks.appearance import DETECTOR

FULL = (1920, 1080)
SIZES = ((640, 360), (1280, 720))
PEER_S = 30.0
LIMITS = {"times_dvr_scan": 20, "times_every_frame": 10, "quiet_times_real_time": 80, "peak_mb": 1000}


def tell(words: str) -> None:
    """Progress."""
    print(words, file=sys.stderr, flush=True)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2400.0, help="length of the footage (default: 2400)")
    parser.add_argument("--peers", type=Path, default=Path.home() / ".cache" / "hausgeist" / "peers" / "dvr-scan")
    parser.add_argument("--sizes", action=argparse.BooleanOptionalAction, default=True, help="also other resolutions")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, House.open() as house:
        result = run(Path(folder), arguments, house.catalogue.folder(DETECTOR))
    print(json.dumps(result))
    return 0


def run(folder: Path, arguments: argparse.Namespace, detector: Path) -> dict[str, Any]:
    """The whole benchmark, in `folder`."""
    seconds: float = arguments.seconds
    tell("drawing and encoding 1080p")
    footage.minute(folder / "minute.mp4", *FULL)
    quiet = indexed(folder, "quiet", seconds, None)
    mixed = indexed(folder, "mixed", seconds, 180.0)
    short = indexed(folder, "mixed", seconds / 4, 180.0)
    ours = mixed["times_real_time"]
    others = peer_speeds(folder, arguments.peers, detector)
    result: dict[str, Any] = {
        "benchmark": "finder_speed",
        "cpus": os.cpu_count(),
        "footage": {"size": FULL, "fps": footage.FPS, "keyframe_s": 2.0, "seconds": seconds},
        "quiet": quiet,
        "mixed": mixed,
        "mixed_short": short,
        "peers_times_real_time": others,
        "times_dvr_scan": round(ours / others["dvr_scan"], 1),
        "times_every_frame": round(ours / others["every_frame"], 1),
        "peak_mb": max(quiet["peak_mb"], mixed["peak_mb"]),
        "peak_mb_by_length": {short["seconds"]: short["peak_mb"], mixed["seconds"]: mixed["peak_mb"]},
        "limit": LIMITS,
    }
    if arguments.sizes:
        result["mixed_times_real_time_by_size"] = by_size(folder, seconds / 2) | {f"{FULL[0]}x{FULL[1]}": ours}
    return result


def indexed(folder: Path, kind: str, seconds: float, busy_every_s: float | None) -> dict[str, Any]:
    """Index `seconds` of the minute in `folder`."""
    clip = folder / f"{kind}_{seconds:.0f}.mp4"
    footage.long(folder / "minute.mp4", clip, seconds, busy_every_s)
    done = measure.index(clip)
    clip.unlink()
    speed = seconds / done.wall_s
    tell(f"{kind}, {seconds:.0f} s: {speed:.1f}× real time, {done.peak_mb:.0f} MB")
    return {
        "seconds": seconds, "wall_s": round(done.wall_s, 2), "times_real_time": round(speed, 1),
        "peak_mb": round(done.peak_mb), "changes": done.report.get("changes"),
    }  # fmt: skip


def peer_speeds(folder: Path, environment: Path, detector: Path) -> dict[str, float]:
    """× real time of the peers on a quiet stretch of the same footage."""
    clip = folder / "peers.mp4"
    footage.long(folder / "minute.mp4", clip, PEER_S, None)
    every = PEER_S / peers.every_frame_seconds(detector, clip)
    tell(f"every frame decoded, detector twice a second: {every:.1f}× real time")
    dvr = PEER_S / peers.dvr_scan_seconds(peers.dvr_scan_program(environment), clip)
    tell(f"dvr-scan: {dvr:.1f}× real time")
    return {"dvr_scan": round(dvr, 2), "every_frame": round(every, 2)}


def by_size(folder: Path, seconds: float) -> dict[str, float]:
    """× real time of mixed footage by resolution."""
    found = {}
    for width, height in SIZES:
        tell(f"drawing and encoding {width}x{height}")
        footage.minute(folder / "minute.mp4", width, height)
        found[f"{width}x{height}"] = float(indexed(folder, "mixed", seconds, 180.0)["times_real_time"])
    return found


if __name__ == "__main__":
    sys.exit(main())
