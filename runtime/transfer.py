"""Fetch one address into one file: resume after a cut, retry, cancel. Owns no hashes and no choice of source.

HTTP range requests are those of RFC 9110, section 14. Proxies and certificates are those of the environment
(`HTTPS_PROXY`, `SSL_CERT_FILE`, `SSL_CERT_DIR`), as httpx reads them; `REQUESTS_CA_BUNDLE` and `PIP_CERT`
stand in where `SSL_CERT_FILE` is not set.
"""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

import httpx

from runtime.errors import DownloadError, storage_errors
from runtime.worker import Cancellation

BLOCK = 1 << 18
TRIES = 5
RETRY_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})

Tell = Callable[[int], None]


class _Cut(Exception):
    """The connection ended before all bytes came."""


class Network:
    """The connections of one pull. A host that could not be reached is not asked again. Thread-safe."""

    def __init__(self, *, connect_s: float = 6.0, silence_s: float = 30.0, pause_s: float = 0.5) -> None:
        self._timeout = httpx.Timeout(silence_s, connect=connect_s)
        self._pause_s = pause_s
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()
        self._unreachable: dict[str, str] = {}

    def __enter__(self) -> Network:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def check_reachable(self, url: str) -> None:
        """Raise `DownloadError` when the address's host was found to be unreachable; asks it nothing."""
        host = urlsplit(url).netloc
        if host in self._unreachable:
            raise DownloadError(f"{host} cannot be reached ({self._unreachable[host]})")

    def probe(self, url: str) -> None:
        """Make sure that the address's host answers at all. Raises `DownloadError`."""
        self.check_reachable(url)
        try:
            self._connection().head(url)
        except httpx.TransportError as problem:
            raise self._unreached(url, problem) from problem

    def fetch(
        self,
        url: str,
        target: Path,
        *,
        tell: Tell,
        cancellation: Cancellation,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Append to `target` what is missing of it, until it holds all bytes of `url`.

        `tell` is called with the bytes that came (negative when `target` had to be started anew). A cut is
        retried; `target` keeps its bytes when all tries fail, for a later call. Raises `DownloadError`
        naming the host, `CallCancelled`, `StorageError`.
        """
        if urlsplit(url).scheme == "file":
            copy(Path(url2pathname(unquote(urlsplit(url).path))), target, tell=tell, cancellation=cancellation)
            return
        host, failures, alive = urlsplit(url).netloc, 0, False
        while True:
            self.check_reachable(url)
            cancellation.check()
            before = _size(target)
            try:
                self._attempt(url, target, tell, cancellation, headers or {})
                return
            except (httpx.TransportError, _Cut) as problem:
                came = _size(target) > before
                alive = alive or came
                failures = 1 if came else failures + 1
                if not alive and isinstance(problem, (httpx.ConnectError, httpx.ConnectTimeout)):
                    raise self._unreached(url, problem) from problem
                if failures >= TRIES:
                    raise DownloadError(f"{host} broke off: {_words(problem)}") from problem
            self._wait(failures, cancellation)

    def _attempt(
        self, url: str, target: Path, tell: Tell, cancellation: Cancellation, headers: Mapping[str, str]
    ) -> None:
        have = _size(target)
        asked = {**headers, "Accept-Encoding": "identity"}
        if have:
            asked["Range"] = f"bytes={have}-"
        with self._connection().stream("GET", url, headers=asked) as response:
            if response.status_code == 416 and _total(response) == have:
                return
            if response.status_code in RETRY_STATUS:
                raise _Cut(f"status {response.status_code}")
            if response.status_code == 416 or (have and not _continues(response, have)):
                tell(-have)
                target.unlink()
                have = 0
                if response.status_code in (206, 416):
                    raise _Cut("the server cannot continue at that place")
            if not response.is_success:
                raise DownloadError(f"{urlsplit(url).netloc} answered {response.status_code}")
            length = response.headers.get("Content-Length", "")
            _append(target, response.iter_raw(), tell, cancellation)
            if length.isdigit() and _size(target) < have + int(length):
                raise _Cut("it sent fewer bytes than it announced")

    def _connection(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                self._client = httpx.Client(timeout=self._timeout, follow_redirects=True, verify=_certificates())
            return self._client

    def _unreached(self, url: str, problem: Exception) -> DownloadError:
        host = urlsplit(url).netloc
        self._unreachable[host] = _words(problem)
        return DownloadError(f"{host} cannot be reached ({self._unreachable[host]})")

    def _wait(self, failures: int, cancellation: Cancellation) -> None:
        if cancellation.wait(self._pause_s * 2 ** (failures - 1)):
            cancellation.check()


def _certificates() -> ssl.SSLContext | bool:
    """The certificate file that pip and requests use, where OpenSSL's own variables are not set."""
    if os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR"):
        return True
    for variable in ("REQUESTS_CA_BUNDLE", "PIP_CERT"):
        file = os.environ.get(variable, "")
        if file:
            with suppress(OSError):
                return ssl.create_default_context(cafile=file)
    return True


def _continues(response: httpx.Response, have: int) -> bool:
    return response.status_code == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-")


def _total(response: httpx.Response) -> int:
    total = response.headers.get("Content-Range", "").rpartition("/")[2]
    return int(total) if total.isdigit() else -1


def copy(source: Path, target: Path, *, tell: Tell, cancellation: Cancellation) -> None:
    """Append to `target` what it lacks of the local file `source`. Raises as `Network.fetch` does."""
    have = _size(target)
    try:
        stream = source.open("rb")
    except OSError as problem:
        raise DownloadError(f"{source} cannot be read ({problem.strerror})") from problem
    with stream:
        stream.seek(have)
        _append(target, iter(lambda: stream.read(BLOCK), b""), tell, cancellation)


def _append(target: Path, blocks: Iterator[bytes], tell: Tell, cancellation: Cancellation) -> None:
    with storage_errors(target.parent), target.open("ab") as out:
        for block in blocks:
            cancellation.check()
            out.write(block)
            tell(len(block))
    cancellation.check()


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _words(problem: Exception) -> str:
    return str(problem) or type(problem).__name__
