"""Parsers of files inside a worker process with limits of memory and time; `fuzz_files` sends the files.

Owns no inputs. A native library that crashes ends this process, which the caller sees.
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

from benchmarks.trust.fuzzing import failure
from runtime.paths import Paths

MEMORY_BYTES = 4 * 2**30
"""Address space of the process."""


class Parsers:
    """What the program reads files with, by name."""

    def __init__(self) -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def parse(self, name: str, file: str) -> str | None:
        """Read `file`; what went wrong as in `fuzzing.failure`, or None."""
        parser: Callable[[Path], object] = getattr(self, f"_{name}")
        return failure(lambda: parser(Path(file)))

    def _picture(self, file: Path) -> None:
        from tools.finder.picture_backend import open_picture

        open_picture(file.read_bytes())

    def _picture_edit(self, file: Path) -> None:
        from tools.image.editing import read_picture

        read_picture(file)

    def _photo(self, file: Path) -> None:
        from tools.finder.looks.photo_backend import photo_views

        photo_views(file.read_bytes(), (64,), 1)

    def _provenance(self, file: Path) -> None:
        from tools.provenance.reading import provenance

        home = file.parent
        provenance(file, Paths(home / "config", home / "data", home / "cache", home / "models"))

    def _sound(self, file: Path) -> None:
        from tools.speech.audio_files import read_info

        read_info(file)

    def _sound_decoded(self, file: Path) -> None:
        from tools.speech.decode_backend import decoded

        decoded(str(file))

    def _video(self, file: Path) -> None:
        from tools.finder.scan.probe_backend import probe

        probe(file)

    def _video_frame(self, file: Path) -> None:
        from tools.finder.picture_backend import frame_at

        frame_at(file, 0.2)

    def _document(self, file: Path) -> None:
        from tools.documents.passages import cut
        from tools.documents.reading import read_document

        cut(read_document(str(file), file.parent))

    def _weights(self, file: Path) -> None:
        from runtime.weights import parameters

        parameters(file, "model", "Get it again.")

    def _gguf(self, file: Path) -> None:
        from agent.llama_backend import LlamaEngine

        LlamaEngine(str(file), context_tokens=64, threads=1)

    def _backup(self, file: Path) -> None:
        from runtime.keeping.archive import Backup

        with Backup(file) as backup:
            for _ in backup.verified():
                pass
