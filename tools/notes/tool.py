"""The tools `remember`, `recall` and `forget`. Owns their wording; the memory itself is `memory.memory`.

`recall` looks into the owner's documents too (`tools.documents.library`) and quotes them with file and page.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, Field

from memory.fitting import clear, fitted
from memory.memory import relevant
from memory.records import Fact, Hit
from tools.contract import Example, HausgeistTool, Risk, ToolContext, ToolOutput
from tools.documents.citing import answering, citation
from tools.documents.library_store import Passage

RECALLED = 5
QUOTED, CITED = 4, 2
"""Records, and passages of documents, that a reply quotes at most; the facts hold up to `RECALLED` records."""
SHOWN = 400
"""Characters of a passage that are quoted."""
AROUND = 900
"""Characters of all quoted records: what is left beside the passages that matched goes to the sentences around them."""


class RememberArgs(BaseModel):
    """Arguments of `remember`."""

    fact: str = Field(min_length=1, max_length=20_000, description="what to remember, in the user's own words")


class RecallArgs(BaseModel):
    """Arguments of `recall`."""

    query: str = Field(min_length=1, max_length=2000, description="what the user wants to know from memory")


class ForgetArgs(BaseModel):
    """Arguments of `forget`."""

    query: str = Field(min_length=1, max_length=2000, description="which remembered thing to delete")


class Remember(HausgeistTool):
    """Keeps a fact."""

    name: str = "remember"
    description: str = (
        "Keeps a fact, note or preference that the user tells, for later conversations. Only when the user tells"
        " something or asks to remember or note it, not when they ask a question."
    )
    args_schema: Any = RememberArgs
    risk: ClassVar[Risk] = Risk.WRITE
    repeatable: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("en", "remember that the boiler was serviced in May"),
        Example("en", "make a note: Tom's shoe size is 42"),
        Example("en", "don't forget that we pay the cleaner on Thursdays"),
        Example("zh", "记住邻居的电话是 5551234"),
        Example("zh", "帮我记一下:周三要交水费"),
        Example("de", "merk dir, dass der Müll dienstags abgeholt wird"),
        Example("es", "recuerda que la llave de repuesto está en el garaje"),
        Example("fr", "retiens que Paul est allergique aux noix"),
    )

    def act(self, args: RememberArgs, context: ToolContext) -> ToolOutput:
        """Store it, once."""
        source, now = f"session {context.session}", context.now()
        fact, new = context.memory.remember_new(args.fact, source=source, time=now)
        if new:
            say = context.words(en=f"I will remember: “{_bare(fact.text)}”.", zh=f"我记住了：“{_bare(fact.text)}”。")
        else:
            day = _day(fact)
            say = context.words(
                en=f"I knew that already, since {day}: “{_bare(fact.text)}”.",
                zh=f"我从 {day} 起就知道：“{_bare(fact.text)}”。",
            )
        return ToolOutput(facts={"remembered": fact.text, "id": fact.id, "new": new}, say=say)


class Recall(HausgeistTool):
    """Looks things up in memory."""

    name: str = "recall"
    description: str = (
        "Looks up what the user told earlier: facts, notes, preferences, names, dates. For questions about the user's"
        " own life or earlier conversations; not for where a thing lies on camera."
    )
    args_schema: Any = RecallArgs
    risk: ClassVar[Risk] = Risk.READ
    examples: ClassVar[tuple[Example, ...]] = (
        Example("en", "what did I tell you about the boiler?"),
        Example("en", "do you remember Tom's shoe size?"),
        Example("en", "when do we pay the cleaner?"),
        Example("zh", "我之前说过邻居的电话是多少?"),
        Example("zh", "你还记得我什么时候交水费吗"),
        Example("de", "was habe ich dir über die Müllabfuhr gesagt?"),
        Example("es", "¿qué te dije sobre la llave de repuesto?"),
        Example("fr", "à quoi Paul est-il allergique, tu te souviens ?"),
    )

    def act(self, args: RecallArgs, context: ToolContext) -> ToolOutput:
        """Search, and quote the best records with their day, and the best passages of documents with their place."""
        passages = _passages(args.query, context)
        hits = [hit for hit in context.memory.search(args.query, RECALLED) if relevant(hit)]
        quotes = _quotes(hits)
        records: list[Any] = [
            {
                "text": quotes.get(number, hit.excerpt or hit.fact.text),
                "time": hit.fact.time.isoformat(),
                "source": hit.fact.source,
                "score": round(hit.score, 3),
            }
            for number, hit in enumerate(hits)
        ]
        facts: dict[str, Any] = {"query": args.query, "records": records}
        if passages:
            facts["passages"] = [{"text": p.text, "source": citation(p), "path": str(p.path)} for p in passages]
        if not hits and not passages:
            say = context.words(
                en=f"I remember nothing about “{args.query}”.", zh=f"关于“{args.query}”，我什么都没记过。"
            )
            return ToolOutput(facts=facts, say=say)
        said = [_quoted(hits, quotes, context)] if hits else []
        said += [_cited(passage, context) for passage in passages]
        return ToolOutput(facts=facts, say="\n".join(said), outside=bool(passages))


class Forget(HausgeistTool):
    """Deletes from memory."""

    name: str = "forget"
    description: str = "Deletes remembered facts for good. Only when the user asks to forget or delete what they told."
    args_schema: Any = ForgetArgs
    risk: ClassVar[Risk] = Risk.SENSITIVE
    repeatable: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("en", "forget what I said about the boiler"),
        Example("en", "delete the note with Tom's shoe size"),
        Example("en", "please erase my neighbour's number from your memory"),
        Example("zh", "忘掉邻居的电话"),
        Example("zh", "把水费的那条记录删掉"),
        Example("de", "vergiss, was ich über die Müllabfuhr gesagt habe"),
        Example("es", "olvida lo de la llave de repuesto"),
        Example("fr", "oublie ce que j'ai dit sur Paul"),
    )

    def act(self, args: ForgetArgs, context: ToolContext) -> ToolOutput:
        """Delete what the query really means, and name it; often that is nothing."""
        gone = context.memory.forget(args.query)
        deleted: list[Any] = [fact.text for fact in gone]
        facts: dict[str, Any] = {"query": args.query, "deleted": deleted}
        if not gone:
            say = context.words(
                en=f"Nothing in memory matches “{args.query}”, so I deleted nothing.",
                zh=f"记忆里没有与“{args.query}”相符的内容，所以什么也没删。",
            )
            return ToolOutput(facts=facts, say=say)
        listed = context.words(en="; ", zh="；").join(f"“{text}”" for text in deleted)
        say = context.words(en=f"I deleted for good: {listed}.", zh=f"已彻底删除：{listed}。")
        return ToolOutput(facts=facts, say=say)


def _passages(query: str, context: ToolContext) -> list[Passage]:
    """What the documents say about the query: at most `CITED` passages."""
    if context.documents is None:
        return []
    return [hit.passage for hit in answering(context.documents.search(query, CITED))]


def _cited(passage: Passage, context: ToolContext) -> str:
    text = passage.text if len(passage.text) <= SHOWN else f"{passage.text[:SHOWN].rsplit(' ', 1)[0]} …"
    return context.words(
        en=f"{citation(passage)} says: “{_bare(text)}”.", zh=f"{citation(passage, True)}写道：“{_bare(text)}”。"
    )


def _quotes(hits: list[Hit]) -> dict[int, str]:
    """By number, what is quoted of the best hits: the passage that matched, and what stands around it."""
    pairs = [(hit.fact.text, hit.excerpt or hit.fact.text) for hit in hits[: clear([hit.score for hit in hits])]]
    forms = fitted(pairs[:QUOTED], AROUND, len)
    return {number: forms.get(number, passage) for number, (_, passage) in enumerate(pairs[:QUOTED])}


def _quoted(hits: list[Hit], quotes: dict[int, str], context: ToolContext) -> str:
    lines = [
        context.words(
            en=f"On {_day(hits[number].fact)} you told me: “{_bare(text)}”.",
            zh=f"{_day(hits[number].fact)} 你告诉我：“{_bare(text)}”。",
        )
        for number, text in quotes.items()
    ]
    return "\n".join(lines)


def _bare(text: str) -> str:
    """A text without the full stop that the sentence around it brings."""
    return text.rstrip(" .。")


def _day(fact: Fact) -> str:
    return fact.time.date().isoformat()
