"""The tool `speak`. Owns where its files may lie and the wording of its result."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from runtime.errors import ArgumentError
from runtime.house import House
from runtime.inside import within
from tools.contract import Example, HausgeistTool, Progress, Risk, ToolContext, ToolFile, ToolOutput
from tools.speech.audio_files import MEDIA_TYPES
from tools.speech.speak import SpokenFile, say_to_file


class SpeakArgs(BaseModel):
    """Arguments of `speak`."""

    text: str = Field(min_length=1, max_length=20_000, description="the words to say, exactly")
    save_as: str | None = Field(None, description="file name to save the sound under, such as dinner.wav")
    voice: str | None = Field(None, description="name of a voice, only if the user asks for one")


class Speak(HausgeistTool):
    """Says words aloud, or saves them as a sound file."""

    name: str = "speak"
    description: str = "Says the given words aloud with a voice, or saves them as a sound file (speech from text)."
    args_schema: Any = SpeakArgs
    risk: ClassVar[Risk] = Risk.WRITE
    repeatable: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("en", "say good night everyone"),
        Example("en", "read this out loud: the bus leaves in ten minutes"),
        Example("en", "record 'please feed the cat' as cat.wav"),
        Example("zh", "大声说:该出门了"),
        Example("zh", "把“记得喂猫”录成语音文件"),
        Example("de", "sag laut: der Kaffee ist fertig"),
        Example("es", "di en voz alta que ya nos vamos"),
        Example("fr", "dis à haute voix : bonne nuit"),
    )

    def act(self, args: SpeakArgs, context: ToolContext) -> ToolOutput:
        """Speak to a file, and to the loudspeaker where there is one."""
        house = context.house
        target, suffix_note = (None, "") if args.save_as is None else output_file(house, args.save_as)

        def step(done: int, total: int) -> None:
            said = context.words(en="Speaking", zh="正在合成语音")
            context.progress(Progress(said, done, total, "sentence"))

        made = say_to_file(house, args.text, target, args.voice, progress=step, cancellation=context.cancellation)
        facts: dict[str, Any] = {
            "text": args.text,
            "file": str(made.path),
            "duration_s": round(made.duration_s, 2),
            "played": made.played,
            "voice": made.voice,
            "language": made.language,
        }
        if made.voice_note:
            facts["voice_note"] = made.voice_note
        if suffix_note or made.note:
            facts["note"] = f"{suffix_note} {made.note}".strip()
        note = " ".join(filter(None, (made.voice_note, suffix_note, made.note)))
        return ToolOutput(
            facts=facts,
            files=[ToolFile(path=made.path, media_type=made.media_type)],
            say=_words(args, made, note, context),
        )


def output_file(house: House, wish: str) -> tuple[Path, str]:
    """The path under the outputs that a wish such as "dinner" or "notes/dinner.flac" names, and a note on its
    format.

    Raises `ArgumentError` for a path that leaves the outputs.
    """
    outputs = house.paths.outputs
    wished = Path(wish.strip())
    if wished.is_relative_to(outputs):
        wished = wished.relative_to(outputs)
    try:
        path = within(outputs, str(wished) if len(wished.parts) > 1 else f"speech/{wished}")
        if wish.strip().endswith("/") or not wished.name:
            raise ArgumentError("It names no file.")
    except ArgumentError as problem:
        raise ArgumentError(
            f"Speech cannot be saved as {wish!r}: tools only write files under {outputs}.",
            remedy="Give a bare file name such as dinner.wav; `hausgeist speak TEXT -o FILE` writes anywhere.",
        ) from problem
    if path.suffix.lower() in MEDIA_TYPES:
        return path, ""
    changed = path.with_name(f"{path.name}.wav" if not path.suffix else f"{path.stem}.wav")
    note = f"{path.suffix} is no format that can be written; it was saved as .wav." if path.suffix else ""
    return changed, note


def _words(args: SpeakArgs, made: SpokenFile, note: str, context: ToolContext) -> str:
    if made.played and args.save_as is None:
        said = context.words(en=f"I said: “{args.text}”", zh=f"我说了：“{args.text}”")
    elif made.played:
        said = context.words(
            en=f"I said “{args.text}” and saved it to {made.path}.", zh=f"我说了“{args.text}”，并保存到 {made.path}。"
        )
    else:
        said = context.words(
            en=f"I saved “{args.text}” as speech to {made.path} ({made.duration_s:.1f} s).",
            zh=f"我把“{args.text}”存成了语音文件 {made.path}（{made.duration_s:.1f} 秒）。",
        )
    return f"{said} {note}".strip()
