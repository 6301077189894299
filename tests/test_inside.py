"""Paths from tools, requests and scripts stay in their folders: absolute, climbing, encoded, through links."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agent.serving.access import Access
from agent.serving.app import build_app
from agent.session import Session
from memory.memory import Memory
from runtime.errors import ArgumentError
from runtime.house import House
from runtime.inside import Reach, check_readable, is_within, within
from runtime.private import mend, too_wide
from tools.contract import ToolContext
from tools.registry import Registry

PIECES = st.sampled_from(
    ["..", ".", "", "a", "notes.md", "~", "~root", "/", "//", "\\", "..\\", "%2e%2e", "%2f", "%252e%252e%252f", "%5c",
     "link", "loop", "\0", "\n", "…", "..%00", "%c0%ae", "a" * 300, " ", "..;"]
)  # fmt: skip
PATHS = st.lists(PIECES, max_size=6).map("/".join) | st.lists(PIECES, max_size=4).map("".join)
NAMES = st.text(max_size=40) | PATHS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a link out of it, one in it, and a loop; a secret lies beside."""
    made = tmp_path / "outputs"
    (made / "a").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("the combination is 4711")
    (made / "link").symlink_to(tmp_path)
    (made / "loop").symlink_to(made / "loop")
    (made / "inner").symlink_to(made / "a")
    return made


@settings(
    max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=NAMES)
@example(name="link/secret.txt")
@example(name="a/%2e%2e/%2e%2e/secret.txt")
@example(name="~/.ssh/id_ed25519")
def test_a_name_stays_in_its_folder_or_is_refused(folder: Path, name: str) -> None:
    try:
        path = within(folder, name)
    except ArgumentError:
        return
    real = Path(os.path.realpath(path))
    assert real != folder and folder in real.parents
    assert ".." not in path.parts


def test_usual_names_pass(folder: Path) -> None:
    for name in ("dinner.wav", "a/b/c.txt", "inner/x", "100%.txt", "50% off.md", "日记.md", "..hidden", "a..b"):
        assert within(folder, name) == folder / name


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "/etc/passwd", "~/x", "link/secret.txt", "loop", "loop/x", "%2e%2e/x", "%252e%252e%252fx",
     "a/..%2f..%2fx", "..\\x", "", ".", "a/..", "x\0y", "x\ny", "a" * 2000],
)  # fmt: skip
def test_ways_out_are_refused(folder: Path, name: str) -> None:
    with pytest.raises(ArgumentError):
        within(folder, name)


def test_somebody_elsewhere_reads_only_what_is_meant_for_them(tmp_path: Path) -> None:
    home, data = tmp_path / "home", tmp_path / "home" / "spirit"
    for file in ("notes.md", ".ssh/key", "docs/.git/config", "spirit/credentials.json", "spirit/outputs/fox.png"):
        (home / file).parent.mkdir(parents=True, exist_ok=True)
        (home / file).write_text("x")
    (home / "way.md").symlink_to(home / ".ssh" / "key")
    (home / "good.md").symlink_to(home / "notes.md")
    reach = Reach((home, data / "outputs"), (data,))
    for name in ("notes.md", "good.md", "spirit/outputs/fox.png", "not-there.md"):
        assert check_readable(home / name, reach) == home / name
    for name in (".ssh/key", "docs/.git/config", "spirit/credentials.json", "way.md", "../etc/passwd", "/etc/passwd"):
        with pytest.raises(ArgumentError, match=r"serve\.folders"):
            check_readable(home / name, reach)
    assert check_readable(Path("/etc/passwd"), None) == Path("/etc/passwd")
    assert not is_within(Path("a\0b"), home)


def list_of(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_no_route_and_no_tool_leads_out(house: House, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("The combination of the safe is 4711.")
    (house.paths.outputs / "x").mkdir(parents=True)
    (house.paths.outputs / "way.md").symlink_to(secret)
    up = "/".join([".."] * 12)
    ways = [str(secret), f"{up}{secret}", f"file://{secret}", quote(str(secret), safe=""), "../../secret.md",
            str(house.paths.outputs / "way.md"), str(house.paths.config / "tokens.json")]  # fmt: skip
    with Session.open(house, "serve") as session:
        app = build_app(session, owner=lambda token: Access("me"), host="127.0.0.1")
        transport = httpx.ASGITransport(app)
        headers = {"Authorization": "Bearer x"}
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:

            async def answers(tool: str, **arguments: Any) -> str:
                answer = await client.post(f"/api/tools/{tool}", json={"arguments": arguments}, timeout=120)
                return answer.text

            for way in ways:
                for said in (
                    await answers("summarize_file", path=way),
                    await answers("edit_image", image=way, prompt="blue"),
                    await answers("speak", text="hello", save_as=way if way.startswith("..") else f"../{way}"),
                ):
                    assert "4711" not in said and '"status":"ok"' not in said, said
                for route in (f"/api/stills/{quote(way, safe='')}", f"/api/cameras/{quote(way, safe='')}/events",
                              f"/v1/models/{way}", f"/api/stills/..%2f..%2f{way}"):  # fmt: skip
                    answer = await client.get(route)
                    assert answer.status_code >= 400 and "4711" not in answer.text
    assert {file.name for file in list_of(tmp_path)} == {"house", "secret.md"}


def test_the_owner_at_the_terminal_reads_any_file(house: House, tmp_path: Path) -> None:
    file = tmp_path / "note.md"
    file.write_text("The combination of the safe is 4711.")
    with Memory(house) as memory:
        output = Registry.load(house).call("summarize_file", {"path": str(file)}, ToolContext(house, memory))
        elsewhere = ToolContext(house.for_clients(), memory)
        refused = Registry.load(house).call("summarize_file", {"path": str(file)}, elsewhere)
    assert output.status == "ok" and "4711" in output.say
    assert refused.status == "failed" and "4711" not in json.dumps(refused.model_dump(mode="json"))


def test_folders_and_files_are_the_owners_alone(house: House, tmp_path: Path) -> None:
    data = house.paths.data
    (data / "finder").mkdir(parents=True)
    (data / "finder").chmod(0o755)  # whatever the umask of this process is
    (data / "finder" / "finder.sqlite").write_bytes(b"x")
    (data / "finder" / "finder.sqlite").chmod(0o644)
    (data / "link").symlink_to(tmp_path)
    data.chmod(0o755)
    before = tmp_path.stat().st_mode
    assert {data, data / "finder", data / "finder" / "finder.sqlite"} <= set(too_wide(house.paths))
    mend(house.paths)
    assert too_wide(house.paths) == [] and tmp_path.stat().st_mode == before
    assert data.stat().st_mode & 0o777 == 0o700
    assert (data / "finder" / "finder.sqlite").stat().st_mode & 0o777 == 0o600


def test_what_the_program_makes_is_the_owners_alone(environment: dict[str, str]) -> None:
    from .cli_driver import spawn

    ran = spawn(environment, "memory", "add", "The ladder is in the shed.")
    assert ran.status == 0, ran.err
    home = Path(environment["HAUSGEIST_HOME"])
    wide = [path for path in (home, *home.rglob("*")) if path.lstat().st_mode & 0o077 and path != home]
    assert not wide, wide
