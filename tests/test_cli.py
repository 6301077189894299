"""The command line, driven as a person or a program drives it."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from langchain_core.tools import tool

from tests.cli_driver import Cli, on_terminal, spawn

FOREIGN = 'tools.langchain=["tests.test_cli:sum_up"]'


@tool
def sum_up(numbers: list[float], label: str, rounded: bool = False) -> str:
    """Adds numbers up. A foreign tool, so it counts as sensitive."""
    total = sum(numbers)
    return f"{label}: {round(total) if rounded else total}"


def test_settings_name_the_place_that_each_is_from(
    cli: Cli, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Path(environment["HAUSGEIST_HOME"]) / "config" / "settings.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[chat]\nmax_reply_tokens = 77\nremote_key = "hush-hush"\n[memory]\nrecall_records = 3\n')
    monkeypatch.setenv("HAUSGEIST_MEMORY__RECALL_RECORDS", "4")
    shown = cli("--set", "speech.play=false", "settings", "--set", "approval.tools.speak=deny", "--json")
    rows = {row["key"]: row for row in shown.json["settings"]}
    assert (rows["chat.max_reply_tokens"]["value"], rows["chat.max_reply_tokens"]["source"]) == (77, str(file))
    assert rows["memory.recall_records"]["value"] == 4
    assert rows["memory.recall_records"]["source"] == "HAUSGEIST_MEMORY__RECALL_RECORDS"
    assert (rows["speech.play"]["value"], rows["speech.play"]["source"]) == (False, "--set")
    assert rows["approval.tools"]["value"] == {"speak": "deny"}
    assert rows["image.width"]["source"] == "default" and rows["image.width"]["default"] == 512
    assert rows["chat.remote_key"]["value"] == "(set)"
    assert "hush-hush" not in shown.out + cli("settings").out


def test_models_list_tells_what_is_installed(cli: Cli) -> None:
    rows = {row["id"]: row for row in cli("models", "list", "--json").json["models"]}
    assert rows["whisper-base"]["task"] == "recognition"
    for row in rows.values():
        assert not row["installed"] or row["bytes_on_disk"] >= row["bytes"] * 0.9
    table = cli("models", "list").out
    assert all(name in table for name in rows)


def test_models_come_from_a_folder_and_a_flipped_byte_is_found(
    cli: Cli, need_model: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = need_model("efficientnet-lite0")
    monkeypatch.setenv("HAUSGEIST_MODELS", str(tmp_path / "models"))
    pulled = cli("models", "pull", "efficientnet-lite0", "--from", str(source), "--json")
    assert pulled.json == {"pulled": ["efficientnet-lite0"], "installed": ["efficientnet-lite0"]}
    assert cli("models", "pull", "efficientnet-lite0", "--json").json["pulled"] == []
    assert cli("models", "verify", "--json").json["ok"] is True
    weights = max((tmp_path / "models" / "efficientnet-lite0").iterdir(), key=lambda file: file.stat().st_size)
    with weights.open("r+b") as file:
        file.seek(1000)
        byte = file.read(1)
        file.seek(1000)
        file.write(bytes([byte[0] ^ 1]))
    checked = cli("models", "verify", "efficientnet-lite0", "--json")
    assert checked.status == 1 and "hausgeist models pull efficientnet-lite0" in checked.err
    assert [row["state"] for row in checked.json["files"] if row["file"] == weights.name] == ["damaged"]
    assert cli("models", "remove", "efficientnet-lite0").status == 0
    assert cli("models", "remove", "efficientnet-lite0").status == 1


def test_tools_list_gives_arguments_risk_and_approval(cli: Cli) -> None:
    rows = {row["name"]: row for row in cli("tools", "list", "--json", "--set", FOREIGN).json["tools"]}
    assert rows["speak"]["parameters"]["required"] == ["text"]
    assert (rows["speak"]["risk"], rows["speak"]["approval"]) == ("write", "allow")
    assert (rows["sum_up"]["risk"], rows["sum_up"]["approval"]) == ("sensitive", "ask")
    assert "speak" in cli("tools", "list").out


def test_a_tool_is_called_with_typed_arguments(cli: Cli) -> None:
    arguments = ("numbers=[1.5, 2]", "label=1", "rounded=true")
    called = cli("tools", "call", "sum_up", "--yes", "--json", "--set", FOREIGN, *arguments)
    assert called.status == 0, called.err
    assert called.json["args"] == {"numbers": [1.5, 2], "label": "1", "rounded": True}
    assert called.json["facts"] == {"result": "1: 4"} and called.json["status"] == "ok"
    assert cli("tools", "call", "sum_up", "--yes", "--set", FOREIGN, *arguments).out == "1: 4\n"


def test_without_a_terminal_a_sensitive_tool_is_not_run(cli: Cli) -> None:
    refused = cli("tools", "call", "sum_up", "numbers=[1]", "label=x", "--set", FOREIGN, "--json")
    assert refused.status == 3 and refused.json["exit_status"] == 3
    assert "--yes" in refused.json["remedy"] and "sum_up" in refused.json["error"]
    denied = cli(
        "tools",
        "call",
        "sum_up",
        "numbers=[1]",
        "label=x",
        "--yes",
        "--set",
        FOREIGN,
        "--set",
        "approval.sensitive=deny",
    )
    assert denied.status == 3 and "forbid" in denied.err


@pytest.mark.parametrize(("typed", "status", "shown"), [("n\r", 3, "refused"), ("what\ra\r", 0, "x: 1")])
def test_on_a_terminal_a_person_is_asked(environment: dict[str, str], typed: str, status: int, shown: str) -> None:
    arguments = ["tools", "call", "sum_up", "numbers=[1]", "label=x", "--set", FOREIGN]
    done = on_terminal(environment, arguments, [("[n]ever: ", typed)])
    assert done.status == status and shown in done.out
    assert "sum_up (sensitive)" in done.out and "numbers=[1]" in done.out


def test_ctrl_c_at_the_question_ends_the_program(environment: dict[str, str]) -> None:
    arguments = ["tools", "call", "sum_up", "numbers=[1]", "label=x", "--set", FOREIGN]
    done = on_terminal(environment, arguments, [("[n]ever: ", "\x03")])
    assert done.status == 130 and "Traceback" not in done.out


def test_speech_goes_to_a_file_and_comes_back_as_words(
    cli: Cli, need_model: Callable[[str], Path], tmp_path: Path
) -> None:
    need_model("piper-en-us-joe"), need_model("whisper-base")
    target = tmp_path / "dinner.wav"
    made = cli("speak", "dinner is ready", "-o", str(target), "--json").json
    assert made["file"] == str(target) and not made["played"] and target.read_bytes()[:4] == b"RIFF"
    heard = cli("listen", "--file", str(target), "--json").json
    assert "dinner is ready" in heard["text"].lower() and heard["language"] == "en"
    assert heard["segments"][0]["start_s"] >= 0


def test_text_can_come_from_standard_input(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("The bins go out\non Tuesday\n"))
    assert cli("memory", "add", "-", "--json").json["text"] == "The bins go out\non Tuesday"
    monkeypatch.setattr("sys.stdin", io.StringIO(" \n"))
    assert cli("memory", "add", "-").status == 2


def test_a_reader_that_goes_away_is_no_error(environment: dict[str, str]) -> None:
    import subprocess

    from tests.cli_driver import ENTRY, ROOT, with_root

    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*ENTRY, "models", "list"], stdout=write, stderr=subprocess.PIPE, env=with_root(environment), cwd=ROOT
    )
    os.close(write)
    assert done.returncode == 141 and done.stderr == b""


def test_json_is_utf8_whatever_the_locale(environment: dict[str, str]) -> None:
    environ = {**environment, "LC_ALL": "C", "PYTHONIOENCODING": "latin-1"}
    arguments = ["tools", "call", "sum_up", "numbers=[1]", "label=手表\x1b[2J\x9b1m", "--yes", "--set", FOREIGN]
    called = spawn(environ, *arguments, "--json")
    assert called.json["facts"]["result"] == "手表\x1b[2J\x9b1m: 1.0"
    assert "\x1b" not in called.out and "\x9b" not in called.out and "手表" in called.out
    shown = spawn(environ, *arguments)
    assert shown.status == 0 and "\x1b" not in shown.out and "1" in shown.out


def test_json_escapes_survive_odd_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    from tui.output import print_json

    print_json({"path": "caf\udce9\x9b.mp4"})
    out = capsys.readouterr().out
    assert json.loads(out) == {"path": "caf\udce9\x9b.mp4"} and out.isprintable() is False
    assert "\x9b" not in out and "\\udce9" in out


def test_facts_are_added_searched_exported_imported_and_forgotten(cli: Cli, tmp_path: Path) -> None:
    added = cli("memory", "add", "Anna is allergic to nuts", "--json").json
    assert added["new"] and added["source"] == "command line"
    assert not cli("memory", "add", "Anna is allergic to nuts.", "--json").json["new"]
    rows = [{"text": "The spare key is under the pot", "time": "2026-01-05T10:00:00+01:00", "source": "notes"}]
    rows += [{"text": "备用钥匙在花盆下面"}]
    file = tmp_path / "notes.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    assert cli("memory", "import", str(file), "--json").json == {"imported": 2, "facts": 3}
    hits = cli("memory", "search", "who must not eat nuts?", "-k", "2", "--json").json["hits"]
    assert len(hits) == 2 and hits[0]["text"] == "Anna is allergic to nuts"
    listed = cli("memory", "list", "--json").json["facts"]
    assert {fact["text"] for fact in listed} == {rows[0]["text"], rows[1]["text"], "Anna is allergic to nuts"}
    assert "花盆" in cli("memory", "list").out
    target = tmp_path / "out.jsonl"
    assert cli("memory", "export", "-o", str(target), "--json").json["facts"] == 3
    exported = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [json.loads(line) for line in cli("memory", "export").out.splitlines()] == exported
    gone = cli("memory", "forget", "Anna is allergic to nuts", "--json").json["forgotten"]
    assert [fact["text"] for fact in gone] == ["Anna is allergic to nuts"]
    key = next(fact for fact in listed if fact["source"] == "notes")
    assert cli("memory", "forget", str(key["id"])).out.startswith(f"Forgotten ({key['id']})")
    assert len(cli("memory", "list", "--json").json["facts"]) == 1
    assert cli("memory", "forget", str(key["id"])).status == 2
    assert cli("memory", "forget", "the colour of the moon").status == 1


def test_rows_come_from_standard_input_and_a_bad_one_imports_none(environment: dict[str, str]) -> None:
    good = '{"text": "The bins go out on Tuesday"}\n'
    bad = spawn(environment, "memory", "import", "-", stdin=good + "{oops\n")
    assert bad.status == 2 and "line 2" in bad.err
    assert spawn(environment, "memory", "list", "--json").json == {"facts": []}
    assert spawn(environment, "memory", "import", "-", "--json", stdin=good).json["imported"] == 1


def test_on_a_terminal_forgetting_by_words_is_checked_first(cli: Cli, environment: dict[str, str]) -> None:
    assert cli("memory", "add", "Anna is allergic to nuts").status == 0
    kept = on_terminal(environment, ["memory", "forget", "Anna", "nuts"], [("[n]o: ", "n\r")])
    assert kept.status == 3 and "Anna is allergic to nuts" in kept.out
    gone = on_terminal(environment, ["memory", "forget", "Anna", "nuts"], [("[n]o: ", "y\r")])
    assert gone.status == 0 and "Forgotten" in gone.out


def test_doctor_names_the_remedy_of_what_is_missing(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HAUSGEIST_MODELS", str(tmp_path / "none"))
    told = cli("doctor", "--json").json
    missing = {f["name"]: f for f in told["findings"] if f["state"] == "missing"}
    assert not told["ok"] and "hausgeist models pull whisper-base" in missing["whisper-base"]["remedy"]
    assert {"python", "models", "sound", "disk", "cameras", "privacy"} <= {f["area"] for f in told["findings"]}
