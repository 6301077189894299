"""Embeddings, speech, transcriptions and pictures in OpenAI's form, through the house's own tools and models.

Source: https://platform.openai.com/docs/api-reference (embeddings, audio, images).
"""

from __future__ import annotations

import base64
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from agent.prompt import estimate_tokens
from agent.scripts.staging import StagedPaths
from agent.serving.problems import ANSWERS, Refused
from agent.serving.sound import SOUND_TYPES, as_bytes, as_srt, as_vtt, verbose
from agent.serving.state import State, needs, state_of
from agent.serving.work import whole
from runtime.cancellation import Cancellation
from runtime.errors import ToolError
from runtime.house import House
from tools.contract import ToolOutput
from tools.speech.listen import transcribe

router = APIRouter(prefix="/v1", responses=ANSWERS, dependencies=[Depends(needs("chat"))])
MOST_TEXTS, MOST_UPLOAD = 2048, 200_000_000
Language = Annotated[str, Form(pattern=r"^[a-z]{2,3}$")]


class EmbeddingRequest(BaseModel):
    """Texts to embed."""

    model: str = Field(max_length=200)
    input: (
        Annotated[str, Field(min_length=1, max_length=200_000)]
        | Annotated[
            list[Annotated[str, Field(min_length=1, max_length=200_000)]], Field(min_length=1, max_length=MOST_TEXTS)
        ]
    )
    encoding_format: Literal["float", "base64"] | None = "float"
    dimensions: int | None = Field(None, ge=1)
    user: str | None = None


class SpeechRequest(BaseModel):
    """A text to speak."""

    model: str = Field(max_length=200)
    input: str = Field(min_length=1, max_length=20_000)
    voice: str | dict[str, str] | None = None
    response_format: Literal["mp3", "wav", "flac", "pcm"] | None = "mp3"
    speed: float | None = Field(1.0, ge=0.25, le=4)


class ImageRequestBody(BaseModel):
    """A picture to draw."""

    prompt: str = Field(min_length=1, max_length=4000)
    model: str | None = Field(None, max_length=200)
    n: int | None = Field(1, ge=1, le=8)
    size: str | None = Field(None, pattern=r"^(auto|\d{2,4}x\d{2,4})$")
    response_format: Literal["b64_json", "url"] | None = None
    seed: int | None = Field(None, ge=0, le=2**32 - 1)
    user: str | None = None


