"""What a script may say: the models that a file is checked against. Owns no reading and no running.

The JSON Schema of `Script` is published in `docs/script.schema.json`, for editors.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, JsonValue, StringConstraints, Tag, model_validator

from agent.scripts.words import NAME, Seconds, TimeOfDay

Name = Annotated[str, StringConstraints(pattern=NAME)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ACTIONS = ("tool", "ask", "read", "write", "set", "parallel", "steps")
"""What a step does: exactly one of these keys."""


class Part(BaseModel):
    """A part of a script; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Input(Part):
    """A value that the caller may give with `--set name=value`."""

    description: str = ""
    type: Literal["text", "number", "boolean", "list", "path"] = Field("text", description="what the value must be")
    default: JsonValue = Field(None, description="the value when none is given")
    required: bool = Field(False, description="the script does not start without it")


class Retry(Part):
    """How often a failed step is tried again."""

    times: int = Field(2, ge=1, le=20, description="further attempts after the first")
    wait: Seconds = Field(1.0, description="before the second attempt; doubled before each further one")


class Source(Part):
    """What a loop goes over: exactly one of files and lines."""

    files: str | None = Field(None, min_length=1, description="files, by a pattern such as ~/texts/*.txt")
    lines: str | None = Field(None, min_length=1, description="lines of this text file; # begins a comment")

    @model_validator(mode="after")
    def _one_kind(self) -> Source:
        if (self.files is None) == (self.lines is None):
            raise ValueError("a loop needs a list, an expression, or exactly one of files and lines")
        return self


def _form(value: Any) -> str | None:
    forms = {list: "list", str: "text", dict: "table", Source: "table", bool: "truth"}
    return forms.get(type(value))


Loop = Annotated[
    Annotated[list[JsonValue], Tag("list")] | Annotated[str, Tag("text")] | Annotated[Source, Tag("table")],
    Discriminator(
        _form,
        custom_error_type="loop",
        custom_error_message="it should be a list, an expression, or a table with files or lines",
    ),
]
Condition = Annotated[
    Annotated[str, Tag("text")] | Annotated[bool, Tag("truth")],
    Discriminator(
        _form, custom_error_type="condition", custom_error_message="it should be an expression, true or false"
    ),
]


class Writing(Part):
    """A text file under the outputs folder."""

    file: str = Field(min_length=1, description="its name or relative path, such as briefing.md")
    text: str = Field(description="what it says")
    append: bool = Field(False, description="add to the end instead of replacing")


class Step(Part):
    """One step: exactly one of tool, ask, write, set, parallel or steps."""

    id: Name | None = Field(None, description="name by which later steps use its result: steps.NAME")
    tool: str | None = Field(None, description="a tool to call; see `hausgeist tools list`")
    with_: dict[str, JsonValue] = Field(default_factory=dict, alias="with", description="arguments of the tool")
    ask: str | None = Field(None, min_length=1, description="a request to the assistant, as if it were typed")
    data: str | None = Field(None, description="text for `ask` to work on; it is data and chooses no tool")
    read: str | None = Field(None, min_length=1, description="path of a text file: steps.ID.value is its text")
    write: Writing | None = Field(None, description="write a text file")
    set: dict[Name, JsonValue] | None = Field(None, description="values for later steps: steps.ID.value.NAME")
    parallel: list[Step] | None = Field(None, min_length=1, description="steps that run at the same time")
    steps: list[Step] | None = Field(None, min_length=1, description="steps that run one after the other")
    if_: Condition | None = Field(None, alias="if", description="run only where this expression is true")
    for_each: Loop | None = Field(None, description="run once for each of these")
    as_: Name = Field("item", alias="as", description="name of the loop's current value")
    at_once: int = Field(1, ge=1, le=16, description="how many rounds of the loop run at the same time")
    retry: Retry | None = Field(None, description="try again after a failure")
    time_limit: Seconds | None = Field(None, description="the longest a try may take")
    on_failure: Literal["stop", "continue"] = Field("stop", description="what a failure does to the script")
    repeatable: bool | None = Field(
        None, description="whether running it twice does no harm, where the tool itself does not say"
    )

    @model_validator(mode="after")
    def _one_action(self) -> Step:
        given = [name for name in ACTIONS if getattr(self, name) is not None]
        if len(given) != 1:
            what = f"has {' and '.join(given)}" if given else "says nothing to do"
            raise ValueError(f"a step {what}; give exactly one of {', '.join(ACTIONS)}")
        if self.with_ and self.tool is None:
            raise ValueError("`with` belongs to `tool`; remove it or name a tool")
        if self.data is not None and self.ask is None:
            raise ValueError("`data` belongs to `ask`; remove it or add `ask`")
        return self

    @property
    def action(self) -> str:
        """Which of `ACTIONS` it is."""
        return next(name for name in ACTIONS if getattr(self, name) is not None)


class FileTrigger(Part):
    """A file that appears in a folder."""

    folder: str = Field(min_length=1, description="the folder to watch")
    pattern: str = Field("*", description="which names, such as *.txt")


class CameraTrigger(Part):
    """A change that the finder has indexed."""

    name: str | None = Field(None, description="only this camera")
    change: Literal["placed", "removed", "covered", "uncovered"] | None = Field(None, description="only this change")


class Trigger(Part):
    """When `hausgeist run --serve` starts the script: exactly one of every, at, file or camera."""

    every: Seconds | None = Field(None, description="again and again, such as 15m")
    at: TimeOfDay | None = Field(None, description='a time of day in the house\'s zone, such as "22:30"')
    days: list[Weekday] | None = Field(None, min_length=1, description="with `at`: only on these days")
    file: FileTrigger | None = Field(None, description="a new file")
    camera: CameraTrigger | None = Field(None, description="a camera event")

    @model_validator(mode="after")
    def _one_kind(self) -> Trigger:
        given = [name for name in ("every", "at", "file", "camera") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("a trigger needs exactly one of every, at, file, camera")
        if self.days is not None and self.at is None:
            raise ValueError("`days` belongs to `at`; remove it or add `at`")
        return self

    @property
    def key(self) -> str:
        """Names the trigger in the journal: the same words, the same trigger."""
        return self.model_dump_json(exclude_none=True)


class Script(Part):
    """A script."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = Field(
        None, description="what to call it (default: the file's name)"
    )
    description: str = ""
    inputs: dict[Name, Input] = Field(default_factory=dict, description="values that the caller may give")
    on: list[Trigger] = Field(default_factory=list, description="when `hausgeist run --serve` starts it")
    steps: list[Step] = Field(min_length=1, description="what it does, in order")
    output: dict[Name, JsonValue] = Field(default_factory=dict, description="what the run gives back")


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a script."""
    schema = Script.model_json_schema(by_alias=True)
    step = schema["$defs"]["Step"]
    step["oneOf"] = [{"required": [name]} for name in ACTIONS]
    schema["$defs"]["Trigger"]["oneOf"] = [{"required": [name]} for name in ("every", "at", "file", "camera")]
    for part in (step, schema["$defs"]["Trigger"]):
        for field in part["properties"].values():
            _without_null(field)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Hausgeist script", **schema}


def _without_null(field: dict[str, Any]) -> None:
    """An absent key is not null for editors: `tool: null` would be no step."""
    choices = [choice for choice in field.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        del field["anyOf"]
        field.update(choices[0] | {"description": field.get("description", choices[0].get("description", ""))})
    elif choices:
        field["anyOf"] = choices
    if field.get("default", ...) is None:
        del field["default"]
