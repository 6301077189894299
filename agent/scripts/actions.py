"""What single steps do: call a tool, ask the assistant, write a file, keep values. Owns neither order nor journal."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.aside import aside
from agent.bridge import run_blocking
from agent.events import ApprovalNeeded, Decision, ToolProgress, TurnEvent
from agent.messages import has_chinese
from agent.outcome import Turn
from agent.scripts.events import Approve, Asked
from agent.scripts.schema import Step, Writing
from agent.scripts.templates import LONGEST, Templates
from agent.scripts.values import Result, Scope, result
from agent.session import Session
from memory.memory import Memory
from runtime.cancellation import Cancellation
from runtime.errors import ApprovalError, ArgumentError, HausgeistError, ModelMissingError
from runtime.house import House
from runtime.inside import within
from tools.approval import verdict
from tools.contract import HausgeistTool, Progress, Risk, ToolContext, ToolOutput
from tools.documents.library import Library
from tools.registry import Registry, check_args, risk_of


@dataclass(frozen=True)
class Attempt:
    """One try of one step: the house whose outputs are the step's own folder, and how to report and stop."""

    house: House
    scope: Scope
    cancellation: Cancellation
    effect: str
    """Names this step of this run, the same at every attempt."""
    progress: Callable[[Progress], None]
    note_effect: Callable[[str], None]
    """Called with the name of a tool, before it runs, when it may not run twice."""


@dataclass
class Workshop:
    """What steps work with; opened when first used. Thread-safe. Close it, or use it in a `with`."""

    house: House
    registry: Registry
    approve: Approve
    name: str = "script"
    templates: Templates = field(default_factory=Templates)
    _stack: ExitStack = field(default_factory=ExitStack)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _open: dict[str, Any] = field(default_factory=dict)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Workshop:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def effect_of(self, step: Step) -> str:
        """The tool that a step calls, when it may not run twice; else nothing."""
        if step.tool is None or step.repeatable:
            return ""
        tool = self.registry.get(step.tool)
        return "" if is_repeatable(tool) and step.repeatable is not False else tool.name

    def act(self, step: Step, attempt: Attempt) -> Result:
        """Do the step. Raises `HausgeistError`; a tool's own failure is in the result."""
        kinds = {"tool": self._tool, "ask": self._ask, "read": self._read, "write": self._write, "set": self._set}
        return kinds[step.action](step, attempt)

    def approved(self, step: Step, scope: Scope) -> None:
        """Pass when the policy, or the owner, lets the step's tool run. Raises `ApprovalError`."""
        if step.tool is None:
            return
        tool = self.registry.get(step.tool)
        decided = verdict(tool, self.house.settings.approval)
        if decided == "deny":
            remedy = f"Change it with --set approval.tools.{tool.name}=ask."
            raise ApprovalError(f"The settings forbid the tool {tool.name}.", remedy=remedy)
        args = self.templates.render(step.with_, scope.values)
        if decided == "ask" and not self.approve(Asked(tool.name, args, risk_of(tool).value)):
            raise ApprovalError(
                f"The tool {tool.name} was not approved.",
                remedy=f"Run with --yes, or set approval.tools.{tool.name}=allow.",
            )

    # Kinds ------------------------------------------------------------------------------------------------------

    def _tool(self, step: Step, attempt: Attempt) -> Result:
        assert step.tool is not None
        args = self.templates.render(step.with_, attempt.scope.values)
        check_args(self.registry.get(step.tool), args)
        words = " ".join(str(value) for value in args.values())
        memory, documents = self._memory(), self._documents()
        context = ToolContext(
            attempt.house,
            memory,
            self._language(words),
            self.name,
            words,
            attempt.progress,
            attempt.cancellation,
            attempt.effect,
            chat=self._chat(attempt.cancellation),
            documents=documents,
        )
        return from_output(run_blocking(self.registry.acall(step.tool, args, context)))

    def _ask(self, step: Step, attempt: Attempt) -> Result:
        assert step.ask is not None
        values = attempt.scope.values
        text = str(self.templates.render(step.ask, values))
        chains = [*self.templates.check(step.ask), *(self.templates.check(step.data) if step.data else ())]
        outside = attempt.scope.from_outside(chains)
        session = self._session()
        if step.data is not None:
            data = str(self.templates.render(step.data, values))
            reply = _worker_of(session, attempt.cancellation)(text, data)
        elif outside:  # text from outside may not choose a tool, so it is only worked on
            reply = _worker_of(session, attempt.cancellation)("Answer the request in the text.", text)
        else:
            return self._turn(session, text, attempt, may_call=step.repeatable is not True)
        return result(reply=reply, say=reply, outside=outside)

    def _turn(self, session: Session, text: str, attempt: Attempt, *, may_call: bool) -> Result:
        registry = Watched(session.registry.tools, session.registry.unavailable)
        registry.before = attempt.note_effect if may_call else lambda name: None

        def show(event: TurnEvent) -> None:
            if isinstance(event, ToolProgress):
                attempt.progress(event.progress)

        def decide(event: ApprovalNeeded) -> Decision:
            return "once" if self.approve(Asked(event.tool, event.args, event.risk)) else "never"

        conversation = aside(session, house=attempt.house, registry=registry)
        turn = conversation.ask(text, approve=decide, on_event=show, cancellation=attempt.cancellation)
        attempt.cancellation.check()
        return from_turn(turn)

    def _read(self, step: Step, attempt: Attempt) -> Result:
        file = Path(str(self.templates.render(step.read, attempt.scope.values))).expanduser()
        text = read_text(file)
        facts = {"file": str(file), "characters": len(text), "words": len(text.split())}
        return result(value=text, outside=True, facts=facts, files=[str(file)], say=str(file))

    def _write(self, step: Step, attempt: Attempt) -> Result:
        assert step.write is not None
        values = attempt.scope.values
        text = self.templates.render(step.write.text, values)
        text = text if isinstance(text, str) else str(text)
        name = str(self.templates.render(step.write.file, values))
        outputs = self.house.paths.outputs
        try:
            target = within(outputs, name)
        except ArgumentError as problem:
            raise ArgumentError(
                f"A script cannot write {name!r}: it writes files under {outputs} only.",
                remedy="Give a relative name such as briefing.md.",
            ) from problem
        staged = attempt.house.paths.outputs / target.relative_to(outputs)
        staged.parent.mkdir(parents=True, exist_ok=True)
        staged.write_text(self._whole(step.write, target, text), encoding="utf-8")
        return result(say=f"{target}", value=str(target), files=[str(target)], facts={"file": str(target)})

    @staticmethod
    def _whole(writing: Writing, target: Path, text: str) -> str:
        if not writing.append or not target.exists():
            return text
        before = target.read_text(encoding="utf-8")
        return before + ("" if before.endswith("\n") or not before else "\n") + text

    def _set(self, step: Step, attempt: Attempt) -> Result:
        value = self.templates.render(dict(step.set or {}), attempt.scope.values)
        chains = [chain for text in _texts(step.set) for chain in self.templates.check(text)]
        return result(value=value, outside=attempt.scope.from_outside(chains))

    # What steps share -------------------------------------------------------------------------------------------

    @property
    def writing(self) -> threading.Lock:
        """Held from reading a file to putting its new text in place, so that two appends do not lose one."""
        return self._writing

    def _language(self, words: str) -> str:
        language = self.house.settings.language
        return language if language != "auto" else "zh" if has_chinese(words) else "en"

    def _memory(self) -> Memory:
        memory: Memory = self._once("memory", lambda: Memory(self.house))
        return memory

    def _documents(self) -> Library:
        documents: Library = self._once("documents", lambda: Library(self.house, self._memory().embedder))
        return documents

    def _session(self) -> Session:
        session: Session = self._once("session", lambda: Session.open(self.house, self.name))
        return session

    def _chat(self, cancellation: Cancellation) -> Callable[[str, str], str] | None:
        try:
            return _worker_of(self._session(), cancellation)
        except ModelMissingError:
            return None

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        with self._lock:
            if name not in self._open:
                self._open[name] = self._stack.enter_context(make())
            return self._open[name]


