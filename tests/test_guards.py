"""What the program never does: pickles, eval, shells, unsafe YAML, open Jinja, raw escape sequences on a terminal."""

from __future__ import annotations

import ast
import io
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from jinja2.exceptions import SecurityError

from tui.output import SafeFormatter

from .cli_driver import with_root
from .test_imports import ROOMS, ROOT, modules

PICKLES = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "jsonpickle"}
XML = {"xml.etree", "xml.dom", "xml.sax", "xml.parsers", "lxml"}
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
SHELLS = {
    "os.system",
    "os.popen",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "asyncio.create_subprocess_shell",
}
YAML = {"load", "load_all", "unsafe_load", "full_load", "unsafe_load_all", "full_load_all"}
PRINTERS = {"tui/output.py", "tui/render.py", "tui/cli.py", "tui/approve.py"}
"""Modules that clean what they write, or write only texts of ours."""


@cache
def nodes() -> tuple[tuple[Path, ast.AST], ...]:
    """Every node of the program's source with its file; read once."""
    return tuple(
        (file.relative_to(ROOT), node)
        for file in modules(*ROOMS)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, (ast.Call, ast.Import, ast.ImportFrom, ast.ClassDef))
    )


@cache
def calls() -> tuple[tuple[Path, ast.Call, str], ...]:
    """Every call with its dotted name."""
    return tuple((file, node, ast.unparse(node.func)) for file, node in nodes() if isinstance(node, ast.Call))


def imported() -> Iterator[tuple[Path, str]]:
    for file, node in nodes():
        if isinstance(node, ast.Import):
            yield from ((file, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((file, f"{node.module}.{alias.name}") for alias in node.names)


def given(call: ast.Call, name: str) -> str | None:
    return next((ast.unparse(word.value) for word in call.keywords if word.arg == name), None)


def test_nothing_is_pickled() -> None:
    assert [(file, name) for file, name in imported() if name.split(".")[0] in PICKLES] == []
    wrong = []
    for file, call, name in calls():
        if name == "torch.load" and given(call, "weights_only") != "True":
            wrong.append((file, call.lineno))
        if (
            name.split(".")[-1] == "load"
            and name.split(".")[0] in {"np", "numpy"}
            and given(call, "allow_pickle") != "False"
        ):
            wrong.append((file, call.lineno))
        if given(call, "allow_pickle") == "True" or given(call, "trust_remote_code") == "True":
            wrong.append((file, call.lineno))
        if name.endswith(".from_pretrained") and given(call, "use_safetensors") == "False":
            wrong.append((file, call.lineno))
    assert wrong == []


def test_no_text_is_run() -> None:
    assert [(file, call.lineno) for file, call, name in calls() if name in RUNS_TEXT] == []
    shells = [(f, c.lineno) for f, c, name in calls() if name in SHELLS or given(c, "shell") not in (None, "False")]
    assert shells == []


def test_yaml_and_xml_are_read_safely() -> None:
    assert [(f, c.lineno) for f, c, name in calls() if name in {f"yaml.{one}" for one in YAML}] == []
    bases = [ast.unparse(base) for _, node in nodes() if isinstance(node, ast.ClassDef) for base in node.bases]
    assert {base for base in bases if "Loader" in base} <= {"yaml.SafeLoader"}
    unsafe = [name for _, name in imported() if any(name.startswith(kind) for kind in XML)]
    assert set(unsafe) <= {"xml.sax.saxutils.escape", "xml.sax.saxutils.unescape"}


def test_jinja_runs_in_its_sandbox() -> None:
    """Scripts have a sandbox of their own; the web page's template is a file of the package textual-serve.

    `tools.scaffold` uses `string.Template`, and the chat model's worker Jinja's error alone.
    """
    made = [
        (str(file), name)
        for file, _, name in calls()
        if name.split(".")[-1] in {"Environment", "Template"} and str(file) != "tools/scaffold.py"
    ]
    assert made == []
    bases = {ast.unparse(b) for _, n in nodes() if isinstance(n, ast.ClassDef) for b in n.bases}
    assert "ImmutableSandboxedEnvironment" in bases and "Environment" not in bases
    users = {(str(file), name) for file, name in imported() if name.split(".")[0] == "jinja2"}
    assert {file for file, _ in users} <= {"agent/llama_backend.py", "agent/scripts/templates.py", "tui/web.py"}
    assert [name for file, name in users if file == "agent/llama_backend.py"] == ["jinja2.TemplateError"]


ESCAPES = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ messages.append('x') }}",
    "{{ (messages | map(attribute='__class__') | list)[0].__mro__ }}",
    "{% set x = raise_exception.__globals__ %}{{ x['__builtins__'] }}",
)


