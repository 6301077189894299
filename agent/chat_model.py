"""Which chat model a house has: ours on llama.cpp, or any OpenAI-compatible server by one setting."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import Any

import httpx
from langchain_core.language_models import BaseChatModel

from agent.chat_llama import ChatLlama
from agent.failover import AsyncFailover, Failover, Servers
from agent.planner import Planner
from runtime.errors import ModelMissingError
from runtime.house import House

_CLIENTS = {"openai", "httpx", "httpcore", "langchain_openai"}
log = logging.getLogger(__name__)


def open_chat_model(house: House, planner: Planner | None) -> BaseChatModel:
    """The chat model that the settings name; loads nothing. Raises `ModelMissingError` naming the remedy."""
    chat = house.settings.chat
    if chat.remote_url:
        from langchain_openai import ChatOpenAI

        clients: dict[str, Any] = {}
        if chat.remote_fallbacks:
            servers = Servers([chat.remote_url, *chat.remote_fallbacks])
            clients["http_client"] = httpx.Client(transport=Failover(servers), timeout=chat.remote_timeout_s)
            clients["http_async_client"] = httpx.AsyncClient(
                transport=AsyncFailover(servers), timeout=chat.remote_timeout_s
            )
        return ChatOpenAI(
            base_url=chat.remote_url,
            model=chat.remote_model,
            api_key=chat.remote_key or "none",  # type: ignore[arg-type]
            timeout=chat.remote_timeout_s,
            max_retries=1,
            temperature=chat.temperature,
            max_tokens=chat.max_reply_tokens,  # type: ignore[call-arg]
            **clients,
        )
    return ChatLlama(house=house, model_path=str(model_file(house)), planner=planner)


def model_file(house: House) -> Path:
    """The GGUF file of `chat.model`: a path, or an installed model of the catalogue."""
    name = house.settings.chat.model
    if name.endswith(".gguf") or "/" in name:
        file = Path(name).expanduser().absolute()
        if not file.is_file():
            raise ModelMissingError(f"The chat model {file} does not exist.", remedy="Correct the setting chat.model.")
        return file
    folder = house.catalogue.require(name)
    files = sorted(folder.glob("*.gguf"))
    if not files:
        raise ModelMissingError(f"The model {name} is no chat model.", remedy="See `hausgeist models list`.")
    return files[0]


def model_name(house: House) -> str:
    """What to call the chat model in results."""
    chat = house.settings.chat
    return f"{chat.remote_model} at {chat.remote_url}" if chat.remote_url else chat.model


def _while_reading(problem: Exception) -> bool:
    """Whether a library was reading a server's answer when this was raised: half a JSON, noise, an empty stream."""
    frames = traceback.walk_tb(problem.__traceback__)
    names = {str(frame.f_globals.get("__name__", "")) for frame, _ in frames}
    return any(name.split(".")[0] in _CLIENTS or name == "langchain_core.language_models.chat_models" for name in names)


def turn_error(problem: Exception, house: House) -> str:
    """A clear message for what a library raised in a turn: a remote server that is away, or a fault of ours."""
    remote = house.settings.chat.remote_url
    if remote and type(problem).__module__.split(".")[0] in _CLIENTS:
        return f"The chat server at {remote} failed: {problem}. Check chat.remote_url, or unset it to use ours."
    if remote and isinstance(problem, ValueError) and _while_reading(problem):
        return (
            f"The chat server at {remote} sent an answer that cannot be read ({problem}). Try again; if it stays so,"
            " check chat.remote_url, or unset it to use ours."
        )
    log.error("A turn failed.", exc_info=problem)
    return f"The turn failed: {type(problem).__name__}: {problem}."
