"""A local HTTP server for download tests: ranges, cut connections, a package index, a Hugging Face hub."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar


class FileServer(ThreadingHTTPServer):
    """Serves `files` by path. `cuts[path]` are bytes after which the next answers break off, in order.

    An answer for `path` stops half-way until `holds[path]` is set.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.cuts: dict[str, list[int]] = {}
        self.statuses: dict[str, list[int]] = {}
        self.requests: list[tuple[str, str]] = []
        self.holds: dict[str, threading.Event] = {}
        self.ranges = True

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def asked(self, path: str) -> list[str]:
        """The Range headers of the requests for `path`, in order; "" for the whole."""
        return [asked for place, asked in self.requests if place == path]

    def publish_wheel(self, name: str, wheel: str, content: bytes) -> str:
        """Put a wheel and its metadata (PEP 658) into the package index under /simple; return its path."""
        path = f"/wheels/{wheel}"
        self.files[path] = content
        self.files[f"{path}.metadata"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode()
        address = f"{self.url}{path}#sha256={hashlib.sha256(content).hexdigest()}"
        page = f'<a href="{address}" data-dist-info-metadata="true" data-core-metadata="true">{wheel}</a>'
        self.files[f"/simple/{name}/"] = f"<!DOCTYPE html><html><body>{page}</body></html>".encode()
        return path

    def publish_repository(self, repository: str, files: dict[str, bytes], *, commit: str, large: set[str]) -> None:
        """Put a repository into the hub; the files in `large` are known by SHA-256, the others by git blob id."""
        siblings = []
        for name, content in files.items():
            blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            row: dict[str, object] = {"rfilename": name, "size": len(content), "blobId": blob}
            if name in large:
                sha256 = hashlib.sha256(content).hexdigest()
                row["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 130}
            siblings.append(row)
            self.files[f"/{repository}/resolve/{commit}/{name}"] = content
            self.files[f"/{repository}/resolve/main/{name}"] = content
        answer = {"id": repository, "modelId": repository, "sha": commit, "siblings": siblings, "tags": []}
        self.files[f"/api/models/{repository}/revision/main"] = json.dumps(answer).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FileServer
    kinds: ClassVar[dict[str, str]] = {"/simple": "text/html", "/api": "application/json"}

    def do_HEAD(self) -> None:
        self._start(200 if self.path in self.server.files else 404, 0)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        asked = self.headers.get("Range", "")
        self.server.requests.append((path, asked))
        statuses = self.server.statuses.get(path)
        if statuses:
            self._start(statuses.pop(0), 0)
            return
        content = self.server.files.get(path)
        if content is None:
            self._start(404, 0)
            return
        start = int(asked.removeprefix("bytes=").partition("-")[0]) if asked and self.server.ranges else 0
        if start >= len(content) and start:
            self._start(416, 0, f"bytes */{len(content)}")
            return
        whole = f"bytes {start}-{len(content) - 1}/{len(content)}" if start else ""
        self._start(206 if start else 200, len(content) - start, whole)
        cuts = self.server.cuts.get(path)
        body = content[start : start + cuts.pop(0)] if cuts else content[start:]
        hold = self.server.holds.get(path)
        if hold is not None:
            self.wfile.write(body[: len(body) // 2])
            hold.wait(30)
            body = body[len(body) // 2 :]
            start += len(content[start:]) - len(body)
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)
        if len(body) < len(content) - start:
            self.close_connection = True

    def _start(self, status: int, length: int, content_range: str = "") -> None:
        self.send_response(status)
        kind = next((kind for place, kind in self.kinds.items() if self.path.startswith(place)), "application/binary")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@contextmanager
def file_server() -> Iterator[FileServer]:
    """A running server."""
    server = FileServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