@pytest.mark.parametrize("template", ESCAPES)
def test_a_hostile_chat_template_reaches_nothing(template: str) -> None:
    """The formatter that the chat model's worker uses, with what a GGUF file could bring."""
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

    messages = [{"role": "user", "content": "hello"}]
    formatter = Jinja2ChatFormatter(template, eos_token="</s>", bos_token="<s>")
    with pytest.raises(SecurityError):
        formatter(messages=messages)  # type: ignore[arg-type]
    assert messages == [{"role": "user", "content": "hello"}]


def test_a_hostile_model_file_is_an_error_of_ours(need_model: Callable[[str], Path], tmp_path: Path) -> None:
    """A real GGUF whose chat template was replaced in place: the engine tells it as a model that cannot be used."""
    from agent.llama_backend import LlamaEngine
    from runtime.errors import ModelError

    source = next(need_model("smollm2-135m-instruct").glob("*.gguf"))
    file = tmp_path / "hostile.gguf"
    shutil.copyfile(source, file)
    data = file.read_bytes()
    key = b"tokenizer.chat_template"
    at = data.index(key) + len(key) + 4
    size = int.from_bytes(data[at : at + 8], "little")
    hostile = b"{{ ''.__class__.__mro__[1].__subclasses__() }}".ljust(size)
    with file.open("r+b") as out:
        out.seek(at + 8)
        out.write(hostile)
    engine = LlamaEngine(str(file), context_tokens=256, threads=1)
    with pytest.raises(ModelError, match="chat template"):
        engine._prompt([{"role": "user", "content": "hello"}], "")


EVIL = "\x1b]0;owned\x07\x1b[31m\x9b2J\x1bPq\x1b\\\u202e"


def raw(text: str) -> list[str]:
    return [c for c in text if (ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) <= 0x9F or c == "\u202e"]


def test_only_cleaning_modules_write_to_the_terminal() -> None:
    """`print` and `sys.stdout.write` elsewhere only with what holds no text from outside: JSON, our own addresses."""
    names = {"print", "sys.stdout.write", "sys.stderr.write"}
    found = {
        f"{file}: {ast.unparse(call.args[0])}"
        for file, call, name in calls()
        if name in names and call.args and str(file) not in PRINTERS and not isinstance(call.args[0], ast.Constant)
    }
    outside = {line for line in found if "json.dumps" not in line and line.split("/")[0] in {"tui", "agent", "tools"}}
    allowed = ("tui/web.py: f'Open http://", "tui/parser.py: f\"hausgeist {version('hausgeist')}\"")
    assert {
        line for line in outside if not line.replace('"', "'").startswith(tuple(a.replace('"', "'") for a in allowed))
    } == set()


@pytest.mark.parametrize(
    "words", [["find", EVIL], ["docs", "add"], ["models", "pull", EVIL], ["run", "--check"], ["--set", EVIL, "doctor"]]
)
def test_the_command_line_strips_what_it_is_given(
    words: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    """Names of files, models, settings and things come back in messages."""
    if words[0] in {"docs", "run"}:
        file = tmp_path / f"bad{EVIL.replace('/', '')}.txt"
        file.write_bytes(b"\0\x01")
        words = [*words, str(file)]
    code = "import sys; from tui.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, *words]
    ran = subprocess.run(command, env=with_root(environment), capture_output=True, timeout=240, check=False)
    text = (ran.stdout + ran.stderr).decode("utf-8")
    assert text.strip() and raw(text) == [], text


def test_log_records_are_stripped() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(SafeFormatter("%(levelname)s %(name)s: %(message)s"))
    logger = logging.Logger("peer")
    logger.addHandler(handler)
    logger.warning("a client at %s", EVIL)
    assert "a client at" in out.getvalue() and raw(out.getvalue()) == []
