"""The walls between the rooms: who may import whom, where heavy libraries stand, what the command line loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ["runtime", "memory", "tools", "agent", "tui"]
HEAVY = {
    "accelerate",
    "av",
    "chromadb",
    "ctranslate2",
    "cv2",
    "diffusers",
    "faster_whisper",
    "llama_cpp",
    "onnx",
    "onnxruntime",
    "piper",
    "ray",
    "sentence_transformers",
    "skimage",
    "sounddevice",
    "torch",
    "transformers",
}
LANGCHAIN = {"langchain", "langchain_core", "langchain_openai"}


def modules(*rooms: str) -> list[Path]:
    return [file for room in rooms for file in sorted((ROOT / room).rglob("*.py"))]


def imports(nodes: list[ast.stmt] | ast.AST, *, deep: bool) -> Iterator[str]:
    """Dotted names that are imported; without `deep` only where they run when the module is imported."""
    for node in ast.walk(nodes) if deep and isinstance(nodes, ast.AST) else _at_import(nodes):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def _at_import(nodes: list[ast.stmt] | ast.AST) -> Iterator[ast.AST]:
    for node in nodes if isinstance(nodes, list) else ast.iter_child_nodes(nodes):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            yield from _at_import(node.orelse)
            continue
        yield node
        yield from _at_import(node)


def test_rooms_import_downwards_only() -> None:
    wrong = []
    for room in ROOMS:
        above = set(ROOMS[ROOMS.index(room) + 1 :])
        for file in modules(room):
            for name in imports(ast.parse(file.read_text(encoding="utf-8")), deep=True):
                if name.partition(".")[0] in above:
                    wrong.append(f"{file.relative_to(ROOT)} imports {name}")
    assert not wrong


def test_heavy_libraries_stand_at_the_top_of_backends_only() -> None:
    wrong = []
    for file in modules(*ROOMS):
        if file.stem.endswith("_backend"):
            continue
        allowed = LANGCHAIN if file.relative_to(ROOT).parts[0] in {"agent", "tools"} else set()
        for name in imports(ast.parse(file.read_text(encoding="utf-8")), deep=False):
            top = name.partition(".")[0]
            if top in (HEAVY | LANGCHAIN) - allowed or name.endswith("_backend"):
                wrong.append(f"{file.relative_to(ROOT)} imports {name}")
    assert not wrong


def test_the_check_sees_through_classes_and_conditions() -> None:
    source = (
        "try:\n    import torch\nexcept ImportError:\n    pass\nclass A:\n    import av\ndef f():\n    import cv2\n"
    )
    assert sorted(imports(ast.parse(source), deep=False)) == ["av", "torch"]
    assert sorted(imports(ast.parse(source), deep=True)) == ["av", "cv2", "torch"]
    guarded = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\n"
    assert list(imports(ast.parse(guarded), deep=False)) == ["typing"]


def test_no_installed_package_uses_one_of_our_names() -> None:
    wrong = []
    for distribution in metadata.distributions():
        if distribution.name == "hausgeist":
            continue
        for file in distribution.files or []:
            top = file.parts[0].removesuffix(".py")
            if top in ROOMS and file.suffix == ".py":
                wrong.append(f"{distribution.name} ships {file}")
    assert not wrong


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["--version"]])
def test_the_command_line_loads_no_heavy_library_for_help(arguments: list[str]) -> None:
    program = (
        "import sys\nfrom tui.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(answer.stdout.splitlines()[-1].split()[1:])
    assert "tui" in loaded
    assert not loaded & (HEAVY | LANGCHAIN | {"numpy", "scipy", "huggingface_hub"})


@pytest.mark.parametrize(
    "command", ["cameras", "docs", "find", "image", "items", "memory", "models", "speech", "watch"]
)
def test_commands_without_a_conversation_wait_for_no_langchain(command: str) -> None:
    program = f"import sys, tui.commands.{command}\nprint(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(answer.stdout.split())
    assert f"tui.commands.{command}" in loaded
    assert not loaded & {*HEAVY, *LANGCHAIN, "scipy.optimize"}


def test_modules_keep_their_size() -> None:
    long = [
        f"{file.relative_to(ROOT)}: {lines} lines"
        for file in modules(*ROOMS)
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > 320
    ]
    assert not long
