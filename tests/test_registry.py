"""Tools are found by entry points; one that cannot load is named and stops nothing; arguments are checked."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest
from langchain_core.tools import tool
from pydantic import BaseModel, Field

from runtime.errors import ArgumentError, ToolError, ToolUnavailableError, UnknownNameError
from runtime.house import House
from runtime.settings import ApprovalSettings
from tools.approval import verdict
from tools.contract import HausgeistTool, Risk, ToolContext, ToolOutput
from tools.registry import GROUP, ORDER, Registry, risk_of, schema_of

HERE = "tests.test_registry"


class RepeatArgs(BaseModel):
    text: str = Field(description="what to repeat")
    times: int = Field(1, ge=1, le=3)


class Repeat(HausgeistTool):
    """A tool of a third party."""

    name: str = "repeat"
    description: str = "Repeats a text."
    args_schema: type[BaseModel] = RepeatArgs
    risk = Risk.READ

    def act(self, args: RepeatArgs, context: ToolContext) -> ToolOutput:
        if args.text == "expected":
            raise ToolError("It cannot be repeated.", remedy="Say something else.")
        if args.text == "unexpected":
            raise ZeroDivisionError("by zero")
        return ToolOutput(facts={"text": args.text * args.times}, say=args.text * args.times)


class Unavailable(Repeat):
    name: str = "unavailable"

    @classmethod
    def available(cls, house: House) -> str | None:
        return "There is no such device. Plug one in."


@tool
def shout(text: str) -> str:
    """Says a text in capitals."""
    return text.upper()


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


@pytest.fixture
def registry(house: House) -> Registry:
    return Registry.load(
        house,
        [
            point("repeat", f"{HERE}:Repeat"),
            point("unavailable", f"{HERE}:Unavailable"),
            point("broken", "no.such.module:Tool"),
            point("shout", f"{HERE}:shout"),
        ],
    )


def context(house: House) -> ToolContext:
    from memory.memory import Memory

    return ToolContext(house, Memory(house))


def call(registry: Registry, house: House, name: str, **args: Any) -> ToolOutput:
    return registry.call(name, args, context(house))


def test_what_cannot_load_is_named_with_its_reason_and_stops_nothing(registry: Registry) -> None:
    assert set(registry.tools) == {"repeat", "unavailable", "shout"}
    assert "ModuleNotFoundError" in registry.unavailable["broken"]
    with pytest.raises(ToolUnavailableError, match="ModuleNotFoundError"):
        registry.get("broken")


def test_a_tool_that_lacks_something_here_fails_with_the_remedy(registry: Registry, house: House) -> None:
    assert "Plug one in" in registry.unavailable["unavailable"]
    output = call(registry, house, "unavailable", text="a")
    assert output.status == "failed"
    assert "Plug one in" in (output.error or "")


def test_an_unknown_tool_offers_the_nearest(registry: Registry) -> None:
    with pytest.raises(UnknownNameError, match="repeat"):
        registry.get("repaet")


def test_a_call_gives_facts(registry: Registry, house: House) -> None:
    assert call(registry, house, "repeat", text="ha", times=2).facts == {"text": "haha"}


@pytest.mark.parametrize(
    ("args", "named"),
    [
        ({"txet": "a"}, "text"),
        ({}, "text"),
        ({"text": "a", "times": "many"}, "times"),
        ({"text": "a", "times": 9}, "times"),
    ],
)
def test_wrong_arguments_name_the_argument(registry: Registry, house: House, args: dict[str, Any], named: str) -> None:
    with pytest.raises(ArgumentError, match=named):
        registry.call("repeat", args, context(house))


def test_what_goes_wrong_inside_a_tool_is_a_failed_output(registry: Registry, house: House) -> None:
    expected = call(registry, house, "repeat", text="expected")
    assert (expected.status, expected.error) == ("failed", "It cannot be repeated. Say something else.")
    unexpected = call(registry, house, "repeat", text="unexpected")
    assert unexpected.status == "failed"
    assert "ZeroDivisionError" in (unexpected.error or "")


def test_a_plain_langchain_tool_is_a_tool_whose_text_comes_from_outside(registry: Registry, house: House) -> None:
    output = call(registry, house, "shout", text="hello")
    assert output.facts == {"result": "HELLO"}
    assert output.outside
    assert risk_of(registry.get("shout")) is Risk.SENSITIVE


def test_disabled_tools_are_not_offered(environment: dict[str, str]) -> None:
    with House.open(environment, ['tools.disabled=["repeat"]']) as house:
        assert not Registry.load(house, [point("repeat", f"{HERE}:Repeat")]).tools


def test_a_langchain_tool_can_be_named_in_the_settings(environment: dict[str, str]) -> None:
    with House.open(environment, [f'tools.langchain=["{HERE}:shout"]']) as house:
        assert list(Registry.load(house, []).tools) == ["shout"]


def test_the_built_in_tools_are_declared_in_a_stable_order(house: House) -> None:
    registry = Registry.load(house)
    known = {*registry.tools, *registry.unavailable}
    assert set(ORDER) <= known
    offered = [name for name in registry.tools if name in ORDER]
    assert offered == sorted(offered, key=ORDER.index)
    for name in offered:
        assert schema_of(registry.tools[name])["properties"]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({}, "allow"),
        ({"read": "ask"}, "ask"),
        ({"read": "allow", "tools": {"repeat": "deny"}}, "deny"),
        ({"read": "deny", "tools": {"repeat": "allow"}}, "allow"),
    ],
)
def test_a_rule_for_the_name_is_stronger_than_one_for_the_risk(policy: dict[str, Any], expected: str) -> None:
    assert verdict(Repeat(), ApprovalSettings(**policy)) == expected
