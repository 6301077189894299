"""Sound files: written whole or not at all, with the mark that a machine spoke. Owns no synthesis and no
playing.
"""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from runtime.errors import ArgumentError, MediaError
from runtime.paths import Paths, replacing
from tools.provenance.marks import GENERATED, Mark, credentials
from tools.speech.voice import Samples

log = logging.getLogger(__name__)
MEDIA_TYPES = {".wav": "audio/wav", ".flac": "audio/flac", ".ogg": "audio/ogg", ".mp3": "audio/mpeg"}
_FORMATS = {
    ".wav": ("WAV", "PCM_16"),
    ".flac": ("FLAC", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
}


@dataclass(frozen=True)
class SoundInfo:
    """What a sound file says of itself: seconds, hertz, its comment."""

    duration_s: float
    sample_rate: int
    comment: str

    @property
    def generated(self) -> bool:
        """Whether the file is marked as made by a machine."""
        return GENERATED in self.comment


def media_type(path: Path) -> str:
    """The IANA media type by suffix. Raises `ArgumentError` naming the formats that can be written."""
    try:
        return MEDIA_TYPES[path.suffix.lower()]
    except KeyError:
        known = ", ".join(MEDIA_TYPES)
        raise ArgumentError(
            f"Speech cannot be saved as {path.name}: the suffix {path.suffix or '(none)'} is not known.",
            remedy=f"Use one of {known}.",
        ) from None


def write_sound(path: Path, samples: Samples, rate: int, *, maker: str, paths: Paths | None = None) -> None:
    """Write mono `samples` at `rate` hertz to `path` atomically; `maker` names the voice and engine in the
    mark.

    The mark stands in the format's own comment field (WAV: INFO/ICMT; FLAC, OGG: a Vorbis comment; MP3: ID3). With
    the house's `paths` the file also gets content credentials where its format can hold them.
    Raises `ArgumentError` for an unknown suffix, `StorageError` for a full or read-only disk, `MediaError`
    otherwise.
    """
    import soundfile

    media_type(path)
    container, subtype = _FORMATS[path.suffix.lower()]
    encoded = io.BytesIO()
    try:
        with soundfile.SoundFile(encoded, "w", samplerate=rate, channels=1, subtype=subtype, format=container) as sound:
            sound.comment = f"Machine-generated speech, {maker}. digitalSourceType={GENERATED}"
            sound.software = "Hausgeist"
            sound.write(np.clip(samples, -1.0, 1.0))
    except soundfile.LibsndfileError as problem:
        raise MediaError(
            f"The sound file {path} cannot be made: {problem}.", remedy="Save it as .wav instead."
        ) from problem
    content = encoded.getvalue()
    if paths is not None:
        content, why = credentials(content, path.suffix, paths, Mark(path.name, maker))
        if why:
            log.info("%s", why)
    with replacing(path) as beside:
        beside.write_bytes(content)


def read_info(path: Path) -> SoundInfo:
    """Length, rate and comment of a sound file. Raises `MediaError`."""
    import soundfile

    try:
        with soundfile.SoundFile(path) as sound:
            return SoundInfo(sound.frames / sound.samplerate, sound.samplerate, sound.comment or "")
    except (soundfile.LibsndfileError, OSError) as problem:
        raise MediaError(f"The sound file {path} cannot be read: {problem}.", remedy="Check the file.") from problem
