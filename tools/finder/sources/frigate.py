"""A Frigate server (0.12 to 0.17) over its HTTP API: its cameras, recordings, events and pictures.

Recordings are fetched as clips of a whole number of Frigate's own segments, so that a clip begins where Frigate says,
to the millisecond. Owns no index. The API: https://docs.frigate.video/integrations/api.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import httpx

from runtime.errors import MediaError
from runtime.paths import replacing
from tools.finder.sources.address import redact

TIMEOUT_S = 30.0
_REMEDY = "Check the address of the Frigate server (http://HOST:5000, or https://USER@HOST:8971), and that it runs."

Span = tuple[float, float]
"""From and to, Unix seconds."""


@dataclass(frozen=True)
class FrigateEvent:
    """What Frigate saw: `end` is None while it goes on; times are Unix seconds."""

    id: str
    label: str
    start: float
    end: float | None


class FrigateServer:
    """One server, as a context manager. `address` may hold a user and a password.

    Every method raises `MediaError` when the server cannot be reached, refuses, or answers something else.
    """

    def __init__(self, address: str, *, transport: httpx.BaseTransport | None = None) -> None:
        parts = urlsplit(address)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        host = parts.netloc.rpartition("@")[2]
        self.shown = redact(urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", "")))
        self._client = httpx.Client(
            base_url=f"{self.shown}/", timeout=TIMEOUT_S, follow_redirects=True, transport=transport
        )

    def __enter__(self) -> FrigateServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def cameras(self) -> list[str]:
        """The names of its cameras."""
        told = self._json("api/config")
        found = told.get("cameras") if isinstance(told, dict) else None
        if not isinstance(found, dict):
            raise self._strange("api/config")
        return sorted(found)

    def recordings(self, camera: str, after: float, before: float) -> list[Span]:
        """Its finished segments that begin after `after`, the oldest first; they may overlap by part of a second."""
        rows = self._json(f"api/{quote(camera, safe='')}/recordings", after=after, before=before)
        try:
            spans = [(float(row["start_time"]), float(row["end_time"])) for row in rows if row["end_time"] is not None]
        except (KeyError, TypeError, ValueError) as problem:
            raise self._strange("recordings") from problem
        return sorted(span for span in spans if span[0] > after + 0.001 and span[1] > span[0])

    def events(self, camera: str, after: float, before: float) -> list[FrigateEvent]:
        """What it saw in that time, the oldest first."""
        rows = self._json("api/events", cameras=camera, after=after, before=before, limit=1000, include_thumbnails=0)
        try:
            found = [
                FrigateEvent(str(row["id"]), str(row["label"]), float(row["start_time"]), _maybe(row.get("end_time")))
                for row in rows
            ]
        except (KeyError, TypeError, ValueError) as problem:
            raise self._strange("api/events") from problem
        return sorted(found, key=lambda event: event.start)

    def clip(self, camera: str, span: Span, target: Path, check: Callable[[], None] = lambda: None) -> bool:
        """Fetch the recording of `span` to `target`; False where the server has it no more. `check` may raise."""
        path = f"api/{quote(camera, safe='')}/start/{span[0]}/end/{span[1]}/clip.mp4"
        with self._errors(path), self._streamed(path) as answer:
            if answer.status_code == 404:
                return False
            self._raise_for(answer, path)
            with replacing(target) as beside, beside.open("wb") as out:
                for block in answer.iter_bytes():
                    check()
                    out.write(block)
        if target.stat().st_size == 0:  # what Frigate sends when it cannot join the segments
            target.unlink()
            return False
        return True

    def latest(self, camera: str) -> bytes:
        """The newest picture, JPEG."""
        answer = self._get(f"api/{quote(camera, safe='')}/latest.jpg")
        return answer.content

    def _json(self, path: str, **query: float | str) -> Any:
        answer = self._get(path, **query)
        try:
            return answer.json()
        except ValueError as problem:
            raise self._strange(path) from problem

    def _get(self, path: str, **query: float | str) -> httpx.Response:
        with self._errors(path):
            answer = self._client.get(path, params=query)
            if answer.status_code == 401 and self._sign_in():
                answer = self._client.get(path, params=query)
        self._raise_for(answer, path)
        return answer

    @contextmanager
    def _streamed(self, path: str) -> Iterator[httpx.Response]:
        with self._client.stream("GET", path) as answer:
            if answer.status_code != 401 or not self._sign_in():
                yield answer
                return
        with self._client.stream("GET", path) as answer:
            yield answer

    def _sign_in(self) -> bool:
        """Ask for the cookie that the authenticated port wants; once for each refusal."""
        if not self._user:
            return False
        answer = self._client.post("api/login", json={"user": self._user, "password": self._password})
        return answer.status_code == 200

    @contextmanager
    def _errors(self, path: str) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as problem:
            said = redact(str(problem)) or type(problem).__name__
            message = f"The Frigate server {self.shown} gives no answer: {said}."
            raise MediaError(message, remedy=_REMEDY) from None

    def _raise_for(self, answer: httpx.Response, path: str) -> None:
        if answer.status_code in (401, 403):
            remedy = "Add the camera again with a user and a password that Frigate knows."
            raise MediaError(f"The Frigate server {self.shown} refuses the user.", remedy=remedy)
        if answer.status_code >= 400:
            message = f"The Frigate server {self.shown} answers {answer.status_code} to {path}."
            raise MediaError(message, remedy=_REMEDY)

    def _strange(self, path: str) -> MediaError:
        return MediaError(f"What answers at {self.shown}/{path} is no Frigate server.", remedy=_REMEDY)


def _maybe(value: Any) -> float | None:
    return None if value is None else float(value)


def joined(spans: Sequence[Span], longest_s: float, gap_s: float = 0.5) -> list[list[Span]]:
    """Groups of segments that follow each other, none longer than `longest_s` but a single segment."""
    found: list[list[Span]] = []
    for span in spans:
        if found and span[0] - found[-1][-1][1] <= gap_s and span[1] - found[-1][0][0] <= longest_s:
            found[-1].append(span)
        else:
            found.append([span])
    return found


def around(spans: Sequence[Span], events: Sequence[FrigateEvent], margin_s: float, now: float) -> list[Span]:
    """The segments that lie within `margin_s` seconds of an event."""
    wanted = [(e.start - margin_s, (now if e.end is None else e.end) + margin_s) for e in events]
    return [span for span in spans if any(span[0] < high and span[1] > low for low, high in wanted)]
