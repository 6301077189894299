"""A conversation through a real sound system: PortAudio, ALSA, a private PulseAudio daemon with a virtual card."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.voice.conversation import Conversation, VoiceOptions
from agent.voice.events import Heard, Interrupted, Ready, TurnDone
from agent.voice.loudspeaker import DeviceLoudspeaker
from runtime.cancellation import Cancellation
from runtime.errors import ToolUnavailableError
from runtime.house import House
from tools.speech.ear import Source
from tools.speech.listen import transcribe

from .sound_card import RATE, SoundCard, channels, sound_card
from .voice_kit import Events, ScriptedSession, hum, spoken_file, until

pytestmark = pytest.mark.alone

LOUD = 0.005
"""Root mean square of 10 ms from which there is sound."""


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[SoundCard]:
    """The virtual card; its microphone is what the test's parameter names."""
    with sound_card(tmp_path / "card", getattr(request, "param", "headset")) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@contextmanager
def opened(tmp_path: Path, need_model: Callable[[str], Path]) -> Iterator[House]:
    """A house whose workers use the card."""
    models = need_model("piper-en-us-joe").parent
    need_model("whisper-base")
    environ = {**os.environ, "HAUSGEIST_HOME": str(tmp_path / "house"), "HAUSGEIST_MODELS": str(models)}
    with House.open(environ) as house:
        yield house


@asynccontextmanager
async def talking(house: House, answer: Callable[[str], list[str | Path]], options: VoiceOptions) -> Any:
    """A conversation that listens already: (conversation, events, session)."""
    events, session = Events(), ScriptedSession(house, answer)
    conversation = Conversation(session, DeviceLoudspeaker(house), options, events)  # type: ignore[arg-type]
    assert DeviceLoudspeaker(house).reason() is None
    await asyncio.to_thread(conversation.mouth.warm)
    await asyncio.to_thread(transcribe, house, np.zeros(1600, np.float32))
    ended = Cancellation()
    running = asyncio.create_task(conversation.run(Source(), ended))
    try:
        await events.wait(Ready)
        yield conversation, events, session
    finally:
        ended.cancel()
        await conversation.close()
        await asyncio.gather(running, return_exceptions=True)
        session.memory.close()


def level(samples: np.ndarray) -> np.ndarray:
    """Root mean square of every 10 ms."""
    step = RATE // 100
    blocks = samples[: len(samples) // step * step].reshape(-1, step)
    return np.sqrt((blocks**2).mean(axis=1))


async def test_a_spoken_question_is_answered_aloud(
    card: SoundCard, tmp_path: Path, need_model: Callable[[str], Path]
) -> None:
    def answer(text: str) -> list[str | Path]:
        return ["The spare key hangs behind the fuse box. ", "Please put it back afterwards."]

    with opened(tmp_path, need_model) as house:
        question = spoken_file(house, "Where does the spare key hang?", tmp_path / "question.wav")
        with card.recording() as recorded:
            async with talking(house, answer, VoiceOptions(earcons=False)) as (_, events, session):
                card.say(question)
                turn = (await events.wait(TurnDone)).turn
                await asyncio.sleep(0.5)  # what is still on its way through the sound system
        assert session.asked == [turn.text]
        assert "spare key" in turn.text.lower()
        loudspeaker, _ = channels(recorded)
        heard = transcribe(house, loudspeaker[:: RATE // 16000].copy()).text.lower()
        assert "behind the fuse box" in heard and "put it back" in heard


async def test_speaking_over_it_stops_it_at_once_and_begins_a_turn(
    card: SoundCard, tmp_path: Path, need_model: Callable[[str], Path]
) -> None:
    """The time from the first sound of the person to the last of the house, on one recording; best of some tries."""
    sound = hum(tmp_path / "hum.wav", 30)
    tries = 3
    with opened(tmp_path, need_model) as house:
        over = spoken_file(house, "Tell me about the garden instead.", tmp_path / "over.wav", before_s=0.1)
        options = VoiceOptions(full_duplex=True, earcons=False)
        with card.recording() as recorded:
            async with talking(house, lambda text: [sound], options) as (conversation, events, session):
                for number in range(1, tries + 1):
                    if number == 1:
                        first = asyncio.create_task(conversation.say("Hum."))
                    await until(lambda: conversation.sounding)
                    await asyncio.sleep(1.0)
                    card.say(over)
                    await events.wait(Interrupted, number)
                    await events.wait(Heard, number + 1)
                await first
        assert all("garden" in heard.text.lower() for heard in events.of(Heard)[1:])
        assert len(session.asked) == tries + 1
    delays = interruptions(*channels(recorded))
    assert len(delays) >= tries
    assert min(delays) <= 0.2, delays


def interruptions(loudspeaker: np.ndarray, room: np.ndarray) -> list[float]:
    """Seconds from where somebody begins to speak in the room to where the loudspeaker falls silent."""
    humming, speaking = level(loudspeaker) > LOUD, level(room) > LOUD
    found = []
    for start in np.flatnonzero(np.diff(speaking.astype(int)) == 1) + 1:
        silent_before = not speaking[max(0, start - 40) : start].any()
        if silent_before and humming[max(0, start - 10) : start].all():
            found.append(float(np.argmin(humming[start:])) / 100)
    return found


@pytest.mark.parametrize("card", ["open"], indirect=True)
async def test_it_does_not_answer_itself_but_hears_stop(
    card: SoundCard, tmp_path: Path, need_model: Callable[[str], Path]
) -> None:
    """The loudspeaker's sound comes back into the microphone at full level, while it speaks and after."""

    def answer(text: str) -> list[str | Path]:
        if "story" not in text.lower():
            return ["What is the time now? ", "Where is the red book? "]
        return [
            f"Turn on the light in room number {number}, please, and tell me what you see. " for number in range(20)
        ]

    with opened(tmp_path, need_model) as house:
        question = spoken_file(house, "Which questions do you have?", tmp_path / "question.wav")
        story = spoken_file(house, "Tell me a long story, please.", tmp_path / "story.wav")
        stop = spoken_file(house, "Stop! Stop!", tmp_path / "stop.wav")
        async with talking(house, answer, VoiceOptions(earcons=False)) as (conversation, events, session):
            card.say(question)
            await events.wait(TurnDone)
            await asyncio.sleep(3.0)  # its own questions come back and must not be answered
            assert len(session.asked) == 1, session.asked
            card.say(story)
            await until(lambda: conversation.sounding)
            for _ in range(5):
                card.say(stop)
                with contextlib.suppress(TimeoutError):
                    await events.wait(Interrupted, seconds=8)
                    break
            assert [event.by for event in events.of(Interrupted)] == ["stop"]
            assert len(session.asked) == 2, session.asked


async def test_a_card_that_is_unplugged_in_the_middle(
    card: SoundCard, tmp_path: Path, need_model: Callable[[str], Path]
) -> None:
    with opened(tmp_path, need_model) as house:
        events, session = Events(), ScriptedSession(house, lambda text: [])
        conversation = Conversation(session, DeviceLoudspeaker(house), VoiceOptions(), events)  # type: ignore[arg-type]
        running = asyncio.create_task(conversation.run(Source(), Cancellation()))
        await events.wait(Ready)
        card.unplug()
        with pytest.raises(ToolUnavailableError, match=r"microphone"):
            await asyncio.wait_for(running, 40)
        with pytest.raises(ToolUnavailableError, match=r"microphone"):
            await asyncio.wait_for(conversation.run(Source(), Cancellation()), 40)
        session.memory.close()
