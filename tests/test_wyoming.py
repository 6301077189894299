"""The Wyoming server against the client of the `wyoming` package, with the real recogniser and voice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.ping import Ping
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeVoice

from runtime.cancellation import Cancellation
from runtime.errors import UsageError
from runtime.house import House
from runtime.paths import Paths
from tools.speech.listen import transcribe
from tools.speech.wyoming_server import serve

from .voice_kit import spoken_file

TEXT = "Dinner is ready. Please come to the table, everybody."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, need_model: Callable[[str], Path]) -> Iterator[House]:
    """One house for the module, so that voice and recogniser are loaded once."""
    need_model("piper-en-us-joe")
    need_model("whisper-base")
    home, models = str(tmp_path_factory.mktemp("house")), str(Paths.from_environment().models)
    with House.open({"HAUSGEIST_HOME": home, "HAUSGEIST_MODELS": models}) as opened:
        yield opened


@asynccontextmanager
async def client(home: House) -> AsyncIterator[AsyncTcpClient]:
    """A client of a server on a free port."""
    ended, address = Cancellation(), asyncio.get_running_loop().create_future()
    running = asyncio.create_task(serve(home, "127.0.0.1", 0, address.set_result, ended))
    port = int((await asyncio.wait_for(address, 30)).rpartition(":")[2])
    try:
        async with AsyncTcpClient("127.0.0.1", port) as connected:
            yield connected
    finally:
        ended.cancel()
        await asyncio.wait_for(running, 30)


async def read(connected: AsyncTcpClient, last: str) -> list[Event]:
    """Events up to the one of type `last`."""
    found: list[Event] = []
    while not found or found[-1].type != last:
        event = await asyncio.wait_for(connected.read_event(), 90)
        assert event is not None, [event.type for event in found]
        found.append(event)
    return found


def sound_of(events: list[Event]) -> np.ndarray:
    chunks = [AudioChunk.from_event(event) for event in events if AudioChunk.is_type(event.type)]
    assert {(chunk.rate, chunk.width, chunk.channels) for chunk in chunks} == {(22050, 2, 1)}
    return np.frombuffer(b"".join(chunk.audio for chunk in chunks), "<i2").astype(np.float32) / 32768


async def test_it_says_what_it_has(home: House) -> None:
    async with client(home) as connected:
        await connected.write_event(Describe().event())
        info = Info.from_event((await read(connected, "info"))[0])
        await connected.write_event(Ping(text="here?").event())
        assert (await read(connected, "pong"))[0].data["text"] == "here?"
    assert [model.name for model in info.asr[0].models] == ["whisper-base"]
    assert info.asr[0].supports_transcript_streaming and info.tts[0].supports_synthesize_streaming
    assert ("piper-en-us-joe", ["en"]) in [(voice.name, voice.languages) for voice in info.tts[0].voices]


@pytest.mark.parametrize("rate", [16000, 44100])
async def test_it_transcribes(home: House, tmp_path: Path, rate: int) -> None:
    """Sound of any rate and in stereo is taken; a second request on the same connection is answered too."""
    samples, theirs = soundfile.read(spoken_file(home, "Where is the red book?", tmp_path / "q.wav"), dtype="int16")
    samples = samples[(np.arange(int(len(samples) / theirs * rate)) * theirs / rate).astype(int)]
    stereo = np.repeat(samples[:, None], 2, axis=1)
    layout = {"rate": rate, "width": 2, "channels": 2}
    async with client(home) as connected:
        for _ in range(2):
            await connected.write_event(Transcribe(language="en", transcript_names=["Nele"]).event())
            await connected.write_event(AudioStart(**layout).event())
            for start in range(0, len(stereo), 2048):
                await connected.write_event(AudioChunk(audio=stereo[start : start + 2048].tobytes(), **layout).event())
            await connected.write_event(AudioStop().event())
            events = await read(connected, "transcript-stop")
            assert [event.type for event in events][:2] == ["transcript-start", "transcript-chunk"]
            heard = next(Transcript.from_event(event) for event in events if Transcript.is_type(event.type))
            assert "red book" in heard.text.lower() and heard.language == "en"


async def test_it_synthesises(home: House, tmp_path: Path) -> None:
    async with client(home) as connected:
        await connected.write_event(Synthesize(text=TEXT, voice=SynthesizeVoice(name="piper-en-us-joe")).event())
        events = await read(connected, "audio-stop")
        events += await read(connected, "audio-stop")
    soundfile.write(tmp_path / "said.wav", sound_of(events), 22050)
    heard = transcribe(home, tmp_path / "said.wav").text.lower()
    assert "dinner is ready" in heard and "table" in heard


async def test_it_speaks_while_text_still_comes(home: House) -> None:
    """Streaming: the first sentence sounds before the second was sent; the repeated whole text is not said again."""
    async with client(home) as connected:
        await connected.write_event(SynthesizeStart().event())
        await connected.write_event(SynthesizeChunk(text="Dinner is ready. Please ").event())
        first = await read(connected, "audio-stop")
        await connected.write_event(SynthesizeChunk(text="come to the table.").event())
        await connected.write_event(Synthesize(text=TEXT).event())
        await connected.write_event(SynthesizeStop().event())
        rest = await read(connected, "synthesize-stopped")
    assert len(sound_of(first)) > 11025
    assert [event.type for event in rest].count("audio-start") == 1


async def test_troubles_are_told_and_the_connection_stays(home: House) -> None:
    async with client(home) as connected:
        await connected.write_event(Synthesize(text="晚饭好了。").event())
        (error,) = await read(connected, "error")
        assert "No installed voice speaks Chinese" in error.data["text"]
        await connected.write_event(Event(type="synthesize", data={"wrong": 1}))
        (error,) = await read(connected, "error")
        assert "malformed" in error.data["text"]
        await connected.write_event(Ping(text="still?").event())
        await read(connected, "pong")


async def test_a_port_that_is_taken_is_named(home: House) -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(UsageError, match=rf"127\.0\.0\.1:{port}.*another port"):
        await serve(home, "127.0.0.1", port, lambda address: None, Cancellation())
    server.close()