class Watched(Registry):
    """A registry that tells, before it runs a tool that may not run twice."""

    before: Callable[[str], None]

    async def acall(self, name: str, args: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """As `Registry.acall`."""
        if name in self.tools and not is_repeatable(self.tools[name]):
            self.before(name)
        return await super().acall(name, args, context)


def read_text(file: Path) -> str:
    """The text of a UTF-8 file of at most a megabyte. Raises `ArgumentError`."""
    try:
        if file.stat().st_size > LONGEST:
            raise ArgumentError(f"The file {file} is larger than a megabyte.", remedy="Split it.")
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        why = "it is not UTF-8" if isinstance(problem, UnicodeDecodeError) else problem.strerror
        raise ArgumentError(f"The file {file} cannot be read: {why}.", remedy="Check the path.") from problem


def is_repeatable(tool: Any) -> bool:
    """Whether a cut call may simply be made again; a tool that does not say so may not."""
    return isinstance(tool, HausgeistTool) and (type(tool).repeatable or tool.risk is Risk.READ)


def from_output(output: ToolOutput) -> Result:
    """A tool's output as a step's result."""
    body = output.model_dump(mode="json")
    files = [file["path"] for file in body["files"]]
    return result(
        body["status"], say=body["say"], facts=body["facts"], files=files, error=body["error"], outside=body["outside"]
    )


def from_turn(turn: Turn) -> Result:
    """A turn as a step's result."""
    status = {0: "ok", 3: "denied"}.get(turn.exit_status, "failed")
    errors = [turn.error, *(call.output.error for call in turn.calls)]
    files = [str(file.path) for call in turn.calls for file in call.output.files]
    facts = {call.name: call.output.facts for call in turn.calls}
    return result(
        status,
        say=turn.reply,
        reply=turn.reply,
        facts=facts,
        files=files,
        error=next(filter(None, errors), None),
        outside=any(call.output.outside for call in turn.calls),
    )


def failure(problem: HausgeistError) -> Result:
    """What a step came to that raised an error."""
    status = "denied" if isinstance(problem, ApprovalError) else "failed"
    return result(status, error=str(problem), say=str(problem))


def _worker_of(session: Session, cancellation: Cancellation) -> Callable[[str, str], str]:
    conversation = aside(session)
    if hasattr(conversation.model, "cancellation"):
        conversation.model.cancellation = cancellation
    return conversation.work_on


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []
