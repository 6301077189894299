"""The finder's tools: find_item, describe_camera, where_was. Owns no search (see `search`, `view`) and no indexing."""

from __future__ import annotations

from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, Field, JsonValue

from runtime.errors import ArgumentError, ToolError
from runtime.house import House
from runtime.paths import ensure, replacing
from runtime.sealed import read_picture
from runtime.times import Interval, parse_when
from tools.contract import Example, HausgeistTool, Risk, ToolContext, ToolFile, ToolOutput
from tools.finder.answering.camera_names import match_camera
from tools.finder.answering.clock import at_zone
from tools.finder.answering.search import FindQuery, search
from tools.finder.answering.view import Stay, View, stays, view_of
from tools.finder.answering.view_words import say_stays, say_view
from tools.finder.answering.ways import say_ways, ways, ways_as_json
from tools.finder.cameras import waiting_recordings
from tools.finder.records import Coverage
from tools.finder.sealing import shown_folder
from tools.finder.store import FinderStore

NO_CAMERAS = "There is no camera yet."
ADD_ONE = "Add one with `hausgeist cameras add NAME PATH`, then run `hausgeist cameras index`."


class FindItemArgs(BaseModel):
    """Arguments of find_item."""

    item: str = Field(min_length=1, description="the thing to find, as the user describes it, with its colour")
    camera: str | None = Field(None, description="only this camera; leave out for all")
    since: str | None = Field(None, description="only after this time, in the user's words, such as yesterday")


class DescribeCameraArgs(BaseModel):
    """Arguments of describe_camera."""

    camera: str = Field(min_length=1, description="the camera or room to look at")
    when: str | None = Field(None, description="the time to look at, in the user's words; leave out for the newest")


class WhereWasArgs(BaseModel):
    """Arguments of where_was."""

    person: str | None = Field(None, description="who, in the user's words; leave out for anyone")
    when: str | None = Field(None, description="the time asked about, in the user's words")


class _CameraTool(HausgeistTool):
    """What the three share: they only read, and need the camera libraries."""

    risk: ClassVar[Risk] = Risk.READ
    scope: ClassVar[str] = "cameras"

    @classmethod
    def available(cls, house: House) -> str | None:
        """Whether the libraries for cameras are installed."""
        missing = [name for name in ("cv2", "av", "PIL", "torch") if find_spec(name) is None]
        return f"{', '.join(missing)} is not installed: pip install 'hausgeist[camera]'" if missing else None


class FindItem(_CameraTool):
    """Where a thing was last seen."""

    name: str = "find_item"
    description: str = (
        "Find a lost or misplaced thing (keys, wallet, mug): where and when the home cameras last saw it, and whether"
        " it was covered or taken since. For things, not for people and not for what a camera shows."
    )
    args_schema: Any = FindItemArgs
    examples: ClassVar[tuple[Example, ...]] = (
        Example("en", "Where did I leave my keys?"),
        Example("en", "Have you seen the blue mug?"),
        Example("zh", "我的手表在哪里？"),
        Example("es", "¿Dónde está mi cartera?"),
        Example("fr", "Où sont mes lunettes ?"),
        Example("de", "Wo ist meine Brille?"),
    )

    def act(self, args: Any, context: ToolContext) -> ToolOutput:
        """Search the index; says how many recordings are not in it yet."""
        since = _interval(args.since, context)
        with FinderStore(context.house.paths.finder) as store:
            names, waiting = _cameras(store)
        camera = match_camera(args.camera, names)
        query = FindQuery(args.item, camera, since.start if since else None)
        result = search(
            context.house, context.memory.embedder, query, language=context.language, check=context.cancellation.check
        )
        facts: dict[str, JsonValue] = {**result.as_json(), **_waiting_fact(waiting)}
        files = [ToolFile(path=frame, media_type="image/jpeg") for frame in result.frames]
        return ToolOutput(facts=facts, files=files, say=result.answer + _waiting_words(waiting, context))


class DescribeCamera(_CameraTool):
    """What a camera shows."""

    name: str = "describe_camera"
    description: str = (
        "Look at one camera: what it shows now or at a time, which things and how many people are in view, what changed"
        " last, with the picture. For a camera or room, not for finding one thing."
    )
    args_schema: Any = DescribeCameraArgs
    examples: ClassVar[tuple[Example, ...]] = (
        Example("en", "What does the front door camera show?"),
        Example("en", "What is going on in the garage?"),
        Example("zh", "车库的摄像头现在看到什么？"),
        Example("es", "¿Qué se ve en la cámara de la cocina?"),
        Example("fr", "Que montre la caméra du salon ?"),
        Example("de", "Was sieht die Kamera im Flur?"),
    )

    def act(self, args: Any, context: ToolContext) -> ToolOutput:
        """The newest still of the camera, or the one nearest to the time asked for."""
        when = _interval(args.when, context)
        with FinderStore(context.house.paths.finder) as store:
            names, waiting = _cameras(store)
            name = match_camera(args.camera, names) or _only(names, args.camera)
            span = (when.start.timestamp(), when.end.timestamp()) if when else (None, None)
            view = view_of(store, store.camera(name), *span)
            if view is None:
                raise ToolError(f"No footage of {name} is indexed yet.", remedy="Run `hausgeist cameras index`.")
            frame = _keep(store.folder / view.still.file, view, context)
        facts = _view_facts(view, context.now(), frame) | _waiting_fact(waiting)
        asked = when.start.timestamp() if when else None
        say = say_view(view, context.now(), context.language, asked) + _waiting_words(waiting, context)
        return ToolOutput(facts=facts, files=[ToolFile(path=frame, media_type="image/jpeg")], say=say)


class WhereWas(_CameraTool):
    """When people were in view of which camera."""

    name: str = "where_was"
    description: str = (
        "Where people were: on which cameras and when a person was in view. For people, not for things. Faces are not"
        " recognised, so it cannot tell who it was."
    )
    args_schema: Any = WhereWasArgs
    examples: ClassVar[tuple[Example, ...]] = (
        Example("en", "Where was I this morning?"),
        Example("en", "Was anybody in the garage last night?"),
        Example("zh", "孩子们今天下午在哪里？"),
        Example("es", "¿Dónde estaba Ana a las cinco?"),
        Example("fr", "Qui était dans la cuisine hier soir ?"),
        Example("de", "Wo war Oma heute Nachmittag?"),
    )

    def act(self, args: Any, context: ToolContext) -> ToolOutput:
        """The stays of people in the time asked for; with what the cameras cover of it."""
        when = _interval(args.when, context)
        span = (when.start.timestamp(), when.end.timestamp()) if when else (None, None)
        with FinderStore(context.house.paths.finder) as store:
            names, waiting = _cameras(store)
            found = stays(store, *span)
            coverage = [store.coverage(name, *span) for name in names]
            went = ways(store, *span)
        facts: dict[str, JsonValue] = {
            "asked_person": args.person,
            "who": "a person: faces are not recognised",
            "from": when.start.isoformat() if when else None,
            "to": when.end.isoformat() if when else None,
            "seen": [_stay_fact(stay, context.now()) for stay in found],
            "ways": ways_as_json(went, context.now()),
            "coverage": [_coverage_fact(one, context.now()) for one in coverage],
            **_waiting_fact(waiting),
        }
        say = say_stays(found, coverage, args.person, context.now(), context.language)
        say += say_ways(went, context.now(), context.language)
        return ToolOutput(facts=facts, say=say + _waiting_words(waiting, context))


def _interval(text: str | None, context: ToolContext) -> Interval | None:
    """The time meant. Raises `ArgumentError` where the text means none."""
    if text is None or not text.strip():
        return None
    found = parse_when(text, context.now())
    if found is None:
        raise ArgumentError(f"{text!r} is not a time.", remedy="Say it like yesterday afternoon, or 10:42.")
    return found


def _cameras(store: FinderStore) -> tuple[list[str], int]:
    """The cameras' names, and how many of their recordings are not indexed yet. Raises `ToolError` without any."""
    waiting = waiting_recordings(store)
    if not waiting:
        raise ToolError(NO_CAMERAS, remedy=ADD_ONE)
    return list(waiting), sum(waiting.values())


def _only(names: list[str], said: str) -> str:
    if len(names) == 1:
        return names[0]
    raise ArgumentError(f"{said!r} names no single camera.", remedy=f"Cameras: {', '.join(names)}.")


def _waiting_fact(waiting: int) -> dict[str, JsonValue]:
    return {"recordings_not_indexed": waiting} if waiting else {}


def _waiting_words(waiting: int, context: ToolContext) -> str:
    if not waiting:
        return ""
    return context.words(
        en=f" {waiting} recording(s) are not indexed yet: run `hausgeist cameras index`.",
        zh=f" 还有 {waiting} 段录像没有索引：请运行 `hausgeist cameras index`。",
    )


def _keep(still: Path, view: View, context: ToolContext) -> Path:
    moment = at_zone(view.still.time, context.now().tzinfo)
    target = ensure(shown_folder(context.house)) / f"camera-{view.camera.name}-{moment:%Y%m%d-%H%M%S}.jpg"
    with replacing(target) as beside:
        beside.write_bytes(read_picture(still))
    return target


def _view_facts(view: View, now: datetime, frame: Path) -> dict[str, JsonValue]:
    return {
        "camera": view.camera.name,
        "time": at_zone(view.still.time, now.tzinfo).isoformat(),
        "things": dict(view.things),
        "people": view.people,
        "last_changes": [
            {"time": at_zone(c.time, now.tzinfo).isoformat(), "type": c.type, "place": place, "thing": thing}
            for c, place, thing in view.changes
        ],
        "frame": str(frame),
    }


def _stay_fact(stay: Stay, now: datetime) -> JsonValue:
    return {
        "camera": stay.camera,
        "from": at_zone(stay.first, now.tzinfo).isoformat(),
        "to": at_zone(stay.last, now.tzinfo).isoformat(),
        "people": stay.count,
    }


def _coverage_fact(one: Coverage, now: datetime) -> JsonValue:
    def time(seconds: float | None) -> str | None:
        return None if seconds is None else at_zone(seconds, now.tzinfo).isoformat()

    return {"camera": one.camera, "from": time(one.start), "to": time(one.end),
            "gaps": [[time(a), time(b)] for a, b in one.gaps]}  # fmt: skip
