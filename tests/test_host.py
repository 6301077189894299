"""The house process's messages and requests: events there and back, conversations, settings, zones."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.events import (
    ApprovalNeeded,
    Decision,
    Routed,
    TextDelta,
    Timing,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TurnEvent,
    TurnFailed,
    TurnFinished,
)
from agent.host.job import Desk, Job
from agent.host.requests import home, talks
from agent.host.server import REQUESTS, Server
from agent.host.wire import Message, line, pack, parse, unpack
from runtime.errors import ArgumentError, SettingsError, UsageError
from runtime.settings_file import read_value, save_value
from tools.output import Progress, ToolFile, ToolOutput

OUTPUT = ToolOutput(facts={"a": [1, None]}, files=[ToolFile(path=Path("/a b"), media_type="image/png")])
EVENTS: tuple[TurnEvent, ...] = (
    Routed("find_item", 0.93, 0.1),
    ToolStarted("1", "find_item", {"item": "手表"}),
    ToolProgress("1", Progress("looking", 1, 2, "cameras")),
    ToolFinished("1", "x", {}, OUTPUT, 0.5),
    TextDelta("line one\nline two \x1b[2J"),
    TurnFinished("yes", Timing(total_s=1.5), "model"),
    TurnFailed("no", 3, cancelled=True),
)
WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("event", EVENTS, ids=[type(event).__name__ for event in EVENTS])
def test_an_event_goes_there_and_back(event: TurnEvent) -> None:
    data = line(pack(event))
    assert data.count(b"\n") == 1
    assert unpack(parse(data)) == event


async def test_a_question_keeps_its_future_on_each_side() -> None:
    ours: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
    theirs: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
    event = unpack(parse(line(pack(ApprovalNeeded("1", "forget", {"query": "x"}, "sensitive", ours)))), theirs)
    assert isinstance(event, ApprovalNeeded)
    assert (event.tool, event.args, event.risk) == ("forget", {"query": "x"}, "sensitive")
    assert event.answer is theirs


@pytest.fixture
def job(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in environment.items():
        if name.startswith("HAUSGEIST_"):
            monkeypatch.setenv(name, value)
    desk = Desk([])
    yield Job(desk)
    desk.close()


def tell(job: Job, session: str, *texts: str) -> list[int]:
    found = [job.desk.talks.append_turn(session, text, f"re: {text}", [], WHEN) for text in texts]
    return [number for number in found if number is not None]


def test_conversations_are_listed_searched_renamed_and_rewound(job: Job) -> None:
    tell(job, "kitchen", "the blue mug is 100% mine", "and the pan")
    ids = tell(job, "study", "my desk", "my lamp", "my chair")
    assert [(one["name"], one["turns"], one["title"]) for one in talks.sessions(job)] == [
        ("study", 3, "my desk"),
        ("kitchen", 2, "the blue mug is 100% mine"),
    ]
    assert [one["name"] for one in talks.sessions(job, "BLUE mug")] == ["kitchen"]
    assert [one["name"] for one in talks.sessions(job, "100%")] == ["kitchen"]
    assert talks.sessions(job, "blue lamp") == []
    assert talks.rename(job, "study", "  my   study ") == "my study"
    with pytest.raises(ArgumentError, match="kitchen"):
        talks.rename(job, "my study", "kitchen")
    with pytest.raises(ArgumentError):
        talks.rename(job, "my study", " ")
    assert talks.rewind(job, "my study", ids[1]) == 2
    assert [turn["user"] for turn in talks.history(job, "my study")] == ["my desk"]
    assert talks.delete_session(job, "kitchen") == 2
    assert [one["name"] for one in talks.sessions(job)] == ["my study"]


def test_history_is_read_in_pages(job: Job) -> None:
    ids = tell(job, "long", *(f"turn {number}" for number in range(30)))
    newest = talks.history(job, "long", 10)
    assert [turn["user"] for turn in newest] == [f"turn {number}" for number in range(20, 30)]
    older = talks.history(job, "long", 10, before=newest[0]["id"])
    assert [turn["id"] for turn in older] == ids[10:20]


def test_a_free_name_is_made_from_the_first_words(job: Job) -> None:
    assert talks.free_name(job, "Where did I leave\nmy watch? I need it for the train today") == (
        "Where did I leave my watch? I need"
    )
    tell(job, "hello", "hello")
    assert talks.free_name(job, "hello") == "hello 2"
    assert talks.free_name(job, "///") == "talk"
    assert len(talks.free_name(job, "我的手表在哪里" * 30)) <= 36


def test_a_conversation_is_exported(job: Job, tmp_path: Path) -> None:
    tell(job, "a/b", "one", "two")
    text = Path(talks.export(job, "a/b")).read_text(encoding="utf-8")
    assert "## one" in text
    assert "re: two" in text
    file = talks.export(job, "a/b", "json", str(tmp_path / "x.json"))
    assert [turn["user"] for turn in json.loads(Path(file).read_text(encoding="utf-8"))["turns"]] == ["one", "two"]
    with pytest.raises(UsageError):
        talks.export(job, "a/b", "pdf")
    with pytest.raises(UsageError):
        talks.export(job, "nothing")


def test_settings_describe_their_form_and_are_saved_checked(job: Job) -> None:
    rows = {row["key"]: row for row in home.settings(job)}
    assert (rows["chat.temperature"]["kind"], rows["chat.temperature"]["most"]) == ("float", 2.0)
    assert rows["ui.theme"]["choices"] == ["lantern", "daylight", "high-contrast", "colour-blind"]
    assert rows["chat.remote_key"]["kind"] == "secret"
    assert rows["image.model"]["optional"]
    assert all(row["description"] or row["key"] == "log_level" for row in rows.values())
    after = {row["key"]: row for row in home.set_setting(job, "chat.threads", 3)}
    assert after["chat.threads"]["from"] == "file"
    assert read_value(job.house.paths.settings_file, "chat.threads") == 3
    with pytest.raises(SettingsError, match=r"chat\.threads"):
        home.set_setting(job, "chat.threads", -4)
    assert read_value(job.house.paths.settings_file, "chat.threads") == 3
    home.set_setting(job, "chat.threads", None)
    assert read_value(job.house.paths.settings_file, "chat.threads") is None


def test_saving_a_setting_keeps_comments_and_order(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("# mine\n[chat]\nthreads = 2  # two\n\n[memory]\nlearn = false\n", encoding="utf-8")
    save_value(file, "chat.threads", 4)
    save_value(file, "ui.theme", "daylight")
    text = file.read_text(encoding="utf-8")
    assert "# mine" in text
    assert "threads = 4  # two" in text or "threads = 4 # two" in text
    assert 'theme = "daylight"' in text
    with pytest.raises(SettingsError, match="Did you mean"):
        save_value(file, "chat.thraeds", 4)
    assert file.read_text(encoding="utf-8") == text


async def test_the_server_answers_errors_and_can_be_cancelled(job: Job) -> None:
    said: asyncio.Queue[Message] = asyncio.Queue()
    server = Server(job.desk, said.put_nowait)
    server.take({"op": "call", "id": 1, "method": "rename", "args": {"session": "x", "name": ""}})
    server.take({"op": "call", "id": 2, "method": "sessions"})
    server.take({"op": "cancel", "id": 99})
    answers = [await asyncio.wait_for(said.get(), 60) for _ in range(2)]
    by_id = {message["id"]: message for message in answers}
    assert by_id[1]["type"] == "error"
    assert by_id[1]["exit_status"] == 2
    assert by_id[1]["kind"] == "ArgumentError"
    assert by_id[2] == {"type": "result", "id": 2, "value": []}


def test_every_request_has_its_function() -> None:
    from importlib import import_module

    for name, module in REQUESTS.items():
        assert callable(getattr(import_module(f"agent.host.requests.{module}"), name))
