"""Frigate over HTTP: a double serves the documented shapes; real recordings are fetched, dated and looked through."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from runtime.errors import MediaError, UsageError
from runtime.house import House
from tools.finder.cameras import add_live, list_cameras
from tools.finder.index import index_cameras
from tools.finder.pictures import camera_picture
from tools.finder.records import CameraOptions
from tools.finder.sources.address import parse_address
from tools.finder.sources.fetching import fetch_frigate, fetch_new
from tools.finder.sources.frigate import FrigateServer, joined
from tools.finder.store import FinderStore

from .footage import record

T0 = 1_772_440_620.0


@dataclass
class Frigate:
    """What the double has: segments (start, end) by camera, events, a clip's bytes; and what was asked of it."""

    segments: dict[str, list[tuple[float, float]]]
    events: list[dict[str, Any]] = field(default_factory=list)
    clip: bytes = b"clip"
    login: tuple[str, str] | None = None
    missing: set[float] = field(default_factory=set)
    broken_clips: int = 0
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, str, bytes]:
        def number(name: str) -> float:
            return float(query[name][0])

        if path == "/api/config":
            return self._json({"cameras": {name: {"enabled": True} for name in self.segments}})
        if path == "/api/events":
            camera = query["cameras"][0]
            rows = [
                event for event in self.events
                if event["camera"] == camera and number("after") < event["start_time"] < number("before")
            ]  # fmt: skip
            return self._json(rows)
        if path.endswith("/latest.jpg"):
            return 200, "image/jpeg", self.clip
        found = re.fullmatch(r"/api/(.+)/recordings", path)
        if found:
            rows = [
                {"id": f"{a}-x", "start_time": a, "end_time": b, "segment_size": 1.2, "motion": 0, "objects": 0,
                 "duration": b - a}
                for a, b in self.segments[found[1]] if b >= number("after") and a <= number("before")
            ]  # fmt: skip
            return self._json(rows)
        found = re.fullmatch(r"/api/(.+)/start/([\d.]+)/end/([\d.]+)/clip\.mp4", path)
        if found and float(found[2]) not in self.missing:
            return 200, "video/mp4", self.clip
        return 404, "application/json", b'{"success":false,"message":"Could not find file"}'

    def _json(self, value: object) -> tuple[int, str, bytes]:
        return 200, "application/json", json.dumps(value).encode()


