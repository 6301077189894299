"""What a conversation by voice looks like in a terminal: both sides as text. Owns no sound and asks nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from agent.voice import events as voice
from agent.voice.events import VoiceEvent, VoiceTurn
from tui.output import note, print_json, say
from tui.render import TurnPrinter


class VoicePrinter:
    """Prints the events as they come; with `as_json` one JSON object a turn, and the rest on standard error."""

    def __init__(self, *, as_json: bool = False) -> None:
        self._json = as_json
        self._printer: TurnPrinter | None = None

    def show(self, event: VoiceEvent) -> None:
        """Print one event."""
        match event:
            case voice.Ready(microphone=name):
                note(f"Listening to {name}. Ctrl-C ends it.")
            case voice.Woke():
                note("(listening)")
            case voice.SpeechBegan():
                pass
            case voice.Heard(text=text):
                self._end()
                if not self._json:
                    say(f"› {text}")
                self._printer = TurnPrinter(reply=not self._json)
            case voice.Interrupted():
                self._end()
                note("(stopped)")
            case voice.Note(text=text):
                note(text)
            case voice.TurnDone(turn=turn):
                self._end()
                if self._json:
                    print_json(turn_as_json(turn))
            case _:
                self._printer = self._printer or TurnPrinter(reply=not self._json)
                self._printer.show(event)

    def close(self) -> None:
        """Nothing more comes."""
        self._end()

    def _end(self) -> None:
        if self._printer is not None:
            self._printer.__exit__()
            self._printer = None


def turn_as_json(turn: VoiceTurn) -> dict[str, Any]:
    """A spoken turn for programs: its texts and calls, and the seconds of each stage."""
    row = {key: value for key, value in asdict(turn).items() if not (key.endswith("_s") and key != "input_s")}
    return {**row, "spans": turn.spans()}