@router.post("/embeddings", operation_id="create_embedding", tags=["embeddings"])
async def embeddings(body: EmbeddingRequest, request: Request) -> JSONResponse:
    """Vectors of unit length for texts."""
    state = state_of(request)
    embedder = state.session.memory.embedder
    _known(state, body.model, state.session.house.settings.memory.embedder)
    texts = [body.input] if isinstance(body.input, str) else body.input
    vectors = await whole(
        request, state.gates.embedding, lambda cancellation: embedder.embed(texts, "query", cancellation=cancellation)
    )
    if body.dimensions not in (None, vectors.shape[1]):
        raise Refused(f"The vectors of this model have {vectors.shape[1]} dimensions.", param="dimensions")

    def shown(row: Any) -> Any:
        if body.encoding_format == "base64":
            return base64.b64encode(row.astype("<f4").tobytes()).decode("ascii")
        return [float(value) for value in row]

    data = [{"object": "embedding", "index": at, "embedding": shown(row)} for at, row in enumerate(vectors)]
    tokens = sum(estimate_tokens(text) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return JSONResponse({"object": "list", "data": data, "model": body.model, "usage": usage})


@router.post("/audio/speech", operation_id="create_speech", tags=["audio"], response_class=Response)
async def speech(body: SpeechRequest, request: Request) -> Response:
    """A text as sound."""
    state = state_of(request)
    if body.speed not in (None, 1.0):
        raise Refused("Speech is made at its natural speed only.", param="speed")
    kind = body.response_format or "mp3"
    voice = body.voice if isinstance(body.voice, str) else (body.voice or {}).get("id")

    def work(cancellation: Cancellation) -> bytes:
        with tempfile.TemporaryDirectory(prefix="hausgeist-") as folder:
            house = _quiet(state.session.house, Path(folder))
            suffix = "wav" if kind == "pcm" else kind
            known = voice if voice in state.session.house.catalogue.entries else None
            args = {"text": body.input, "save_as": f"speech.{suffix}", **({"voice": known} if known else {})}
            output = _done(state.call("speak", args, cancellation, house))
            return as_bytes(Path(output.files[0].path), kind)

    sound = await whole(request, state.gates.sound, work)
    return Response(sound, media_type=SOUND_TYPES[kind])


@router.post("/audio/transcriptions", operation_id="create_transcription", tags=["audio"])
async def transcriptions(
    request: Request,
    file: Annotated[UploadFile, File(description="a sound file")],
    model: Annotated[str, Form(max_length=200)],
    language: Language | None = None,
    response_format: Annotated[Literal["json", "text", "srt", "vtt", "verbose_json"], Form()] = "json",
) -> Response:
    """What is said in a sound file."""
    state = state_of(request)
    _known(state, model, state.session.house.settings.speech.recognizer)
    if (file.size or 0) > MOST_UPLOAD:
        raise Refused(f"The file is larger than {MOST_UPLOAD // 10**6} MB.", param="file", status=413)
    data = await file.read()

    def work(cancellation: Cancellation) -> Any:
        with tempfile.TemporaryDirectory(prefix="hausgeist-") as folder:
            sound = Path(folder) / f"sound{Path(file.filename or '').suffix[:8]}".replace("\0", "")
            sound.write_bytes(data)
            return transcribe(state.session.house, sound, language=language, cancellation=cancellation)

    heard = await whole(request, state.gates.sound, work)
    if response_format == "json":
        return JSONResponse({"text": heard.text})
    if response_format == "verbose_json":
        return JSONResponse(verbose(heard))
    texts = {"text": lambda: f"{heard.text}\n", "srt": lambda: as_srt(heard), "vtt": lambda: as_vtt(heard)}
    return PlainTextResponse(texts[response_format]())


@router.post("/images/generations", operation_id="create_image", tags=["images"])
async def images(body: ImageRequestBody, request: Request) -> JSONResponse:
    """Pictures from words; always as base64, since no address of a picture is given out."""
    state = state_of(request)
    if body.response_format == "url":
        raise Refused("Pictures are given as b64_json only.", param="response_format")
    args: dict[str, Any] = {"prompt": body.prompt, "count": body.n or 1}
    if body.size not in (None, "auto"):
        width, _, height = (body.size or "").partition("x")
        args |= {"width": int(width), "height": int(height)}
    if body.seed is not None:
        args["seed"] = body.seed

    def work(cancellation: Cancellation) -> list[str]:
        output = _done(state.call("generate_image", args, cancellation))
        return [base64.b64encode(Path(file.path).read_bytes()).decode("ascii") for file in output.files]

    drawn = await whole(request, state.gates.image, work)
    return JSONResponse({"created": int(time.time()), "data": [{"b64_json": picture} for picture in drawn]})


def _known(state: State, asked: str, ours: str) -> None:
    """Any name that a client writes for its usual model means ours, but not one of another kind of ours."""
    if asked in state.model_ids() and asked != ours:
        raise Refused(f"The model {asked!r} does not do this; {ours!r} does.", code="model_not_found", param="model")


def _quiet(house: House, folder: Path) -> House:
    """The house with its outputs in `folder` and its loudspeaker off."""
    paths = house.paths
    speech = house.settings.speech.model_copy(update={"play": False})
    settings = house.settings.model_copy(update={"speech": speech})
    staged = StagedPaths(paths.config, paths.data, paths.cache, paths.models, folder)
    return replace(house, paths=staged, settings=settings)


def _done(output: ToolOutput) -> ToolOutput:
    """The output of a tool that did it. Raises `Refused` or `ToolError`."""
    if output.status == "ok":
        return output
    text = output.error or output.say
    if "models pull" in text or "not installed" in text:
        raise Refused(text, code="model_not_found", status=404)
    raise Refused(text, code="failed", status=400) if output.status == "failed" else ToolError(text)
