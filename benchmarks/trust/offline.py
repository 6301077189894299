"""Runs a command in a network namespace without a network, and records every attempt to connect.

Two records, since each sees what the other cannot. Python's audit hooks (PEP 578, events `socket.*`) in every Python
process of the command name the addresses that were tried. The kernel's own counters of the namespace
(`/proc/net/snmp`: IP OutNoRoutes, and the same for IPv6) count what any code tried, native libraries and programs of
others among them: with loopback alone there, whatever is sent elsewhere finds no route. Neither needs strace or a
preloaded library. Owns no suite (`privacy`).

Linux, util-linux's `unshare`, and root or the right to make user namespaces are needed; `missing` says what lacks.
"""

from __future__ import annotations

import fcntl
import ipaddress
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
LOG = "CONNECTIONS_LOG"
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1
_HOOK = f'''
import os, sys

def _note(event, args, path=os.environ["{LOG}"]):
    if event not in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname",
                     "socket.gethostbyaddr"):
        return
    where = args[1] if event.startswith("socket.s") or event == "socket.connect" else args[0]
    if event == "socket.getaddrinfo":
        where = args[0]
    line = (event + "\\t" + repr(where) + "\\t" + " ".join(sys.argv[:2]) + "\\n").encode()
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line)
    finally:
        os.close(handle)

sys.addaudithook(_note)
'''


@dataclass(frozen=True)
class Attempt:
    """One call of a Python process: the audit event, and the address or name it was given, as Python writes it."""

    event: str
    where: str
    program: str

    @property
    def local(self) -> bool:
        """Whether it stays on this machine: a socket in the file system, a loopback address, or its name."""
        return is_local(self.where)


@dataclass(frozen=True)
class Offline:
    """What came of a run. `unroutable` counts packets and connections that found no way out, of all code."""

    status: int
    out: str
    err: str
    attempts: tuple[Attempt, ...]
    unroutable: int

    @property
    def outward(self) -> tuple[Attempt, ...]:
        """Attempts to leave the machine."""
        return tuple(one for one in self.attempts if not one.local)


def missing() -> str:
    """Why this machine cannot run anything so; "" when it can."""
    if shutil.which("unshare") is None:
        return "unshare (util-linux) is not installed"
    tried = subprocess.run([*_unshare(), "true"], capture_output=True, text=True, timeout=60)
    return "" if tried.returncode == 0 else f"no network namespace can be made: {tried.stderr.strip()}"


def run_offline(command: Sequence[str], environ: Mapping[str, str], timeout_s: float) -> Offline:
    """Run `command` in the root folder of the project. Raises `subprocess.TimeoutExpired`."""
    with tempfile.TemporaryDirectory(prefix="offline-") as name:
        folder = Path(name)
        (folder / "sitecustomize.py").write_text(_HOOK, encoding="utf-8")
        (folder / "log").touch()
        path = os.pathsep.join(filter(None, (str(folder), str(ROOT), environ.get("PYTHONPATH", ""))))
        inside = {**environ, "PYTHONPATH": path, LOG: str(folder / "log")}
        words = [*_unshare(), sys.executable, "-P", str(Path(__file__)), str(folder / "result"), *command]
        ran = _whole_group(words, inside, timeout_s)
        if not (folder / "result").is_file():
            return Offline(ran.returncode or 1, ran.stdout, ran.stderr, (), 0)
        told: dict[str, Any] = json.loads((folder / "result").read_text(encoding="utf-8"))
        lines = [line.split("\t") for line in (folder / "log").read_text(encoding="utf-8").splitlines()]
    attempts = tuple(Attempt(*line) for line in lines if len(line) == 3)
    return Offline(told["status"], ran.stdout, ran.stderr, attempts, told["unroutable"])


def _whole_group(
    words: Sequence[str], environ: Mapping[str, str], timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """Run it, and end all that it started where it overruns its time. Raises `subprocess.TimeoutExpired`."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, env=dict(environ), cwd=ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as process:
        try:
            out, err = process.communicate(timeout=timeout_s)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(list(words), process.returncode, out, err)


def is_local(where: str) -> bool:
    """Whether an address, written as Python writes it (`('127.0.0.1', 80)`, `'/run/x'`, `b'localhost'`), is local."""
    text = where.strip()
    text = text[1:].partition(",")[0] if text.startswith("(") else text
    text = text.removeprefix("b").strip("'\"")
    if text in {"", "None", "localhost"} or text.startswith(("/", "\\x00", "@")):
        return True
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return text == socket.gethostname() and "." not in text


def _unshare() -> list[str]:
    return ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-r", "-n"]


def _loopback_up() -> None:
    """What `ip link set lo up` does: loopback is down in a new namespace."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def _unroutable() -> int:
    """What found no route so far in this namespace, over IPv4 and IPv6."""
    lines = [line.split() for line in Path("/proc/net/snmp").read_text(encoding="ascii").splitlines()]
    names, values = (next(line for line in lines[start:] if line[0] == "Ip:") for start in (0, 1))
    table = dict(zip(names[1:], values[1:], strict=True))
    six = Path("/proc/net/snmp6")
    rows = dict(line.split() for line in six.read_text(encoding="ascii").splitlines()) if six.is_file() else {}
    return int(table["OutNoRoutes"]) + int(rows.get("Ip6OutNoRoutes", 0))


def main(words: Sequence[str]) -> int:
    """Within the namespace: run the command and write what was counted."""
    _loopback_up()
    before = _unroutable()
    status = subprocess.run(words[1:], check=False).returncode
    told = {"status": status, "unroutable": _unroutable() - before}
    Path(words[0]).write_text(json.dumps(told), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
