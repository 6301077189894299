"""What is known for a reply: earlier turns, recalled facts and passages of documents, within token budgets.

Owns no store and no prompt wording.
"""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from agent.aging import LOOKED_AT, aged
from agent.messages import SUMMARY, WHOLE
from agent.moment import needs_the_time
from agent.prompt import context_block, estimate_tokens
from memory.memory import Memory
from runtime.house import House
from tools.documents.citing import answering, citation, within
from tools.documents.library import Library
from tools.documents.library_store import Passage

LONG_AGO = "Earlier in this conversation I asked, oldest first: "
NOTED = "I keep that in mind."


def earlier_turns(house: House, memory: Memory, session: str) -> list[BaseMessage]:
    """The session's last turns within `settings.memory.history_tokens`, oldest first, shortened by age (`agent.aging`).

    What was cut is whole in its message's `additional_kwargs`: code reads all of it.
    """
    turns = memory.history(session, limit=LOOKED_AT)
    before = memory.turn_count(session) - len(turns) if len(turns) == LOOKED_AT else 0
    listed, kept = aged(turns, before, house.settings.memory.history_tokens)
    messages: list[BaseMessage] = []
    if listed:
        mark = {SUMMARY: True}
        messages += [
            HumanMessage(f"{LONG_AGO}{listed}", additional_kwargs=mark),
            AIMessage(NOTED, additional_kwargs=mark),
        ]
    for turn in kept:
        messages += [
            HumanMessage(turn.user, additional_kwargs={"request": turn.whole_user}),
            AIMessage(turn.reply, additional_kwargs={WHOLE: turn.whole_reply}),
        ]
    return messages


def what_is_known(
    house: House, memory: Memory, documents: Library, text: str, files: Sequence[str], passages: list[Passage]
) -> str:
    """The volatile block before a request; the passages that it quotes are put into `passages`."""
    settings = house.settings.memory
    hits = memory.recall_for_prompt(text, settings.recall_tokens, estimate_tokens) if settings.recall_tokens else []
    found = answering(documents.search(text)) if settings.document_tokens else []
    passages[:] = within(found, settings.document_tokens, estimate_tokens)
    quoted = [(citation(passage), passage.text) for passage in passages]
    now = house.now()
    timely = bool(hits or quoted or files) or needs_the_time(text, now)
    return context_block(now if timely else None, [hit.fact.text for hit in hits], files, quoted)
