"""From the end of speech to the first sound of the answer: the conversation against the same parts run in turn.

Both sides hear the same recordings with the same warm workers, models and session state, and must come to the same
words and the same reply. In turn means: recognise all, answer all, synthesise all. Both must first notice that the
turn is over. Ours waits for 0.4 s of silence, since the words (recognised meanwhile) are a whole request. What comes in
turn knows no words yet and would have to wait for `speech.end_silence_s`; `times_sooner` charges it only the same
0.4 s, and `times_sooner_free` none at all, as if somebody told it. The first sound is the moment at which samples are
handed to the output; no sound device takes part. Reads the recordings at the speed of speech.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.chat_llama import ChatLlama
from agent.events import TextDelta, TurnFinished
from agent.recollection import what_is_known
from agent.session import Session
from agent.voice.conversation import Conversation, VoiceOptions
from agent.voice.events import TurnDone, VoiceEvent, VoiceTurn
from agent.voice.loudspeaker import Recording
from runtime.cancellation import Cancellation
from runtime.house import House
from tools.speech.ear import Source, listen
from tools.speech.endpoint import Endpointer, Patience, Paused
from tools.speech.frames import Frame
from tools.speech.house_words import house_words
from tools.speech.listen import transcribe
from tools.speech.normalise import sentences
from tools.speech.speak import say_sentences, say_to_file
from tools.speech.voice import Samples

QUESTIONS = (
    "What do you remember about my sister?",
    "How do I make pancakes? Please explain every step.",
    "Why is sleep important for the health of people?",
    "What do you remember about the garden?",
    "Explain to me how a refrigerator keeps things cold.",
    "Can you give me some advice on how to learn a language?",
)
FACTS = (
    "My sister is called Hannah and she lives in a small house by the sea.",
    "My sister is allergic to hazelnuts and to cats.",
    "The birthday of my sister is on the twelfth of May.",
    "My sister plays the violin in an orchestra.",
    "The tomatoes in the garden want water every evening in summer.",
    "The key of the garden gate hangs on a nail in the shed.",
    "The gardener comes on the first Monday of every month.",
)
_NOW = datetime(2026, 3, 4, 18, 30).astimezone()


@dataclass(frozen=True)
class InTurn:
    """What the parts came to one after the other, and the seconds of each; `wait_s` is the silence that ends a turn."""

    text: str
    reply: str
    recognise_s: float
    answer_s: float
    synthesise_s: float
    wait_s: float = Patience().complete_s

    @property
    def free_s(self) -> float:
        """Seconds to the first sound, from the moment at which the end of speech is known."""
        return self.recognise_s + self.answer_s + self.synthesise_s

    @property
    def first_sound_s(self) -> float:
        """Seconds from the end of speech to the first sound."""
        return self.wait_s + self.free_s


def first_sound(house: House, folder: Path, reply_tokens: int, chosen: slice = slice(None)) -> dict[str, Any]:
    """Ask each of the `chosen` questions both ways; print-ready figures."""
    changes: dict[str, dict[str, Any]] = {
        "chat": {"max_reply_tokens": reply_tokens} if reply_tokens else {},
        "memory": {"learn": False},  # the second of two ways must not know more than the first
        "speech": {"play": False},
    }
    groups = {name: getattr(house.settings, name).model_copy(update=values) for name, values in changes.items()}
    house = replace(house, settings=house.settings.model_copy(update=groups))
    house.clock = lambda: _NOW
    files = []
    questions = QUESTIONS[chosen]
    for number, question in enumerate(questions):
        files.append(folder / f"question-{number}.wav")
        say_to_file(house, question, files[-1], play=False)
    with Session.open(house, "facts") as session:
        for fact in FACTS:
            session.memory.remember(fact, source=fact)
    with Session.open(house, "warm") as session:  # libraries and stores are loaded at the first turn of a program
        asyncio.run(_answer(session, "What do you remember about music?"))
    rows = []
    for number, file in enumerate(files):
        in_turn = _one_after_the_other(house, file, f"in-turn-{number}")
        ours = asyncio.run(_conversation(house, file, f"ours-{number}"))
        rows.append(_row(questions[number], ours, in_turn))
        print(json.dumps(rows[-1], ensure_ascii=False), file=sys.stderr, flush=True)
    return {
        "questions": rows,
        "first_sound_s": round(sum(row["ours"]["first_sound"] for row in rows) / len(rows), 2),
        "one_after_the_other_s": round(sum(row["in_turn"]["first_sound"] for row in rows) / len(rows), 2),
        **_spread("times_sooner", rows),
        **_spread("times_sooner_free", rows),
        "equal_text": all(row["equal_text"] for row in rows),
    }


def _spread(name: str, rows: list[dict[str, Any]]) -> dict[str, float]:
    """The mean over the questions, and from where to where it goes."""
    ratios = [row[name] for row in rows]
    mean = round(sum(ratios) / len(ratios), 2)
    return {name: mean, f"{name}_at_least": min(ratios), f"{name}_at_most": max(ratios)}


def _row(question: str, ours: VoiceTurn, in_turn: InTurn) -> dict[str, Any]:
    spans = ours.spans()
    same = ours.text == in_turn.text and ours.reply.split() == in_turn.reply.split()
    return {
        "asked": question,
        "heard": ours.text,
        "reply": ours.reply,
        "sentences": len(sentences(ours.reply)),
        "equal_text": same,
        "ours": spans,
        "in_turn": {
            "wait": in_turn.wait_s,
            "recognise": round(in_turn.recognise_s, 3),
            "answer": round(in_turn.answer_s, 3),
            "synthesise": round(in_turn.synthesise_s, 3),
            "first_sound": round(in_turn.first_sound_s, 3),
        },
        "times_sooner": round(in_turn.first_sound_s / spans["first_sound"], 2),
        "times_sooner_free": round(in_turn.free_s / spans["first_sound"], 2),
    } | ({} if same else {"in_turn_heard": in_turn.text, "in_turn_reply": in_turn.reply})


def _one_after_the_other(house: House, file: Path, name: str) -> InTurn:
    """Recognise all, then answer all, then synthesise all."""
    with Session.open(house, name) as session:
        facts = [fact.text for fact in session.memory.facts()]
        _fresh(house, session, file)
        request, words = _request(house, file), house_words(house, facts)
        started = time.perf_counter()
        text = transcribe(house, request, hotwords=words).text.strip()
        recognised = time.perf_counter()
        reply = asyncio.run(_answer(session, text))
        answered = time.perf_counter()
        for _ in say_sentences(house, sentences(reply)):
            pass
        synthesised = time.perf_counter()
    return InTurn(text, reply, recognised - started, answered - recognised, synthesised - answered)


def _fresh(house: House, session: Session, file: Path) -> None:
    """Start the chat model anew, and warm all: both ways begin with the same caches, so that it says the same."""
    assert isinstance(session.model, ChatLlama), "the figures are of our own chat model"
    with house.residency.lease(session.model.spec()) as worker:
        worker.close()
    session.warm()
    what_is_known(house, session.memory, session.documents, "Ready.", (), [])
    transcribe(house, file)
    for _ in say_sentences(house, ["Ready."]):
        pass
    _request(house, file)


def _request(house: House, file: Path) -> Samples:
    """The words in `file` as the endpointer cuts them out, ready to be recognised."""
    endpointer = Endpointer()
    found: list[Samples] = []

    def take(frame: Frame) -> None:
        found.extend(sign.samples for sign in endpointer.feed(frame) if isinstance(sign, Paused))

    listen(house, Source(file=file), take)
    assert found, f"nobody speaks in {file}"
    return found[-1]


async def _answer(session: Session, text: str) -> str:
    written, reply = "", ""
    async with aclosing(session.send(text)) as events:  # type: ignore[type-var]
        async for event in events:
            if isinstance(event, TextDelta):
                written += event.text
            elif isinstance(event, TurnFinished):
                reply = event.reply
    return reply or written


async def _conversation(house: House, file: Path, name: str) -> VoiceTurn:
    """Our way: the recording as a microphone would hear it, live."""
    turns: list[VoiceTurn] = []

    def take(event: VoiceEvent) -> None:
        if isinstance(event, TurnDone):
            turns.append(event.turn)

    with Session.open(house, name) as session:
        _fresh(house, session, file)
        conversation = Conversation(session, Recording(), VoiceOptions(earcons=False), take)
        await conversation.run(Source(file=file, paced=True), Cancellation())
        await conversation.close()
    assert len(turns) == 1, f"one question is one turn, not {len(turns)}"
    return turns[0]
