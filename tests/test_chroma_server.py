"""The facts' vectors on a Chroma server: the same recall as on this machine; a server that is away is named."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from memory.memory import Memory
from runtime.errors import StorageError
from runtime.house import House

FACTS = [
    "The spare key hangs behind the fuse box.",
    "Anna is allergic to hazelnuts.",
    "The boiler was serviced in May.",
    "The cleaner comes on Thursdays.",
    "Tom's shoe size is 42.",
    "The garden hose lies in the shed.",
]
QUERIES = ["where is the key?", "what can't Anna eat?", "when was the heating checked?", "what is Tom's size?"]


@pytest.fixture
def chroma(tmp_path: Path) -> Iterator[str]:
    """A running Chroma server of the installed version."""
    program = shutil.which("chroma", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("the program chroma is not installed beside Python: pip install chromadb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "run", "--path", str(tmp_path / "server"), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                if httpx.get(f"{address}/api/v2/heartbeat").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            assert process.poll() is None and time.monotonic() < deadline, "the Chroma server did not start"
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def recalled(environ: dict[str, str], *overrides: str) -> list[list[tuple[str, float]]]:
    with House.open(environ, overrides) as house, Memory(house) as memory:
        for fact in FACTS:
            memory.remember(fact, source="test")
        return [[(h.fact.text, round(h.similarity, 5)) for h in memory.search(query, 3)] for query in QUERIES]


def test_the_recall_is_the_same(environment: dict[str, str], chroma: str, tmp_path: Path) -> None:
    here = recalled(environment)
    remote = {**environment, "HAUSGEIST_HOME": str(tmp_path / "remote")}
    there = recalled(remote, f"memory.chroma_url={chroma}")
    assert here == there and here[0][0][0] == FACTS[0]
    moved = recalled(environment, f"memory.chroma_url={chroma}")  # vectors that were made here are made there
    assert moved == here
    with House.open(remote, [f"memory.chroma_url={chroma}"]) as house, Memory(house) as memory:
        assert memory.forget("Anna is allergic to hazelnuts.")
        assert FACTS[1] not in [hit.fact.text for hit in memory.search("what can't Anna eat?", 6)]


def test_a_server_that_is_away_is_named(environment: dict[str, str]) -> None:
    with House.open(environment, ["memory.chroma_url=http://127.0.0.1:9"]) as house, Memory(house) as memory:
        memory.remember(FACTS[0], source="test")
        with pytest.raises(StorageError, match=r"127\.0\.0\.1:9.*memory\.chroma_url"):
            memory.search("where is the key?")
