"""What every request of the HTTP server works with: the session, the gates, and calls of tools under the policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request
from langchain_core.messages import BaseMessage

from agent.aside import aside
from agent.bridge import run_blocking
from agent.chat_model import model_name
from agent.messages import has_chinese
from agent.serving.access import OWNER, Access, access_in, scope_of
from agent.serving.gate import Gates
from agent.session import Session
from runtime.cancellation import Cancellation
from runtime.errors import ApprovalError
from runtime.house import House
from tools.approval import verdict
from tools.contract import ToolContext, ToolOutput
from tools.registry import check_args


@dataclass(frozen=True)
class State:
    """One running server's."""

    session: Session
    gates: Gates
    access: Access = OWNER
    """Whose request it is."""

    def conversation(self, past: Sequence[BaseMessage] = ()) -> Session:
        """A conversation of its own, in which tools beyond the token's scopes do not run."""
        begun = aside(self.session, past, house=self.session.house.for_clients())
        begun.never |= self.access.barred(begun.registry)
        return begun

    def model_ids(self) -> list[str]:
        """The models that a client may name."""
        house = self.session.house
        speech, memory = house.settings.speech, house.settings.memory
        ids = ["hausgeist", model_name(house), memory.embedder, speech.recognizer, speech.voice]
        return [*dict.fromkeys([*ids, *([house.settings.image.model] if house.settings.image.model else [])])]

    def permit(self, name: str) -> None:
        """Pass when the token reaches a tool and the policy lets it run unasked.

        Raises `UnknownNameError` and `ApprovalError`.
        """
        tool = self.session.registry.get(name)
        self.access.check(scope_of(tool))
        if verdict(tool, self.session.house.settings.approval) != "allow":
            raise ApprovalError(
                f"The tool {name} needs the owner's approval, and nobody can be asked here.",
                remedy=f"Allow it by the setting approval.tools.{name}=allow.",
            )

    def call(
        self, name: str, args: Mapping[str, Any], cancellation: Cancellation, house: House | None = None
    ) -> ToolOutput:
        """Run a tool under the policy. Blocks. Raises `UsageError` and `ApprovalError`; else see the output."""
        self.permit(name)
        session = aside(self.session)
        check_args(session.registry.get(name), args)
        words = " ".join(str(value) for value in args.values())
        language = session.house.settings.language
        context = ToolContext(
            (house or session.house).for_clients(),
            session.memory,
            language if language != "auto" else "zh" if has_chinese(words) else "en",
            "http",
            words,
            cancellation=cancellation,
            chat=session.work_on,
            documents=session.documents,
        )
        return run_blocking(session.registry.acall(name, args, context))


def state_of(request: Request) -> State:
    """The state of the server that got the request, with the access of who asks."""
    state: State = request.app.state.house
    return replace(state, access=access_in(request.scope))


def needs(scope: str) -> Callable[[Request], None]:
    """A dependency of routes that only tokens of that scope reach."""

    def check(request: Request) -> None:
        access_in(request.scope).check(scope)

    return check
