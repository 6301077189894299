"""Small valid files of the kinds that the program reads, made in memory: what fuzzing mutates and injections carry."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image


def png(texts: Mapping[str, str] | None = None) -> bytes:
    """A small picture with text chunks (iTXt)."""
    from PIL import PngImagePlugin

    info = PngImagePlugin.PngInfo()
    for key, value in (texts or {}).items():
        info.add_itxt(key, value)
    out = io.BytesIO()
    _picture().save(out, "PNG", pnginfo=info)
    return out.getvalue()


@cache
def pictures() -> tuple[bytes, ...]:
    """PNG, JPEG with EXIF, GIF, WebP, BMP, TIFF."""
    from PIL import Image

    found = [png({"Software": "x", "hausgeist:recipe": '{"pixels_sha256": "0"}'})]
    exif = Image.Exif()
    exif[0x0112], exif[0x0131] = 6, "camera"
    for kind, more in (("JPEG", {"exif": exif}), ("GIF", {}), ("WEBP", {}), ("BMP", {}), ("TIFF", {})):
        out = io.BytesIO()
        _picture().save(out, kind, **more)
        found.append(out.getvalue())
    return tuple(found)


def _picture() -> Image.Image:
    from PIL import Image

    ramp = np.linspace(0, 255, 40 * 30 * 3).reshape(30, 40, 3).astype(np.uint8)
    return Image.fromarray(ramp)


@cache
def sounds() -> tuple[bytes, ...]:
    """A tenth of a second as WAV, FLAC, OGG and MP3."""
    import soundfile

    wave = np.sin(np.arange(1600) / 5).astype(np.float32) / 4
    found = []
    kinds = (("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III"))
    for container, subtype in kinds:
        out = io.BytesIO()
        with soundfile.SoundFile(out, "w", samplerate=16000, channels=1, subtype=subtype, format=container) as sound:
            sound.comment = "a comment"
            sound.write(wave)
        found.append(out.getvalue())
    return tuple(found)


@cache
def videos() -> tuple[bytes, ...]:
    """Five frames as MP4, Matroska, AVI and MPEG-TS."""
    import av

    found = []
    kinds = (("mp4", "libx264"), ("matroska", "libx264"), ("avi", "mpeg4"), ("mpegts", "libx264"))
    for container, codec in kinds:
        out = io.BytesIO()
        with av.open(out, "w", format=container) as film:
            stream = film.add_stream(codec, rate=5)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            for shade in range(5):
                frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), shade * 40, np.uint8))
                film.mux(stream.encode(frame))
            film.mux(stream.encode(None))
        found.append(out.getvalue())
    return tuple(found)


def pdf(text: str = "A short letter.", about: Mapping[str, str] | None = None) -> bytes:
    """A PDF of one page with a line of text and the metadata `about`."""
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    page = writer.add_blank_page(595, 842)
    font = DictionaryObject()
    for key, value in (("/Type", "/Font"), ("/Subtype", "/Type1"), ("/BaseFont", "/Helvetica")):
        font[NameObject(key)] = NameObject(value)
    fonts = DictionaryObject({NameObject("/F1"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 50 780 Td ({text}) Tj ET".encode("latin-1", "replace"))
    page[NameObject("/Contents")] = writer._add_object(stream)
    page.compress_content_streams()
    writer.add_metadata(dict(about or {}))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


PAGE = (
    b"<!doctype html><html><head><title>T</title><style>p{}</style></head><body><h1>One</h1><table><tr><td>a</td></tr>"
    b"</table><p>Two &amp; <b>three</b></p><script>x()</script></body></html>"
)


def safetensors() -> bytes:
    """A file of two tensors (github.com/huggingface/safetensors, "Format")."""
    header = json.dumps(
        {
            "__metadata__": {"format": "pt"},
            "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
            "b": {"dtype": "F16", "shape": [3], "data_offsets": [16, 22]},
        }
    ).encode()
    return struct.pack("<Q", len(header)) + header + bytes(22)


def gguf() -> bytes:
    """A GGUF header with a few keys and no tensors (ggml, docs/gguf.md, version 3)."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    pairs = {"general.architecture": "llama", "tokenizer.chat_template": "{{ messages }}", "general.name": "x"}
    keys = b"".join(text(key) + struct.pack("<I", 8) + text(value) for key, value in pairs.items())
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs)) + keys
