"""`hausgeist speak` and `hausgeist listen`: text to a sound file, and a recording to text."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict

from tools.speech.listen import transcribe
from tools.speech.speak import say_to_file
from tui.commands.common import existing_file, interruptible, open_house, output_path, text_of
from tui.output import note, print_json, progress_bar, say


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
                "language": made.language,
                "note": made.note,
            }
        )
        return 0
    say(f"→ {made.path} ({made.duration_s:.1f} s)")
    if made.note:
        note(made.note)
    return 0


def listen(options: Namespace) -> int:
    """Write down what is said in a file; a file without speech gives an empty text."""
    file = existing_file(options.file, "recording")
    with open_house(options) as house, interruptible() as cancellation, progress_bar() as show:
        show("Listening", 0, 0, "")
        heard = transcribe(house, file, language=options.language, cancellation=cancellation)
    if options.json:
        print_json({"file": str(file), **asdict(heard)})
    elif heard.text.strip():
        say(heard.text.strip())
    else:
        note(f"No speech was heard in {file}.")
    return 0
