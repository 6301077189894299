"""How well the house speaks and hears: prints one JSON object.

- `round_trip`: sentences spoken by the voice and recognised again: word error rate, and seconds of speech made per
  second (real-time factor of synthesis).
- `first_sound`: seconds from the end of speech to the first sound of the answer, against the same parts run one after
  the other (`voice_first_sound.py`).
- `librivox`: word error rate on the shared read sentences, against faster-whisper called directly in the same run with
  the same model; left out where the shared data are absent.

Both sides of a comparison pass Whisper's English text normaliser (Radford et al. 2022, appendix C), so that "705 PM"
and "seven oh five P M" are the same words.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # before this folder: its memory.py is no `memory`

from benchmarks.voice_first_sound import first_sound
from runtime.house import House
from tools.speech.audio_files import read_info
from tools.speech.listen import recognizer_spec, transcribe
from tools.speech.normalise import sentences, spoken
from tools.speech.speak import say_to_file

SENTENCES = Path(__file__).with_name("voice_sentences.txt")


def main(arguments: list[str] | None = None) -> None:
    """Parse options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=100, help="sentences of the round trip")
    parser.add_argument("--every", type=int, default=1, help="take only every n-th sentence")
    parser.add_argument("--only", choices=("round_trip", "librivox", "first_sound"), help="one part")
    parser.add_argument("--reply-tokens", type=int, default=160, help="longest reply in first_sound; 0: the setting")
    parser.add_argument(
        "--questions", type=int, nargs=2, default=(0, None), metavar=("FROM", "TO"), help="of first_sound"
    )
    options = parser.parse_args(arguments)
    texts = SENTENCES.read_text(encoding="utf-8").splitlines()[:: options.every][: options.limit]
    with tempfile.TemporaryDirectory() as state, House.open({**os.environ, "HAUSGEIST_HOME": state}) as house:
        words = normaliser()
        report: dict[str, Any] = {"cores": len(os.sched_getaffinity(0)), "recognizer": house.settings.speech.recognizer}
        if options.only in {None, "first_sound"}:
            report["first_sound"] = first_sound(house, Path(state), options.reply_tokens, slice(*options.questions))
        if options.only in {None, "round_trip"}:
            report["round_trip"] = round_trip(house, texts, Path(state), words)
        folder = shared_data() / "speech" / "librivox"
        if folder.is_dir() and options.only in {None, "librivox"}:
            report["librivox"] = read_sentences(house, folder, words)
    json.dump(report, sys.stdout, ensure_ascii=False, indent=1)
    print()


def normaliser() -> Callable[[str], list[str]]:
    """Words of an English text as Whisper's evaluation counts them; letters spelled one by one are one word."""
    from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

    normal = EnglishTextNormalizer({})

    def words(text: str) -> list[str]:
        clean = re.sub(r"\b((?:[a-z] )+[a-z])\b", lambda match: match[1].replace(" ", ""), normal(text))
        return str(clean).split()

    return words


def errors(truth: list[str], found: list[str]) -> int:
    """Words to change, insert or delete (Levenshtein 1966)."""
    row = list(range(len(found) + 1))
    for i, wanted in enumerate(truth, 1):
        above, row[0] = row[0], i
        for j, got in enumerate(found, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (wanted != got))
    return row[-1]


def rate(pairs: Iterable[tuple[list[str], list[str]]]) -> float:
    """Word error rate over pairs of true and found words."""
    listed = list(pairs)
    return round(sum(errors(*pair) for pair in listed) / max(1, sum(len(truth) for truth, _ in listed)), 4)


def round_trip(house: House, texts: list[str], folder: Path, words: Callable[[str], list[str]]) -> dict[str, Any]:
    """Speak and recognise each text."""
    say_to_file(house, "Ready.", folder / "warm.wav", play=False)
    pairs, wrong, speaking_s, sound_s = [], [], 0.0, 0.0
    for number, text in enumerate(texts):
        start = time.perf_counter()
        made = say_to_file(house, text, folder / f"{number}.wav", play=False)
        speaking_s += time.perf_counter() - start
        sound_s += read_info(made.path).duration_s
        heard = transcribe(house, made.path).text
        truth = words(" ".join(spoken(sentence, made.language) for sentence in sentences(text)))
        pairs.append((truth, words(heard)))
        if errors(*pairs[-1]):
            wrong.append({"said": text, "heard": heard})
    return {
        "sentences": len(texts),
        "word_error_rate": rate(pairs),
        "speech_s": round(sound_s, 1),
        "synthesis_s": round(speaking_s, 1),
        "times_real_time": round(sound_s / speaking_s, 1),
        "wrong": wrong,
    }


def read_sentences(house: House, folder: Path, words: Callable[[str], list[str]]) -> dict[str, Any]:
    """Ours against faster-whisper with its own defaults, on the same files with the same model."""
    from faster_whisper import WhisperModel

    truths = json.loads((folder / "transcripts.json").read_text(encoding="utf-8"))
    peer = WhisperModel(
        recognizer_spec(house).kwargs["folder"], device="cpu", compute_type="int8", local_files_only=True
    )
    ours, theirs = [], []
    for name, truth in truths.items():
        expected = words(truth["text"])
        ours.append((expected, words(transcribe(house, folder / name).text)))
        segments, _ = peer.transcribe(str(folder / name))
        theirs.append((expected, words("".join(segment.text for segment in segments))))
    return {"files": len(truths), "word_error_rate": rate(ours), "faster_whisper_directly": rate(theirs)}


def shared_data() -> Path:
    """The folder of shared recordings, which may be absent."""
    root = Path(__file__).resolve().parent.parent
    return Path(os.environ.get("HAUSGEIST_SHARED_DATA") or root.parent / "shared" / "data")


if __name__ == "__main__":
    main()
