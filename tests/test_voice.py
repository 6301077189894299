"""Conversations by voice from files, with the real recogniser, voice, speech detector and wake words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from agent.events import ApprovalNeeded, Timing, TurnFinished
from agent.voice.conversation import Conversation, VoiceOptions
from agent.voice.events import Heard, Interrupted, Note, TurnDone
from agent.voice.files import converse
from agent.voice.loudspeaker import Recording
from agent.voice.mouth import Mouth
from memory.memory import Memory
from runtime.cancellation import Cancellation
from runtime.errors import MediaError
from runtime.house import House
from runtime.paths import Paths
from tools.speech.audio_files import read_info
from tools.speech.ear import Source
from tools.speech.listen import transcribe

from .cli_driver import spawn
from .voice_kit import Events, ScriptedSession, hum, spoken_file, until


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, need_model: Callable[[str], Path]) -> Iterator[House]:
    """One house for the module, so that voice and recogniser are loaded once."""
    need_model("piper-en-us-joe")
    need_model("whisper-base")
    environ = {
        "HAUSGEIST_HOME": str(tmp_path_factory.mktemp("house")),
        "HAUSGEIST_MODELS": str(Paths.from_environment().models),
        "HAUSGEIST_SPEECH__PLAY": "false",
    }
    with House.open(environ) as opened:
        yield opened


@pytest.fixture
def say(home: House, tmp_path: Path) -> Callable[..., Path]:
    """`say(text or seconds of silence, …)` gives a sound file of them, one after the other."""

    def make(*parts: str | float) -> Path:
        pieces, rate = [], 22050
        for number, part in enumerate(parts):
            if isinstance(part, str):
                samples, rate = soundfile.read(spoken_file(home, part, tmp_path / f"{number}.wav"), dtype="float32")
            else:
                samples = np.zeros(int(part * rate), np.float32)
            pieces.append(samples)
        file = tmp_path / "said.wav"
        soundfile.write(file, np.concatenate(pieces), rate)
        return file

    return make


def talk(session: ScriptedSession, file: Path, options: VoiceOptions, *, paced: bool = False) -> Events:
    """The events of a conversation with `file` as the microphone."""
    events = Events()

    async def work() -> None:
        conversation = Conversation(session, Recording(), options, events)  # type: ignore[arg-type]
        try:
            await conversation.run(Source(file=file, paced=paced), Cancellation())
        finally:
            await conversation.close()

    asyncio.run(work())
    session.memory.close()
    return events


def test_a_whole_conversation_from_files(home: House, say: Callable[..., Path], tmp_path: Path) -> None:
    answers = iter([["The red book lies on the shelf. ", "It was put there at noon."], ["You are welcome."]])
    session = ScriptedSession(home, lambda text: list(next(answers)))
    request = say("Where is the red book?", 1.5, "Thank you very much.", 1.0)
    target = tmp_path / "answers.flac"
    made = converse(session, request, target, lambda event: None)  # type: ignore[arg-type]
    assert len(made.turns) == 2
    assert "red book" in made.turns[0].text.lower() and "thank you" in made.turns[1].text.lower()
    assert made.turns[0].reply == "The red book lies on the shelf. It was put there at noon."
    (begin, end), (second, last) = made.answers_s
    assert begin == 0 and begin < end < second < last <= read_info(target).duration_s
    assert made.turns[0].input_s[1] < made.turns[1].input_s[0]
    heard = transcribe(home, target).text.lower()
    assert "red book" in heard and "at noon" in heard and "welcome" in heard
    assert read_info(target).generated


def test_the_wake_word_and_the_time_after_it(home: House, say: Callable[..., Path]) -> None:
    session = ScriptedSession(home, lambda text: ["All right."])
    request = say(
        "Where is my hat?", 1.0, "Okay Nabu.", 0.6, "Where is my watch?", 1.0, "And where is my coat?", 12.0,
        "Where is my umbrella?", 1.0,
    )  # fmt: skip
    options = VoiceOptions(mode="wake", follow_up_s=6.0, earcons=False, live=False)
    talk(session, request, options)
    asked = " / ".join(session.asked).lower()
    assert len(session.asked) == 2 and "watch" in asked and "coat" in asked, session.asked


def test_approval_is_asked_for_aloud(home: House, say: Callable[..., Path]) -> None:
    """A clear yes lets the tool run; a no, or the end of the sound, does not."""

    class Careful(ScriptedSession):
        async def send(self, text: str, *, cancellation: Cancellation):  # type: ignore[no-untyped-def]
            decision = asyncio.get_running_loop().create_future()
            yield ApprovalNeeded("1", "forget", {"query": "the key"}, "sensitive", decision)
            self.asked.append(await decision)
            yield TurnFinished("Done.", Timing(), "script")

    for answer, decision in (("Yes, please.", "once"), ("No, do not do that.", "never"), (None, "never")):
        session = Careful(home, lambda text: [])
        request = say("Forget where the key is.", 1.5, *([answer, 1.0] if answer else []))
        events = talk(session, request, VoiceOptions(live=False, earcons=False))
        assert session.asked == [decision], answer
        assert any("Shall I use forget: the key?" in note.text for note in events.of(Note))


def test_music_noise_and_silence_begin_no_turn(home: House, tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    seconds = np.arange(20 * 16000) / 16000
    tune = sum(np.sin(2 * np.pi * 220 * 2 ** (step / 12) * seconds) * (seconds % 2 < 1) for step in (0, 4, 7))
    sound = np.concatenate([np.zeros(80000), 0.2 * random.standard_normal(160000), 0.1 * tune])
    soundfile.write(tmp_path / "noise.wav", sound.astype(np.float32), 16000)
    session = ScriptedSession(home, lambda text: ["Yes?"])
    events = talk(session, tmp_path / "noise.wav", VoiceOptions(live=False))
    assert not session.asked and not events.of(Heard)


def test_a_new_request_takes_the_place_of_the_old_one(home: House, say: Callable[..., Path]) -> None:
    """Full duplex: the second request comes while the first answer is spoken; what was said of it is kept."""
    long = [f"This is sentence number {number} of a very long answer. " for number in range(30)]
    session = ScriptedSession(home, lambda text: long if "story" in text.lower() else ["Here it is."])
    kept = Memory(home)
    request = say("Tell me a story.", 5.0, "Where is my green umbrella?", 1.0)

    async def work() -> Events:
        events = Events()
        loudspeaker = Recording(paced=True)
        conversation = Conversation(
            session, loudspeaker, VoiceOptions(full_duplex=True, earcons=False), events  # type: ignore[arg-type]
        )  # fmt: skip
        await conversation.warm()
        await conversation.run(Source(file=request, paced=True), Cancellation())
        await conversation.close()
        return events

    events = asyncio.run(work())
    first, second = (done.turn for done in events.of(TurnDone))
    assert first.interrupted and not second.interrupted and second.reply == "Here it is."
    assert [event.by for event in events.of(Interrupted)] == ["speech"]
    assert set(second.spans()) == {"hear", "think", "synthesise", "play", "first_sound"}
    past = [(turn.user, turn.reply) for turn in kept.history("voice", limit=10)]
    assert past[-1] == (second.text, second.reply)
    kept.close()
    session.memory.close()


def test_stop_ends_a_turn_that_is_still_thinking(home: House, say: Callable[..., Path]) -> None:
    class Slow(ScriptedSession):
        async def send(self, text: str, *, cancellation: Cancellation):  # type: ignore[no-untyped-def]
            self.asked.append(text)
            await until(lambda: cancellation.cancelled)
            async for event in super().send("", cancellation=cancellation):
                yield event

    session = Slow(home, lambda text: ["Too late."])
    request = say("Okay Nabu.", 0.6, "Where is my watch?", 2.5, "Stop!", 1.0)
    options = VoiceOptions(mode="wake", earcons=False, follow_up_s=0.0)
    events = talk(session, request, options, paced=True)
    assert [event.by for event in events.of(Interrupted)] == ["stop"]
    assert len(session.asked) == 2 and session.asked[1] == ""
    assert events.of(TurnDone)[0].turn.interrupted


async def test_the_key_of_push_to_talk(home: House, say: Callable[..., Path]) -> None:
    session = ScriptedSession(home, lambda text: ["Very well."])
    request = say("This is not for you.", 1.0, "Where is the blue box?", 6.0)
    events = Events()
    options = VoiceOptions(mode="push", earcons=False)
    conversation = Conversation(session, Recording(), options, events)  # type: ignore[arg-type]
    await conversation.warm()
    running = asyncio.create_task(conversation.run(Source(file=request, paced=True), Cancellation()))
    length = soundfile.info(request.parent / "0.wav").duration
    await until(lambda: conversation.now_s > length + 0.5)
    conversation.press()
    turn = (await events.wait(TurnDone)).turn
    await running
    await conversation.close()
    session.memory.close()
    assert "blue box" in turn.text.lower() and len(session.asked) == 1


def test_a_language_without_a_voice_is_told_once_and_the_rest_is_spoken(home: House, tmp_path: Path) -> None:
    async def work() -> tuple[list[str], Recording]:
        notes: list[str] = []
        recording = Recording()
        reply = Mouth(home, recording, notes.append).begin()
        reply.feed("晚饭好了。快来吧。Dinner is ready now. ")
        reply.close()
        await reply.finished()
        return notes, recording

    notes, recording = asyncio.run(work())
    assert len(notes) == 1 and "No installed voice speaks Chinese" in notes[0]
    soundfile.write(tmp_path / "said.wav", recording.samples, recording.rate)
    assert "ready" in transcribe(home, tmp_path / "said.wav").text.lower()


async def test_a_pause_goes_on_and_a_stop_ends_at_once(home: House, tmp_path: Path) -> None:
    samples, rate = soundfile.read(hum(tmp_path / "hum.wav", 3.0), dtype="float32")
    recording = Recording(paced=True)
    reply = Mouth(home, recording, lambda text: None).begin()
    reply.add_sound(samples, rate)
    await until(lambda: reply.sounding)
    await asyncio.sleep(0.5)
    reply.pause()
    await until(lambda: not reply.sounding)
    assert reply.paused
    reply.resume()
    await until(lambda: reply.sounding)
    reply.stop()
    await asyncio.wait_for(reply.finished(), 5)
    await until(lambda: not reply.sounding)
    assert len(recording.samples) < 3 * rate


def test_bad_files_are_named(home: House, tmp_path: Path) -> None:
    session = ScriptedSession(home, lambda text: [])
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF????")
    with pytest.raises(MediaError, match=r"broken\.wav cannot be read"):
        converse(session, broken, None, lambda event: None)  # type: ignore[arg-type]
    session.memory.close()


@pytest.mark.slow
def test_the_command_talks_from_files_and_keeps_both_sides(
    home: House, say: Callable[..., Path], tmp_path: Path, environment: dict[str, str]
) -> None:
    request = say("Remember that the spare key hangs behind the fuse box.", 1.0)
    target = tmp_path / "answers.ogg"
    done = spawn(environment, "voice", "--input", str(request), "--output", str(target), "--json")
    assert done.status == 0, done.err
    made = done.json
    (turn,) = made["turns"]
    assert "spare key" in turn["text"].lower() and turn["calls"][0]["name"] == "remember"
    assert read_info(target).duration_s == pytest.approx(turn["answer_s"][1], abs=1.0)
    assert "spare key" in transcribe(home, target).text.lower()
    with House.open(environment) as house, Memory(house) as memory:
        (past,) = memory.history("default", limit=5)
    assert (past.user, past.reply) == (turn["text"], turn["reply"])
