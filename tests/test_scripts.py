"""What a script may say: malformed ones name file, line and remedy; templates are sandboxed; schedules fall due."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.scripts.check import load_script
from agent.scripts.plan import plan
from agent.scripts.problems import ScriptProblems
from agent.scripts.reading import parse_script
from agent.scripts.schedule import event_of, next_due
from agent.scripts.schema import Trigger, json_schema
from agent.scripts.templates import TemplateProblem, Templates
from agent.scripts.words import seconds
from runtime.house import House
from tools.registry import Registry

from .cli_driver import Cli

ROOT = Path(__file__).resolve().parent.parent
STEP = "steps:\n  - set: {x: 1}\n"

MALFORMED: list[tuple[str, int, str, str]] = [
    # text, line, part of the message, part of the remedy
    ("", 1, "is empty", "steps:"),
    ("- a\n", 1, "no table", "steps:"),
    ("name: x\n", 1, "steps is missing", "Add `steps:`"),
    ("name: x\nsteps: []\n", 2, "steps cannot be []", "Correct it"),
    ("steps:\n  - say: hello\n", 2, "steps[0].say is no key", "Known here"),
    ("steps:\n  - tol: speak\n", 2, "tol is no key", "'tool'"),
    ("steps:\n  - {}\n", 2, "says nothing to do", "exactly one of"),
    ("steps:\n  - tool: speak\n    ask: hi\n", 2, "has tool and ask", "exactly one of"),
    ("steps:\n  - tool: speek\n    with: {text: a}\n", 2, "No tool is named 'speek'", "'speak'"),
    ("steps:\n  - tool: speak\n", 2, "needs the argument text", "Add `text:`"),
    ("steps:\n  - tool: speak\n    with:\n      txt: a\n", 4, "takes no argument 'txt'", "'text'"),
    ("steps:\n  - tool: speak\n    with: {text: ''}\n", 3, "text of speak cannot be ''", "tools list"),
    ("steps:\n  - ask: hi\n    with: {a: 1}\n", 2, "`with` belongs to `tool`", "name a tool"),
    ("steps:\n  - set: {x: 1}\n    data: y\n", 2, "`data` belongs to `ask`", "add `ask`"),
    ("steps:\n  - id: My Step\n    set: {x: 1}\n", 2, "'My Step' is not a name", "small letters"),
    ("steps:\n  - {id: a, set: {x: 1}}\n  - {id: a, set: {x: 1}}\n", 3, "Two steps are named a", "Rename"),
    ("steps:\n  - set: {X: 1}\n", 2, "'X' is not a name", "small letters"),
    (f"{STEP}step: 1\n", 3, "step is no key", "'steps'"),
    (f"name: {'x' * 90}\n{STEP}", 1, "name cannot be", "Correct it"),
    ("steps:\n  - set: {x: 1\n", 3, "not YAML", "indentation"),
    ("steps:\n\t- set: {x: 1}\n", 2, "tab", "spaces"),
    ("steps:\n  - set: {x: 1}\n    if: 'a\n", 4, "not YAML", "quotes"),
    ("steps:\n - set: {x: 1}\n  - set: {x: 1}\n", 3, "not YAML", "indentation"),
    (f"{STEP}{STEP}", 3, "'steps' stands here twice", "Keep one"),
    ("steps:\n  - set: {x: !!python/object:os.system 1}\n", 2, "tag", "Remove it"),
    ("steps:\n  - set: {? [a, b] : 1}\n", 2, "plain word", "key: value"),
    ("steps:\n  - set: {x: *nothing}\n", 2, "not YAML", "Check"),
    (f"{STEP}    if: [1]\n", 3, "expression, true or false", "Correct it"),
    (f"{STEP}    if: 1 +\n", 3, "cannot be read", "docs/automation.md"),
    (f"{STEP}    if: inputz.a\n", 3, "No value is named 'inputz'", "'inputs'"),
    ("inputs: {room: {}}\nsteps:\n  - ask: '{{ inputs.rom }}'\n", 3, "No input is named 'rom'", "'room'"),
    ("steps:\n  - ask: '{{ steps.a.say }}'\n", 2, "No step is named 'a'", "There is no step yet"),
    ("steps:\n  - ask: '{{ steps.b.say }}'\n  - {id: b, set: {x: 1}}\n", 2, "No step is named 'b'", "step"),
    ("steps:\n  - ask: '{{ a '\n", 2, "cannot be read", "docs/automation.md"),
    ("steps:\n  - ask: '{{ inputs | shout }}'\n", 2, "No filter named 'shout'", "docs/automation.md"),
    ("steps:\n  - ask: '{% if inputs %}'\n", 2, "cannot be read", "docs/automation.md"),
    (f"{STEP}    as: y\n", 2, "belong to a loop", "for_each"),
    (f"{STEP}    for_each: 3\n", 3, "a list, an expression, or a table", "Correct it"),
    (f"{STEP}    for_each: {{file: a}}\n", 3, "file is no key", "'files'"),
    (f"{STEP}    for_each: {{files: a, lines: b}}\n", 3, "exactly one of files and lines", "Correct it"),
    (f"{STEP}    for_each: [1]\n    as: steps\n", 4, "name of another", "Choose another"),
    (f"{STEP}    for_each: [1]\n    at_once: 0\n", 4, "greater than or equal to 1", "Correct it"),
    (f"{STEP}    retry: {{times: many}}\n", 3, "retry.times cannot be 'many'", "Correct it"),
    (f"{STEP}    retry: {{time: 1}}\n", 3, "retry.time is no key", "'times'"),
    (f"{STEP}    time_limit: soon\n", 3, "'soon' is not a duration", "15m"),
    (f"{STEP}    time_limit: -5\n", 3, "is not a duration", "Correct it"),
    (f"{STEP}    on_failure: ignore\n", 3, "'stop' or 'continue'", "Correct it"),
    (f"on: [{{at: '25:00'}}]\n{STEP}", 1, "not a time of day", "22:30"),
    (f"on:\n  - every: 15 minutes\n{STEP}", 2, "not a duration", "15m"),
    (f"on:\n  - every: 1m\n    at: '10:00'\n{STEP}", 2, "exactly one of every, at, file, camera", "Correct it"),
    (f"on:\n  - every: 1m\n    days: [mon]\n{STEP}", 2, "`days` belongs to `at`", "add `at`"),
    (f"on:\n  - at: '10:00'\n    days: [monday]\n{STEP}", 3, "'mon', 'tue'", "Correct it"),
    (f"on:\n  - file: {{pattern: x}}\n{STEP}", 2, "folder is missing", "Add `folder:`"),
    (f"on:\n  - camera: {{change: moved}}\n{STEP}", 2, "'placed', 'removed'", "Correct it"),
    (f"on:\n  - every: 10ms\n{STEP}", 2, "shorter than a second", "1s"),
    (f"inputs:\n  a: {{type: folder}}\n{STEP}", 2, "'text', 'number'", "Correct it"),
    (f"inputs:\n  a: {{required: true, default: 1}}\n{STEP}", 2, "required and has a default", "Remove one"),
    ("steps:\n  - write: {text: x}\n", 2, "file is missing", "Add `file:`"),
    ("steps:\n  - parallel: []\n", 2, "parallel cannot be []", "Correct it"),
    ("steps:\n  - steps:\n      - {id: in, tool: nothing}\n", 3, "No tool is named 'nothing'", "Known"),
    (
        "steps:\n  - for_each: [1]\n    steps:\n      - {id: in, set: {x: 1}}\n  - ask: '{{ steps.in.say }}'\n",
        5, "not known here", "later step",
    ),
    (f"{STEP}output: {{a: '{{{{ steps.z }}}}'}}\n", 3, "No step is named 'z'", "step"),
]  # fmt: skip


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    environ = {"HAUSGEIST_HOME": str(tmp_path_factory.mktemp("house"))}
    with House.open(environ) as house:
        yield Registry.load(house)


def test_there_are_fifty_malformed_scripts() -> None:
    assert len({text for text, *_ in MALFORMED}) >= 50


@pytest.mark.parametrize(("text", "line", "message", "remedy"), MALFORMED)
def test_a_malformed_script_names_file_line_and_remedy(
    text: str, line: int, message: str, remedy: str, registry: Registry, tmp_path: Path
) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScriptProblems) as caught:
        load_script(file, registry)
    first = caught.value.problems[0]
    assert (first.file, first.line) == (str(file), line), first
    assert message in first.message and remedy in first.remedy, first
    assert f"{file}:{line}: " in str(caught.value) and caught.value.exit_status == 2
    assert len(caught.value.problems) == 1, [str(problem) for problem in caught.value.problems]


def test_files_that_are_no_scripts(tmp_path: Path, registry: Registry) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"steps:\n  - ask: caf\xe9\n")
    (tmp_path / "huge.yaml").write_bytes(b"#" * 1_000_001)
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdef", "bcdefg", strict=True)
    )
    (tmp_path / "bomb.yaml").write_text(bomb)
    (tmp_path / "deep.yaml").write_text("steps: " + "[" * 2000)
    for name, line, message in (
        ("latin.yaml", 2, "not UTF-8"),
        ("huge.yaml", 1, "larger than a megabyte"),
        ("bomb.yaml", None, "too large"),
        ("deep.yaml", None, ""),
        ("absent.yaml", 1, "cannot be read"),
        (".", 1, "is a folder"),
    ):
        with pytest.raises(ScriptProblems, match=message) as caught:
            load_script(tmp_path / name, registry)
        assert line is None or caught.value.problems[0].line == line


def test_all_problems_are_told_at_once(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("steps:\n  - tool: speek\n  - tool: speak\n  - ask: '{{ nothing }}'\n")
    ran = cli("run", "--check", str(file))
    assert ran.status == 2 and [line.split(":")[1] for line in ran.out.splitlines()] == ["2", "3", "4"]
    found = cli("run", "--check", str(file), "--json").json["problems"]
    assert [problem["line"] for problem in found] == [2, 3, 4] and "'speak'" in found[0]["remedy"]
    ran = cli("run", str(file))
    assert ran.status == 2 and "bad.yaml:2: " in ran.err and "2 more" in ran.err
    assert cli("run").status == 2 and cli("run", "a.yaml", "b.yaml").status == 2


def test_the_examples_and_the_published_schema_are_right(registry: Registry) -> None:
    published = json.loads((ROOT / "docs" / "script.schema.json").read_text(encoding="utf-8"))
    assert published == json_schema()
    examples = sorted((ROOT / "examples" / "scripts").glob("*.yaml"))
    assert len(examples) >= 4
    for file in examples:
        script, _ = load_script(file, registry)
        assert script.name and script.steps


def test_dry_run_shows_what_is_known(house: House, registry: Registry) -> None:
    text = (
        "inputs: {who: {default: Ann}}\nsteps:\n  - {id: a, tool: forget, with: {query: '{{ inputs.who }}'}}\n"
        "  - {id: b, if: inputs.who, for_each: [1, 2], steps: [{write: {file: x, text: '{{ steps.a.say }}'}}]}\n"
    )
    rows = plan(parse_script(text, "x")[0], {"who": "Ben"}, house, registry)
    assert rows[0] == {
        "path": "a", "does": "forget", "what": {"query": "Ben"}, "approval": "ask", "repeatable": True
    }  # fmt: skip
    assert rows[1]["for_each"] == [1, 2] and rows[2]["path"] == "b/1-write"
    assert rows[2]["what"] == {"file": "x", "text": "{{ steps.a.say }}"}


def test_yaml_is_read_by_its_newer_schema() -> None:
    script, source = parse_script("on:\n  - at: 7:05\nsteps:\n  - set: {a: yes, b: 010, c: 1e3, d: 0x1f}\n", "x")
    assert script.steps[0].set == {"a": "yes", "b": 10, "c": 1000.0, "d": 31}
    assert script.on[0].at is not None and script.on[0].at.minute == 5
    assert source.places[("steps", 0, "set", "b")] == (4, 19)


# Templates -------------------------------------------------------------------------------------------------------

VALUES = {"inputs": {"rooms": ["a", "b"], "n": 3, "long": "x" * 900_000}, "steps": {"look": {"say": "hi"}}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ inputs.rooms }}", ["a", "b"]),
        ("{{ inputs.n + 1 }}", 4),
        ("n={{ inputs.n }}", "n=3"),
        ("{{- inputs.n -}}", 3),
        ("{{ inputs.rooms | map('upper') }}", ["A", "B"]),
        ("{% for r in inputs.rooms %}{{ loop.index }}{{ r }}{% endfor %}", "1a2b"),
        ("{{ '/a/b.txt' | stem }}{{ '/a/b.txt' | basename }}", "bb.txt"),
        ("{{ missing | default('none') }}", "none"),
        ("{{ 'One. Two. Three.' | pieces(10) }}", ["One. Two.", "Three."]),
        ("{{ ('x' * 25) | pieces(10) }}", ["x" * 10, "x" * 10, "x" * 5]),
    ],
)
def test_a_template_gives_values(text: str, value: object) -> None:
    assert Templates().render(text, VALUES) == value


@pytest.mark.parametrize(
    "text",
    [
        "{{ ().__class__.__bases__ }}",
        "{{ inputs.__init__ }}",
        "{{ ''['__class__'] }}",
        "{{ inputs.rooms.append(1) }}",
        "{{ 'a' * 10**9 }}",
        "{{ 9**9**9 }}",
        "{{ '%0999999999d' % 1 }}",
        "{{ '{:>999999999}'.format(1) }}",
        "{{ 'a'.zfill(999999999) }}",
        "{{ inputs.long | replace('x', inputs.long) }}",
        "{{ inputs.long + inputs.long }}",
        "{% for a in range(90000) %}{{ inputs.long }}{% endfor %}",
        "{% for a in range(10**9) %}{% endfor %}",
        "{{ missing }}",
        "{{ inputs.absent }}",
        "{{ 1 / 0 }}",
        "{{ inputs.rooms + 1 }}",
        "{% include 'x' %}",
        "{{ lipsum(999) }}",
        "{{ 'a'" + "|tojson" * 100 + " }}",
        "{{ 'a'" + "|list|string" * 20 + " }}",
    ],
)
def test_a_template_cannot_break_out_or_fill_the_memory(text: str) -> None:
    with pytest.raises(TemplateProblem) as caught:
        Templates().render(text, VALUES)
    assert caught.value.remedy


# Schedules -------------------------------------------------------------------------------------------------------

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("trigger", "last", "due"),
    [
        ({"at": "22:30"}, "2026-03-02T10:00", "2026-03-02T22:30"),
        ({"at": "22:30"}, "2026-03-02T22:30", "2026-03-03T22:30"),
        ({"at": "07:00", "days": ["mon"]}, "2026-03-02T07:00", "2026-03-09T07:00"),
        ({"at": "07:00", "days": ["sun"]}, "2026-03-02T07:00", "2026-03-08T07:00"),
        ({"at": "02:30"}, "2026-03-28T12:00", "2026-03-29T03:30"),  # summer time begins: 02:30 does not exist
        ({"at": "02:30"}, "2026-10-24T12:00", "2026-10-25T02:30"),  # it ends: the first of the two
        ({"every": "15m"}, "2026-03-02T10:00", "2026-03-02T10:15"),
    ],
)
def test_schedules_fall_due(trigger: dict[str, object], last: str, due: str) -> None:
    assert next_due(Trigger.model_validate(trigger), at(last), at("2026-11-01T00:00")) == at(due)


def test_what_was_missed_is_made_up_for_once() -> None:
    now = datetime(2026, 3, 5, 12, 7, tzinfo=UTC)
    every = Trigger.model_validate({"every": "15m"})
    assert event_of(every, datetime(2026, 3, 1, tzinfo=UTC), now) == "2026-03-05T12:00:00.000+00:00"
    daily = Trigger.model_validate({"at": "22:30"})
    assert event_of(daily, datetime(2026, 3, 1, 22, 30, tzinfo=UTC), now) == "2026-03-04T22:30:00.000+00:00"


@pytest.mark.parametrize(("text", "value"), [("90s", 90), ("15m", 900), ("1h30m", 5400), ("2 d", 172800), (1.5, 1.5)])
def test_durations(text: object, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "m", "5", "1x", True, None, 0, "400d"])
def test_no_durations(text: object) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        seconds(text)
