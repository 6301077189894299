"""`hausgeist speak`, `listen` and `devices`: text to sound, sound to text, and the devices for both."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from agent.voice.once import hear_once
from runtime.errors import UsageError
from runtime.house import House
from runtime.worker import Cancellation
from tools.speech.ear import Source
from tools.speech.ear import devices as sound_devices
from tools.speech.house_words import house_words
from tools.speech.listen import transcribe
from tools.speech.speak import say_to_file
from tools.speech.transcript import Transcript
from tui.commands.common import existing_file, interruptible, open_house, output_path, text_of
from tui.output import note, print_json, print_table, progress_bar, say

NO_DEVICE = (
    "There is no sound device. Files do without one: `hausgeist listen --file`, `speak -o` and `voice --input`;"
    " `hausgeist voice` alone takes typed lines."
)


def speak(options: Namespace) -> int:
    """Speak a text: into FILE, or into a new file that is also played where there is a sound device."""
    text = text_of(options.text, "text to speak")
    target = output_path(options.output, "dinner.wav")
    with open_house(options) as house, interruptible() as cancellation, progress_bar() as show:
        made = say_to_file(
            house,
            text,
            target,
            options.voice,
            play=False if target else None,
            progress=lambda done, total: show("Speaking", done, total, "sentences"),
            cancellation=cancellation,
        )
    if options.json:
        print_json(
            {
                "file": str(made.path),
                "media_type": made.media_type,
                "duration_s": round(made.duration_s, 2),
                "played": made.played,
                "voice": made.voice,
                "voice_note": made.voice_note,
                "language": made.language,
                "note": made.note,
            }
        )
        return 0
    say(f"→ {made.path} ({made.duration_s:.1f} s)")
    for line in filter(None, (made.voice_note, made.note)):
        note(line)
    return 0


def listen(options: Namespace) -> int:
    """Write down what is said in a file, or into the microphone; sound without speech gives an empty text."""
    with open_house(options) as house, interruptible() as cancellation:
        if options.file is None:
            note("Listening to the microphone; Ctrl-C ends it.")
            source = Source(device=house.settings.speech.input_device)
            name, heard = source.name, asyncio.run(hear_once(house, source, cancellation, options.language))
        else:
            name, heard = _in_file(house, options, cancellation)
    if options.json:
        print_json({"file": None if options.file is None else name, **asdict(heard)})
    elif heard.text.strip():
        say(heard.text.strip())
    else:
        note(f"No speech was heard in {name}.")
    return 0


def _in_file(house: House, options: Namespace, cancellation: Cancellation) -> tuple[str, Transcript]:
    with _recording(options.file) as file, progress_bar() as show:
        show("Listening", 0, 0, "")
        words = house_words(house)
        heard = transcribe(house, file, language=options.language, hotwords=words, cancellation=cancellation)
    return ("standard input" if options.file == "-" else str(file)), heard


@contextmanager
def _recording(path: str) -> Iterator[Path]:
    """The file to listen to; `-` is standard input, which is kept in a file meanwhile."""
    if path != "-":
        yield existing_file(path, "recording")
        return
    sound = sys.stdin.buffer.read()
    if not sound:
        raise UsageError("The recording on standard input is empty.", remedy="Pipe a sound file into it.")
    with tempfile.NamedTemporaryFile(prefix="hausgeist-", suffix=".sound") as kept:
        kept.write(sound)
        kept.flush()
        yield Path(kept.name)


def devices(options: Namespace) -> int:
    """List the sound devices."""
    with open_house(options) as house:
        found = sound_devices(house)
        wanted = house.settings.speech
    if options.json:
        chosen = {"input_device": wanted.input_device, "output_device": wanted.output_device}
        print_json({"devices": [asdict(device) for device in found], **chosen})
        return 0
    rows = [
        (d.name, d.inputs or "", d.outputs or "", d.sample_rate,
         " ".join(filter(None, ("input" if d.default_input else "", "output" if d.default_output else ""))))
        for d in found
    ]  # fmt: skip
    print_table(("device", "in", "out", "Hz", "default for"), rows, empty=NO_DEVICE)
    return 0
