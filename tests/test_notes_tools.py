"""The tools remember, recall and forget, through the registry as a turn calls them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from memory.memory import Memory
from runtime.errors import ArgumentError
from runtime.house import House
from tools.contract import HausgeistTool, Risk, ToolContext
from tools.registry import GROUP, Registry, risk_of, utterances_of

NAMES = {"remember": "Remember", "recall": "Recall", "forget": "Forget"}


@pytest.fixture
def registry(house: House) -> Registry:
    return Registry.load(house, [EntryPoint(n, f"tools.notes.tool:{c}", GROUP) for n, c in NAMES.items()])


@pytest.fixture
def context(house: House) -> Iterator[ToolContext]:
    with Memory(house) as memory:
        yield ToolContext(house, memory, session="kitchen")


def test_remember_recall_forget(registry: Registry, context: ToolContext) -> None:
    kept = registry.call("remember", {"fact": "Tom's shoe size is 42"}, context)
    assert kept.status == "ok" and kept.facts["remembered"] == "Tom's shoe size is 42" and kept.facts["new"] is True
    again = registry.call("remember", {"fact": "tom's shoe size is 42."}, context)
    assert again.facts["new"] is False and "already" in again.say
    registry.call("remember", {"fact": "The boiler was serviced in May"}, context)

    found = registry.call("recall", {"query": "what is Tom's shoe size?"}, context)
    records = found.facts["records"]
    assert isinstance(records, list) and isinstance(records[0], dict)
    assert records[0]["text"] == "Tom's shoe size is 42" and records[0]["source"] == "session kitchen"
    assert set(records[0]) == {"text", "time", "source", "score"} and not found.answer_from, "quoted word for word"
    assert "42" in found.say and context.now().date().isoformat() in found.say and "boiler" not in found.say

    nothing = registry.call("forget", {"query": "the trip to Norway"}, context)
    assert nothing.status == "ok" and nothing.facts["deleted"] == [] and "Nothing" in nothing.say
    gone = registry.call("forget", {"query": "Tom's shoe size"}, context)
    assert gone.facts["deleted"] == ["Tom's shoe size is 42"] and "Tom's shoe size is 42" in gone.say
    assert [fact.text for fact in context.memory.facts()] == ["The boiler was serviced in May"]
    empty = registry.call("recall", {"query": "zebra crossing"}, context)
    assert empty.facts["records"] == [] and "nothing" in empty.say


def test_chinese_words(registry: Registry, context: ToolContext) -> None:
    context.language = "zh"
    assert "记住了" in registry.call("remember", {"fact": "周三要交水费"}, context).say
    assert "周三要交水费" in registry.call("recall", {"query": "什么时候交水费?"}, context).say
    assert "周三要交水费" in registry.call("forget", {"query": "水费"}, context).say
    assert "没" in registry.call("forget", {"query": "水费"}, context).say


def test_a_query_that_means_many_deletes_none(registry: Registry, context: ToolContext) -> None:
    for i in range(7):
        context.memory.remember(f"The recipe number {i} needs cinnamon", source="test")
    output = registry.call("forget", {"query": "cinnamon recipe"}, context)
    assert output.status == "failed" and "7 records" in output.say and len(context.memory.facts()) == 7


def test_declarations(registry: Registry, context: ToolContext) -> None:
    risks = {"remember": Risk.WRITE, "recall": Risk.READ, "forget": Risk.SENSITIVE}
    for name, risk in risks.items():
        tool = registry.get(name)
        assert isinstance(tool, HausgeistTool) and risk_of(tool) is risk
        assert {example.lang for example in utterances_of(tool)} >= {"en", "zh", "es", "fr", "de"}
        with pytest.raises(ArgumentError):
            registry.call(name, {}, context)
    with pytest.raises(ArgumentError):
        registry.call("recall", {"query": ""}, context)
