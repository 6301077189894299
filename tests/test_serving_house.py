"""The model `hausgeist` over HTTP is the whole house: its tools run, under its policy, and no talk is kept."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openai
import pytest
from PIL import Image

from agent.planner import Planner, Step
from agent.serving.app import build_app
from agent.session import Session
from runtime.house import House

from .image_kit import build_pipeline
from .serving_kit import serving


def test_the_house_answers_with_its_tools(
    environment: dict[str, str], need_model: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    need_model("smollm2-135m-instruct")
    ready: Any = SimpleNamespace(ready=True)
    monkeypatch.setattr(Planner, "router", ready)  # routing has tests of its own
    steps = {"remember": {"fact": "The ladder is in the shed."}, "forget": {"query": "the ladder"}}
    plan = lambda self, request, *_: [Step(request.text.split()[0].lower(), 1.0, request.text)]  # noqa: E731
    monkeypatch.setattr(Planner, "plan", plan)
    monkeypatch.setattr(Planner, "direct", lambda self, tool, request: steps[tool])
    overrides = ["chat.model=smollm2-135m-instruct"]
    with House.open(environment, overrides) as house, Session.open(house, "serve") as session:
        with serving(build_app(session, owner={"key": "me"}.get, host="127.0.0.1")) as address:
            client = openai.OpenAI(base_url=f"{address}/v1", api_key="key", max_retries=0, timeout=120)

            def ask(text: str, **more: Any) -> Any:
                messages: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]
                return client.chat.completions.create(model="hausgeist", messages=messages, **more)

            done = ask("Remember where the ladder is")
            assert "ladder" in done.choices[0].message.content and done.usage.total_tokens > 0
            pieces = [c.choices[0].delta.content or "" for c in ask("Remember it again", stream=True)]
            assert "knew" in "".join(pieces)
            refused = ask("Forget the ladder").choices[0].message.content
            assert "not approved" in refused
        assert [fact.text for fact in session.memory.facts()] == ["The ladder is in the shed."]
        assert not session.memory.sessions()


def test_pictures_are_drawn_for_an_openai_client(environment: dict[str, str], tmp_path: Path) -> None:
    build_pipeline(tmp_path / "model")
    overrides = [f"image.model={tmp_path / 'model'}", "image.steps=2"]
    with (
        House.open(environment, overrides) as house,
        Session.open(house, "serve") as session,
        serving(build_app(session, owner={"key": "me"}.get, host="127.0.0.1")) as address,
    ):
        client = openai.OpenAI(base_url=f"{address}/v1", api_key="key", max_retries=0, timeout=300)
        made = client.images.generate(prompt="a red house", size="64x64", n=2, response_format="b64_json")
    pictures = [Image.open(io.BytesIO(base64.b64decode(one.b64_json or ""))) for one in made.data or []]
    assert [picture.size for picture in pictures] == [(64, 64), (64, 64)]
    assert pictures[0].tobytes() != pictures[1].tobytes()
