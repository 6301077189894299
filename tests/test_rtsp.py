"""A real RTSP server whose stream is cut and comes back: it is recorded again, the gap is known, nothing else is lost.

The server is GStreamer's (Debian: gir1.2-gst-rtsp-server-1.0, python3-gi, gstreamer1.0-plugins-good).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from runtime.errors import MediaError
from runtime.house import House
from runtime.worker import Worker
from tools.finder.cameras import add_live, list_cameras
from tools.finder.pictures import camera_picture
from tools.finder.sources.address import parse_address
from tools.finder.sources.live import recorder_spec
from tools.finder.sources.messages import Connected, Lost, Recorded
from tools.finder.store import FinderStore

from .cli_driver import ENTRY, ROOT, with_root
from .footage import HEIGHT, WIDTH, record

SYSTEM_PYTHON = "/usr/bin/python3"
SCRIPT = Path(__file__).with_name("rtsp_server.py")
SEGMENT_S = 3.0


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two minutes in which a bar grows, so that every picture tells its time; a keyframe each second."""
    import numpy as np

    def draw(t: float) -> Any:
        scene = np.full((HEIGHT, WIDTH, 3), 150.0, np.float32)
        scene[:20, : int(t * 4)] = 0
        return scene

    return record(tmp_path_factory.mktemp("live") / "live.mp4", 110.0, draw, fps=5, keyframe_s=1.0, noise=0.0)