@contextmanager
def serving(frigate: Frigate) -> Iterator[Frigate]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            frigate.asked.append(self.path)
            if frigate.login and "frigate_token=good" not in (self.headers["Cookie"] or ""):
                return self._send(401, "application/json", b"{}")
            status, kind, body = frigate.answer(parts.path, parse_qs(parts.query))
            if kind == "video/mp4" and frigate.broken_clips:
                frigate.broken_clips -= 1
                self.send_response(200)
                self.send_header("Content-Length", str(len(body) + 100))
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = True
                return None
            return self._send(status, kind, body)

        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            good = (said["user"], said["password"]) == frigate.login
            self._send(200 if good else 401, "application/json", b"{}", "frigate_token=good; Path=/" if good else "")

        def _send(self, status: int, kind: str, body: bytes, cookie: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if cookie:
                self.send_header("Set-Cookie", cookie)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    frigate.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield frigate
    finally:
        server.shutdown()
        server.server_close()


def segments(start: float, count: int) -> list[tuple[float, float]]:
    """Segments of ten seconds as Frigate has them: each reaches a little into the next."""
    return [(start + 10.0 * n, start + 10.0 * n + 10.02) for n in range(count)]


def fetched(server: FrigateServer, folder: Path, now: float, **options: Any) -> list[tuple[float, float]]:
    found = fetch_new(server, "kitchen", folder, now=now, history_s=3600.0, **options)
    return [(one.start - T0, round(one.duration_s, 2)) for one in found]


def test_new_recordings_are_fetched_once_in_clips_that_begin_with_a_segment(tmp_path: Path) -> None:
    with serving(Frigate({"kitchen": segments(T0, 6)})) as frigate, FrigateServer(frigate.url) as server:
        assert fetched(server, tmp_path, T0 + 65) == [(0.0, 60.02)]
        assert fetched(server, tmp_path, T0 + 66) == []
        frigate.segments["kitchen"] += segments(T0 + 60, 1) + segments(T0 + 300, 40)
        assert fetched(server, tmp_path, T0 + 720) == [(60.0, 10.02), (300.0, 290.02), (590.0, 110.02)]
        names = sorted(path.name for path in tmp_path.rglob("*.mp4"))
        assert names[:2] == ["20260302T083700.000Z.mp4", "20260302T083800.000Z.mp4"]
        assert not list(tmp_path.rglob("*.part"))


def test_a_clip_that_breaks_off_is_fetched_again_and_one_that_is_gone_is_passed_over(tmp_path: Path) -> None:
    frigate = Frigate({"kitchen": segments(T0, 2) + segments(T0 + 100, 2)}, broken_clips=1, missing={T0 + 100})
    with serving(frigate), FrigateServer(frigate.url) as server:
        with pytest.raises(MediaError, match="gives no answer"):
            fetched(server, tmp_path, T0 + 130)
        assert list(tmp_path.rglob("*.mp4")) == []
        assert fetched(server, tmp_path, T0 + 130) == [(0.0, 20.02)]
        assert fetched(server, tmp_path, T0 + 130) == []


def test_with_events_only_what_is_around_them_is_fetched(tmp_path: Path) -> None:
    event = {"id": "1", "label": "person", "camera": "kitchen", "zones": [], "sub_label": None, "has_clip": True}
    events = [
        {**event, "start_time": T0 + 205.0, "end_time": T0 + 215.0},
        {**event, "start_time": T0 + 500.0, "end_time": None, "label": "dog"},
        {**event, "start_time": T0 + 400.0, "end_time": T0 + 401.0, "camera": "hall"},
    ]
    with serving(Frigate({"kitchen": segments(T0, 60)}, events)) as frigate, FrigateServer(frigate.url) as server:
        assert [e.label for e in server.events("kitchen", T0, T0 + 600)] == ["person", "dog"]
        assert fetched(server, tmp_path, T0 + 600, events_only=True) == [(180.0, 50.02), (480.0, 80.02)]
        assert fetched(server, tmp_path, T0 + 600, events_only=True) == []


def test_the_authenticated_port_is_signed_in_to(tmp_path: Path) -> None:
    with serving(Frigate({"kitchen": segments(T0, 1)}, login=("anna", "ge heim"))) as frigate:
        with FrigateServer(frigate.url.replace("//", "//anna:ge%20heim@")) as server:
            assert server.cameras() == ["kitchen"]
            assert server.shown == frigate.url
            assert fetched(server, tmp_path, T0 + 20) == [(0.0, 10.02)]
        for wrong in ("//anna:wrongword@", "//"):
            with FrigateServer(frigate.url.replace("//", wrong)) as server:
                with pytest.raises(MediaError, match="refuses the user") as caught:
                    server.cameras()
                assert "wrongword" not in str(caught.value)


def test_what_is_no_frigate_server_is_named(house: House) -> None:
    with FinderStore(house.paths.finder) as store:
        address = parse_address("http://anna:wrongword@127.0.0.1:9")
        assert address is not None
        with pytest.raises(MediaError, match=r"127\.0\.0\.1:9 gives no answer") as caught:
            add_live(house, store, "kitchen", address)
        assert "wrongword" not in str(caught.value)
        with serving(Frigate({"kitchen": []})) as frigate:
            found = parse_address(frigate.url)
            assert found is not None
            with pytest.raises(UsageError, match="no camera 'cellar'"):
                add_live(house, store, "cellar", found, options=CameraOptions(remote="cellar"))
        assert store.cameras() == []


def test_a_frigate_camera_is_added_fetched_looked_through_and_shown(house: House, tmp_path: Path) -> None:
    import numpy as np

    def draw(t: float) -> Any:
        scene = np.full((270, 480, 3), 150.0, np.float32)
        scene[150:200, 100:160] = (30, 40, 200) if t > 10 else 150.0
        return scene

    clip = record(tmp_path / "clip.mp4", 20.0, draw, fps=5, keyframe_s=1.0)
    now = house.now().timestamp()
    frigate = Frigate({"kitchen": segments(now - 60, 2)}, clip=clip.read_bytes())
    with serving(frigate), FinderStore(house.paths.finder) as store:
        address = parse_address(frigate.url)
        assert address is not None
        camera = add_live(house, store, "Kitchen", address)
        assert (camera.kind, camera.options.remote) == ("frigate", "kitchen")
        assert fetch_frigate(house, store, None) == []
        report = index_cameras(house, store, appearance=False)
        assert (report.indexed, report.broken) == (1, [])
        assert store.coverage("kitchen").start == pytest.approx(now - 60, abs=0.002)
        assert camera_picture(house, store, camera, now - 45).image.getpixel((120, 170))[0] > 150
    assert joined([(0, 10), (10, 20), (25, 35)], 15.0) == [[(0, 10)], [(10, 20)], [(25, 35)]]
    with FinderStore(house.paths.finder) as store:
        assert [state.problem for state in list_cameras(store)] == [None]
        failed = fetch_frigate(house, store, ["Kitchen"])
        assert [source for source, _ in failed] == [camera.source]
