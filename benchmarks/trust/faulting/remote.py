"""A chat server that stalls, resets, lies about its length, sends half a JSON or noise: the turn ends in time with a
message that names the server, nothing of it is kept, and the next turn works once the server does."""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agent import Session
from benchmarks.trust.faulting.result import Outcome, environment
from runtime.house import House

TIMEOUT_S = 2.0
LONGEST_S = 20.0
"""A turn may take the time limit twice (one further try), and what the program does around it."""
_CHUNK = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}


def _event(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": finish}
    return f"data: {json.dumps({**_CHUNK, 'choices': [choice]})}\n\n".encode()


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
_GOOD = _HEAD + _event("All is quiet.") + _event("", "stop") + b"data: [DONE]\n\n"


def _plain(kind: str, length: int, body: bytes, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


ANSWERS: dict[str, bytes] = {
    "stall": b"",
    "stall in the reply": _HEAD + _event("Once"),
    "reset": b"",
    "reset in the reply": _HEAD + _event("Once"),
    "half a JSON": _HEAD + _event("Once")[:60] + b"\n\n",
    "noise": bytes(range(256)) * 8,
    "noise in the reply": _HEAD + b"data: " + bytes(range(128, 256)) + b"\n\n",
    "no reply at all": _HEAD,
    "an error of its own": _plain("text/html", 4, b"oops", "500 Oops"),
    "a length that is too long": _plain("application/json", 9999, b"{}"),
    "another form": _plain("application/json", 2, b"[]"),
}


class Server:
    """Answers every request in one way, which can be changed while it runs."""

    def __init__(self) -> None:
        self.way = "good"
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(5)
            _read_request(connection)
            way = self.way
            connection.sendall(_GOOD if way == "good" else ANSWERS[way])
            if way.startswith("stall"):
                time.sleep(4 * TIMEOUT_S)
            if way.startswith("reset"):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _read_request(connection: socket.socket) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < (int(lengths[0]) if lengths else 0):
        body += connection.recv(65536)


@contextmanager
def _server() -> Iterator[Server]:
    server = Server()
    try:
        yield server
    finally:
        server.close()


def dying_server(folder: Path, dice: random.Random) -> Outcome:
    """Each way of failing, and after each of them a good answer."""
    outcome = Outcome()
    with _server() as server:
        address = f"http://127.0.0.1:{server.port}/v1"
        overrides = [f"chat.remote_url={address}", f"chat.remote_timeout_s={TIMEOUT_S}"]
        with House.open(environment(folder), overrides) as house, Session.open(house, "far") as session:
            ways = list(ANSWERS)
            dice.shuffle(ways)
            for way in ways:
                outcome.tried += 1
                kept = len(session.memory.history("far", 1000))
                server.way = way
                began = time.monotonic()
                turn = session.ask("How is the night?")
                took = time.monotonic() - began
                told = f"a server with {way}: {turn.exit_status} {turn.reply!r} {turn.error!r} after {took:.1f} s"
                outcome.check(turn.exit_status == 1 and address in (turn.error or ""), told)
                outcome.check(took < LONGEST_S, told)
                outcome.check(len(session.memory.history("far", 1000)) == kept, f"{told}: it is in the history")
                server.way = "good"
                again = session.ask("How is the night?")
                outcome.check(again.exit_status == 0, f"after a server with {way}: {again.error!r}")
    return outcome


FAULTS = (dying_server,)
