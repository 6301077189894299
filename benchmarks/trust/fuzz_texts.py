"""Parsers of text: settings, scripts, catalogues, zones, addresses, times, tool calls, replies, what is printed.

Owns what their inputs look like; `fuzzing` owns how they are tried.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from benchmarks.trust import fuzz_words as words
from benchmarks.trust.fuzzing import JSON, Target, words_of

NOW = datetime(2026, 5, 17, 14, 30, tzinfo=UTC)


def targets() -> list[Target]:
    """All parsers of text."""
    return [*_configuration(), *_finder(), *_language(), *_messages()]


def _configuration() -> list[Target]:
    return [
        Target("settings file", words_of(words.TOML, most=30), _settings_file),
        Target(
            "settings option",
            st.tuples(st.sampled_from(_keys()), words_of(words.JSONISH + words.TOML)),
            _settings_option,
        ),
        Target("settings change", st.tuples(st.sampled_from(_keys()), JSON), _settings_change),
        Target("catalogue", words_of(words.TOML, most=30), _catalogue),
        Target("catalogue rows", st.lists(_row(), max_size=3), _catalogue_rows),
        Target("persona", words_of(words.TOML), _persona),
        Target("script", words_of(words.YAML, most=40), _script),
        Target("template", words_of(words.JINJA, most=16), _template),
    ]


def _finder() -> list[Target]:
    return [
        Target("zone", words_of(words.ZONES, most=20), _zone),
        Target("file name", words_of(words.NAMES, most=16), _file_name),
        Target("name pattern", st.tuples(words_of(words.NAMES), words_of(words.NAMES)), _name_pattern),
        Target("camera address", words_of(words.ADDRESSES), _address),
        Target("time", words_of(words.TIMES), _time),
    ]


def _language() -> list[Target]:
    return [
        Target("request", words_of(words.REQUEST), _request),
        Target("reply sentences", st.lists(words_of(words.REPLY), max_size=6), _reply),
        Target("passages", words_of(words.REPLY, most=60), _passages),
        Target("sanitizer", st.lists(words_of(words.SHELL, most=20), max_size=4), _sanitize),
    ]


def _messages() -> list[Target]:
    return [
        Target("tool call text", words_of(words.JSONISH), _tool_call),
        Target("tool arguments", st.tuples(st.sampled_from(_tools()), JSON), _arguments),
        Target("tool schema", JSON, _schema),
        Target("house line", st.one_of(JSON.map(json.dumps), words_of(words.JSONISH)).map(_encoded), _house_line),
        Target("kept records", st.one_of(JSON.map(json.dumps), words_of(words.JSONISH)).map(_encoded), _records),
    ]


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _keys() -> list[str]:
    """Every setting, as "section.name", and some that are none."""
    from runtime.settings import Settings

    found = ["", ".", "chat", "chat.", "nothing", "chat.nothing.more", "mcp.servers.a.command"]
    for section, field in Settings.model_fields.items():
        inner = getattr(field.annotation, "model_fields", None)
        found += [f"{section}.{name}" for name in inner] if inner else [section]
    return found


def _write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(_encoded(text))
    return file


def _settings_file(text: str, folder: Path) -> None:
    from runtime.settings import load_settings

    load_settings(_write(folder, "settings.toml", text), {})


def _settings_option(given: tuple[str, str], folder: Path) -> None:
    from runtime.settings import load_settings

    load_settings(None, {}, [f"{given[0]}={given[1]}"])


def _settings_change(given: tuple[str, Any], folder: Path) -> None:
    from runtime.settings_file import read_value, save_value

    file = _write(folder, "change.toml", "[chat]\n# kept\ntemperature = 0.5\n")
    save_value(file, *given)
    read_value(file, given[0])


def _catalogue(text: str, folder: Path) -> None:
    from runtime.catalogue import Catalogue
    from runtime.paths import Paths

    _write(folder, "config/catalogue.toml", text)
    Catalogue.load(Paths(folder / "config", folder / "data", folder / "cache", folder / "models"))


def _row() -> st.SearchStrategy[Any]:
    plain = {
        "id": st.just("a") | JSON,
        "task": st.just("chat") | JSON,
        "title": JSON,
        "licence": JSON,
        "languages": JSON,
    }
    source = st.fixed_dictionaries({}, optional={"hub": JSON, "wheels": JSON, "path": JSON, "file": JSON})
    file = st.fixed_dictionaries(
        {"name": JSON, "bytes": JSON, "sha256": st.just("a" * 64) | JSON}, optional={"sources": st.lists(source) | JSON}
    )
    more = {"files": st.lists(file, max_size=2) | JSON, "hub": JSON, "set": JSON}
    return st.fixed_dictionaries(plain, optional=more) | JSON


def _catalogue_rows(rows: list[Any], folder: Path) -> None:
    from runtime.errors import SettingsError
    from runtime.model_entry import parse_entries

    for table in ({"model": rows}, *({"model": row} for row in rows)):
        with suppress(SettingsError):
            parse_entries(table, "a catalogue")


def _persona(text: str, folder: Path) -> None:
    from runtime.paths import Paths
    from runtime.personas import personas, read_persona

    paths = Paths(folder / "config", folder / "data", folder / "cache", folder / "models")
    _write(folder, "config/personas/one.toml", text)
    read_persona(paths, text[:20])
    read_persona(paths, "one")
    personas(paths)


def _script(text: str, folder: Path) -> None:
    from agent.scripts.reading import read_script

    read_script(_write(folder, "script.yaml", text))


def _template(text: str, folder: Path) -> None:
    from agent.scripts.templates import TemplateProblem, Templates

    templates = Templates()
    values = {"a": {"b": [1, "x"]}, "inputs": {"x": "y"}, "steps": {}, "now": NOW}
    for work in (templates.render, templates.condition):
        try:
            work(text, values)
        except TemplateProblem:
            continue
    list(templates.check(text))


def _zone(text: str, folder: Path) -> None:
    from tools.finder.zones import area, in_pixels, parse_zone

    zone = parse_zone(text)
    area(zone.polygon)
    in_pixels(zone, (640, 480))


def _file_name(text: str, folder: Path) -> None:
    from tools.finder.scan.segments import start_from_name

    start_from_name(text)


def _name_pattern(given: tuple[str, str], folder: Path) -> None:
    from tools.finder.sources.name_patterns import name_pattern

    name_pattern(given[0]).read(given[1])


def _address(text: str, folder: Path) -> None:
    from tools.finder.sources.address import parse_address, redact

    redact(text)
    parse_address(text, text[:3])
    parse_address(text)


def _time(text: str, folder: Path) -> None:
    from runtime.times import find_when, parse_when

    parse_when(text, NOW)
    find_when(text, NOW)


def _request(text: str, folder: Path) -> None:
    from agent import arguments, clauses, named, quotes

    clauses.split(text)
    named.named_tool(text, _tools())
    quotes.masked(text), quotes.file_names(text), quotes.quotations(text)
    for tool in arguments.REQUIRED:
        arguments.direct(tool, text, [{"role": "user", "content": text[:50]}], NOW)
        arguments.refine(tool, {"prompt": text[:9], "item": text[-9:]}, text, [], NOW)


def _reply(pieces: list[str], folder: Path) -> None:
    from tools.speech.normalise import plain, sentences, spoken
    from tools.speech.sentence_stream import SentenceStream

    stream = SentenceStream()
    for piece in pieces:
        stream.feed(piece)
    stream.close()
    for sentence in sentences(plain("".join(pieces)))[:20]:
        for language in ("en", "de", "zh"):
            spoken(sentence, language)


def _passages(text: str, folder: Path) -> None:
    from tools.documents.passages import cut
    from tools.documents.reading import Document
    from tools.documents.summary import by_picking

    document = Document(folder / "a.md", "a", text, 1)
    cut(document)
    cut(Document(folder / "a.pdf", "a", text, 1, pages=1, page_texts=(text,)))
    by_picking(text)


def _sanitize(pieces: list[str], folder: Path) -> None:
    from tui.sanitize import Sanitizer, clean, clean_line

    cleaner = Sanitizer()
    once, whole = "".join(cleaner.feed(piece) for piece in pieces), "".join(pieces)
    assert once == clean(whole), "what comes in pieces is cleaned otherwise"
    bad = [c for c in once if (ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) <= 0x9F]
    assert not bad and not set("\n\t") & set(clean_line(whole)), f"controls are left: {bad}"


def _tools() -> list[str]:
    from agent.arguments import REQUIRED

    return list(REQUIRED)


def _tool_call(text: str, folder: Path) -> None:
    from agent.schema import parsed

    assert isinstance(parsed(text), dict)


def _arguments(given: tuple[str, Any], folder: Path) -> None:
    from importlib.metadata import entry_points

    from tools.registry import check_args

    kind = next(point for point in entry_points(group="hausgeist.tools") if point.name == given[0]).load()
    args = given[1] if isinstance(given[1], dict) else dict.fromkeys(kind().args, given[1])
    check_args(kind(), args)


def _schema(value: Any, folder: Path) -> None:
    from agent.schema import required_only

    required_only(
        {"type": "object", "properties": value if isinstance(value, dict) else {"a": value}, "required": ["a"]}
    )


def _house_line(data: bytes, folder: Path) -> None:
    from agent.host.wire import parse, unpack

    unpack(parse(data))


def _records(data: bytes, folder: Path) -> None:
    from runtime import footprints, records
    from tools.finder.sources.address import Credentials

    for name in (records.RECORD, "footprints.json", "credentials.json"):
        (folder / name).write_bytes(data)
    records.read(folder)
    footprints.SizeBook(folder / "footprints.json").all()
    Credentials(folder).full(1, "x")
