"""`hausgeist voice`: a conversation by voice, with typed lines beside it; or a whole one from files.

Where there is no microphone it goes on with typed lines, and where there is no loudspeaker with written answers.
"""

from __future__ import annotations

import asyncio
import os
import threading
from argparse import Namespace
from pathlib import Path

from agent.session import Session
from agent.voice.conversation import Conversation, VoiceOptions
from agent.voice.files import converse
from agent.voice.loudspeaker import DeviceLoudspeaker, Loudspeaker, Recording
from runtime.cancellation import Cancellation
from runtime.errors import HausgeistError
from runtime.house import House
from tools.speech.audio_files import media_type, write_sound
from tools.speech.ear import Source
from tui.commands.common import existing_file, interruptible, open_house, output_path
from tui.output import note, print_json
from tui.voice_printer import VoicePrinter, turn_as_json


def voice(options: Namespace) -> int:
    """Talk. Returns 0, or 1 when a turn failed or neither sound nor lines could be had."""
    target = output_path(options.output, "answers.wav")
    if target is not None:
        media_type(target)
    options.overrides = ["speech.play=false", *options.overrides]  # what `speak` makes is played by the conversation
    printer = VoicePrinter(as_json=options.json)
    with open_house(options) as house, Session.open(house, options.session) as session:
        try:
            if options.input is not None:
                return _from_file(session, options, target, printer)
            with interruptible() as cancellation:
                return asyncio.run(_live(session, options, target, printer, cancellation))
        finally:
            printer.close()


def _from_file(session: Session, options: Namespace, target: Path | None, printer: VoicePrinter) -> int:
    request = existing_file(options.input, "recording")
    show = (lambda event: None) if options.json else printer.show
    with interruptible() as cancellation:
        made = converse(session, request, target, show, approve_all=options.yes, cancellation=cancellation)
    if options.json:
        turns = [
            {**turn_as_json(turn), "answer_s": place} for turn, place in zip(made.turns, made.answers_s, strict=True)
        ]
        output = None if target is None else str(target)
        print_json({"input": str(request), "output": output, "duration_s": round(made.duration_s, 2), "turns": turns})
    elif not made.turns:
        note(f"No speech was heard in {request}.")
    return 1 if any(turn.error for turn in made.turns) else 0


async def _live(
    session: Session, options: Namespace, target: Path | None, printer: VoicePrinter, cancellation: Cancellation
) -> int:
    house = session.house
    loudspeaker, quiet = _loudspeaker(house, target)
    conversation = Conversation(session, loudspeaker, _options(house, options), printer.show)
    conversation.mouth.quiet = quiet
    lines = _Lines()
    lines.start()
    listening = asyncio.create_task(conversation.run(Source(device=house.settings.speech.input_device), cancellation))
    typing = asyncio.create_task(_type(conversation, lines))
    warming = asyncio.create_task(conversation.warm())
    try:
        return await _until_the_end(listening, typing, cancellation)
    finally:
        for task in (listening, typing, warming):
            task.cancel()
        await asyncio.gather(listening, typing, warming, return_exceptions=True)
        await conversation.close()
        if isinstance(loudspeaker, Recording) and target is not None:
            maker, paths = "a spoken conversation", house.paths
            write_sound(target, loudspeaker.samples, loudspeaker.rate, maker=maker, paths=paths)


async def _until_the_end(listening: asyncio.Task[None], typing: asyncio.Task[int], cancellation: Cancellation) -> int:
    """Until Ctrl-C; without a microphone until the typed lines end."""
    await asyncio.wait([listening])
    try:
        listening.result()
    except HausgeistError as problem:
        if cancellation.cancelled:
            cancellation.check()
        note(f"hausgeist: {problem}")
        note("Voice goes on with typed lines; Ctrl-D ends it.")
        return 0 if await typing else 1
    cancellation.check()
    return 0


def _options(house: House, options: Namespace) -> VoiceOptions:
    speech = house.settings.speech
    return VoiceOptions(
        mode=options.mode or speech.mode,
        full_duplex=options.full_duplex or speech.duplex == "full",
        wake_word=speech.wake_word,
        follow_up_s=speech.follow_up_s,
        earcons=speech.earcons,
        approve_all=options.yes,
    )


def _loudspeaker(house: House, target: Path | None) -> tuple[Loudspeaker, bool]:
    """Where answers are played; and whether they are only written, because nothing can be played."""
    if target is not None:
        return Recording(paced=True), False
    loudspeaker = DeviceLoudspeaker(house)
    reason = loudspeaker.reason()
    if reason is not None:
        note(f"Nothing can be played: {reason}. Answers are written; --output FILE keeps them as sound.")
    return loudspeaker, reason is not None


async def _type(conversation: Conversation, lines: _Lines) -> int:
    """Typed lines: an empty one is the key of push-to-talk, any other a request. Returns how many there were."""
    count = 0
    while (line := await lines.next()) is not None:
        count += 1
        if line.strip():
            await conversation.say(line.strip())
        else:
            conversation.press()
    await conversation.finish()
    return count


class _Lines:
    """Lines of standard input, read by a thread that holds no lock when the program ends."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._read, daemon=True).start()

    async def next(self) -> str | None:
        """The next line; None at the end."""
        return await self._queue.get()

    def _read(self) -> None:
        held = b""
        try:
            while block := os.read(0, 4096):
                *whole, held = (held + block).split(b"\n")
                for line in whole:
                    self._put(line.decode(errors="replace"))
            if held:
                self._put(held.decode(errors="replace"))
            self._put(None)
        except OSError:
            self._put(None)

    def _put(self, line: str | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._queue.put_nowait, line)
