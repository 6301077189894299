"""What a tool is: the whole plugin surface on one screen. Owns no tool and no policy (see `tools.approval`).

A tool is a LangChain tool with four more things: `examples` (what people say when they want it), `risk` (for the
approval policy), `output` (a `ToolOutput`: what a reply may claim) and `context` (a `ToolContext`: what it may use).
Declare it by an entry point of the group `hausgeist.tools`; see `docs/writing-a-tool.md`.
"""

from __future__ import annotations

import json
import logging
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool

from runtime.errors import CallCancelled, HausgeistError
from runtime.house import House
from runtime.worker import Cancellation
from tools.output import Progress, ToolFile, ToolOutput

if TYPE_CHECKING:
    from memory.memory import Memory
    from tools.documents.library import Library

log = logging.getLogger(__name__)


class Risk(StrEnum):
    """What a tool can do to the house; the approval policy is set by it."""

    READ = "read"
    """It only looks."""
    WRITE = "write"
    """It makes or keeps something, and the owner can undo it."""
    SENSITIVE = "sensitive"
    """It deletes, or reaches outside the house."""


@dataclass(frozen=True)
class Example:
    """Something a person says that this tool should answer. `lang` is ISO 639-1."""

    lang: str
    text: str


@dataclass
class ToolContext:
    """What a tool may use. Injected for each call; never global."""

    house: House
    memory: Memory
    language: str = "en"
    """Language of `ToolOutput.say`: "en" or "zh"."""
    session: str = "default"
    request: str = ""
    """The user's own words of this turn."""
    progress: Callable[[Progress], None] = lambda progress: None
    cancellation: Cancellation = field(default_factory=Cancellation)
    effect: str = ""
    """Names this piece of work, the same at every attempt: a key for services that refuse to do one thing twice."""
    chat: Callable[[str, str], str] | None = None
    """`chat(instruction, text)` lets the chat model work on a text (data); None where no model is at hand."""
    documents: Library | None = None
    """The documents that questions may be answered from; None where a caller has none."""

    def now(self) -> datetime:
        """The time now, in the house's zone."""
        return self.house.now()

    def words(self, **by_language: str) -> str:
        """The wording for this context's language, English where it has none: `words(en="Yes", zh="是")`."""
        return by_language.get(self.language) or by_language["en"]


class HausgeistTool(BaseTool):
    """Base of our tools: give `name`, `description`, `args_schema`, `examples`, `risk` and `act`.

    `description` is read by the model: one or two sentences that tell this tool from its neighbours.
    """

    examples: ClassVar[tuple[Example, ...]] = ()
    risk: ClassVar[Risk] = Risk.WRITE
    repeatable: ClassVar[bool] = False
    """Whether doing it again with the same arguments, after it was cut, leaves what doing it once leaves. Tools of
    risk `READ` are; files under the outputs folder do not count, since scripts put them in place themselves.
    """
    scope: ClassVar[str] = "chat"
    """What a token of the servers must allow for it: "chat", "cameras" (it shows what a camera saw) or "admin"."""
    routed: ClassVar[bool] = True
    """Whether our own chat model may choose it. False: for scripts, servers, the command line and other chat models."""
    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"

    @abstractmethod
    def act(self, args: Any, context: ToolContext) -> ToolOutput:
        """Do it. `args` is a validated instance of `args_schema`. Raise `HausgeistError` for what goes wrong."""

    @classmethod
    def available(cls, house: House) -> str | None:
        """Why the tool cannot work here, with the remedy; None when it can. Must be fast and load nothing."""
        return None

    @classmethod
    def utterances(cls) -> tuple[Example, ...]:
        """All examples for routing: `examples`, and those in `utterances/NAME.jsonl` beside the tool's module."""
        return cls.examples + _utterances(cls.__module__.rpartition(".")[0], str(cls.model_fields["name"].default))

    def execute(self, args: Any, context: ToolContext) -> ToolOutput:
        """`act`, with expected errors turned into a failed output. A cancellation goes through as `CallCancelled`."""
        try:
            return self.act(args, context)
        except CallCancelled:
            raise
        except HausgeistError as problem:
            return ToolOutput(status="failed", error=str(problem), say=str(problem))
        except Exception as problem:
            log.exception("The tool %s failed.", self.name)
            text = f"The tool {self.name} failed: {type(problem).__name__}: {problem}."
            return ToolOutput(status="failed", error=text, say=text)

    def _run(self, config: RunnableConfig, **kwargs: Any) -> tuple[str, ToolOutput]:
        context: ToolContext = config["configurable"]["context"]
        assert isinstance(self.args_schema, type)
        output = self.execute(self.args_schema(**kwargs), context)
        return as_data(output), output


def as_data(output: ToolOutput) -> str:
    """The text of an output that a model reads: its status and facts as JSON."""
    body: dict[str, Any] = {"status": output.status, **output.facts}
    if output.error:
        body["error"] = output.error
    return json.dumps(body, ensure_ascii=False, default=str)


@cache
def _utterances(package: str, name: str) -> tuple[Example, ...]:
    file = files(package) / "utterances" / f"{name}.jsonl" if package else None
    if file is None or not file.is_file():
        return ()
    rows = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip())
    return tuple(Example(row["lang"], row["text"]) for row in rows)


__all__ = [
    "Example",
    "HausgeistTool",
    "Progress",
    "Risk",
    "ToolContext",
    "ToolFile",
    "ToolOutput",
    "as_data",
]