class Server:
    """The server as a process of its own; it can be killed and started again on the same port."""

    def __init__(self, footage: Path, *login: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._arguments = [SYSTEM_PYTHON, str(SCRIPT), str(self.port), str(footage), *login]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@contextmanager
def serving(footage: Path, *login: str) -> Iterator[Server]:
    probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, GstRtspServer; " \
        "Gst.init(None); raise SystemExit(0 if Gst.ElementFactory.find('rtph264pay') else 1)"  # fmt: skip
    if not Path(SYSTEM_PYTHON).exists() or subprocess.run([SYSTEM_PYTHON, "-c", probe], capture_output=True).returncode:
        pytest.skip("no RTSP server here: apt install gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good")
    server = Server(footage, *login)
    server.start()
    try:
        yield server
    finally:
        server.kill()


class Watching:
    """`hausgeist cameras watch --json` as a process; its events as they come."""

    def __init__(self, environ: dict[str, str], *options: str) -> None:
        self._log = Path(environ["HAUSGEIST_HOME"]) / "watch.jsonl"
        self._out, self._err = self._log.open("ab"), self._log.with_suffix(".err").open("ab")
        command = [*ENTRY, "cameras", "watch", "--json", *options]
        self._process = subprocess.Popen(command, stdout=self._out, stderr=self._err, env=with_root(environ), cwd=ROOT)

    @property
    def events(self) -> list[dict[str, Any]]:
        lines = self._log.read_text(encoding="utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def wait_for(self, done: Callable[[list[dict[str, Any]]], bool], what: str) -> None:
        deadline = time.monotonic() + 120
        while not done(self.events):
            assert self._process.poll() is None, f"ended before {what}: {self._log.read_text()}"
            assert time.monotonic() < deadline, f"never {what}: {self._log.read_text()}"
            time.sleep(0.1)

    def end(self, number: int) -> int:
        self._process.send_signal(number)
        return self._process.wait(timeout=120)

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._out.close()
        self._err.close()


@contextmanager
def watching(environ: dict[str, str], *options: str) -> Iterator[Watching]:
    watch = Watching(environ, *options)
    try:
        yield watch
    finally:
        watch.kill()


def count(events: list[dict[str, Any]], kind: str) -> int:
    return sum(event["event"] == kind for event in events)


def test_a_cut_stream_is_recorded_again_and_the_gap_is_known(
    house: House, environment: dict[str, str], footage: Path
) -> None:
    with serving(footage, "anna", "ge heim") as server:
        address = parse_address(f"rtsp://anna:ge%20heim@127.0.0.1:{server.port}/live")
        assert address is not None
        with FinderStore(house.paths.finder) as store:
            camera = add_live(house, store, "porch", address)
        options = ["--set", f"finder.segment_s={SEGMENT_S}", "--set", "finder.watch_every_s=1"]
        options += ["--set", "finder.watch_cpu_share=1", "--set", "finder.stall_s=3"]
        unnamed = {**environment, "HAUSGEIST_MODELS": str(house.paths.data / "no models")}  # quicker without labels
        with watching(unnamed, *options) as watch:
            watch.wait_for(lambda seen: count(seen, "recorded") >= 2, "recorded two segments")
            cut = time.time()
            server.kill()
            watch.wait_for(lambda seen: count(seen, "lost") >= 2, "lost the stream")
            back = time.time()
            server.start()
            watch.wait_for(lambda seen: count(seen, "connected") >= 2, "connected again")
            before = count(watch.events, "recorded")
            watch.wait_for(lambda seen: count(seen, "recorded") >= before + 2, "recorded again")
            recorded = [event for event in watch.events if event["event"] == "recorded"]
            names = {event["path"] for event in recorded}
            watch.wait_for(
                lambda seen: names <= {e["path"] for e in seen if e["event"] == "indexed"}, "looked through all"
            )
            assert watch.end(signal.SIGTERM) == 0
        told = json.dumps(watch.events)
        assert not any(secret in told for secret in ("ge heim", "ge%20heim", "anna"))
        assert watch.events[-1]["event"] == "stopped"
    check_coverage(house, camera.name, cut, back, [Path(event["path"]) for event in recorded])


def check_coverage(house: House, name: str, cut: float, back: float, recorded: list[Path]) -> None:
    """One gap, where the stream was away; the recordings on both sides without a seam, and each frame in its place."""
    with FinderStore(house.paths.finder) as store:
        covered = store.coverage(name)
        assert len(covered.gaps) == 1, covered
        gone, returned = covered.gaps[0]
        assert gone == pytest.approx(cut, abs=5.0)
        assert returned >= back - 0.5
        assert [state.broken for state in list_cameras(store)] == [()]
        spans = [(s.start, s.start + s.duration_s) for s in store.segments(name)]
    for (_, end), (start, _) in pairwise(spans):
        assert start == pytest.approx(end, abs=0.5) or (end, start) == (gone, returned)
    frames = [len(frame_times(path)) for path in recorded]
    assert all(found >= SEGMENT_S * 5 - 1 for found in frames[:2]), frames


def frame_times(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(frame.time or 0.0) for frame in container.decode(video=0)]


def test_a_killed_recorder_leaves_what_it_had_for_the_next(house: House, footage: Path) -> None:
    with serving(footage) as server:
        address = parse_address(f"rtsp://127.0.0.1:{server.port}/live")
        assert address is not None
        with FinderStore(house.paths.finder) as store:
            camera = add_live(house, store, "porch", address)
            worker = Worker(recorder_spec("killed"))
            began = time.time()
            stream = worker.stream("record", address.full, str(camera.place), segment_s=600.0)
            assert next(stream).codec == "h264"
            deadline = time.monotonic() + 60
            while not any(part.stat().st_size > 2_000 for part in camera.place.glob(".*.part.mkv")):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            assert worker.pid is not None
            os.kill(worker.pid, signal.SIGKILL)
            again = Worker(recorder_spec("again"))
            left = next(again.stream("record", address.full, str(camera.place)))
            again.close()
            worker.close()
            assert left.start == pytest.approx(began, abs=15.0)
            assert left.duration_s > 0.5
            shown = camera_picture(house, store, camera, left.start + left.duration_s / 2)
            assert shown.image.size == (WIDTH, HEIGHT)


def test_a_stream_that_falls_silent_counts_as_lost(footage: Path, tmp_path: Path) -> None:
    with serving(footage) as server:
        worker = Worker(recorder_spec("silent"))
        options: dict[str, Any] = {"segment_s": 600.0, "stall_s": 2.0, "first_wait_s": 0.2}
        said = worker.stream("record", f"rtsp://127.0.0.1:{server.port}/live", str(tmp_path), **options)
        assert isinstance(next(said), Connected)
        time.sleep(1.5)  # some pictures
        server.signal(signal.SIGSTOP)
        recorded, lost = next(said), next(said)
        server.signal(signal.SIGCONT)
        assert isinstance(recorded, Recorded)
        assert Path(recorded.path).is_file()
        assert isinstance(lost, Lost)
        assert "in time" in lost.problem
        assert any(isinstance(message, Connected) for message in islice(said, 4))
        worker.close()


def test_a_wrong_password_and_an_absent_camera_are_named_without_it(house: House, footage: Path) -> None:
    with serving(footage, "anna", "rightword") as server, FinderStore(house.paths.finder) as store:
        for text in (f"rtsp://anna:wrongword@127.0.0.1:{server.port}/live", "rtsp://anna:wrongword@127.0.0.1:9/live"):
            address = parse_address(text)
            assert address is not None
            with pytest.raises(MediaError) as caught:
                add_live(house, store, "porch", address)
            assert "wrongword" not in str(caught.value)
        assert store.cameras() == []
        right = parse_address(f"rtsp://anna@127.0.0.1:{server.port}/live", "rightword")
        assert right is not None
        camera = add_live(house, store, "porch", right)
        assert camera.source == f"rtsp://127.0.0.1:{server.port}/live"
        for file in store.folder.glob("finder.sqlite*"):
            assert b"anna" not in file.read_bytes()
        kept = store.folder / "credentials.json"
        assert kept.stat().st_mode & 0o777 == 0o600
        assert camera_picture(house, store, camera, None).origin == "live"
