"""Which models make the full vision backend here, and where it computes. Loads nothing and fetches nothing.

Two models: one that puts pictures and words into one space (SigLIP or SigLIP 2), one that finds boxes by words and by
picture (OWLv2). Each is named in the settings by a catalogue id, a folder, or a Hugging Face repository that was
fetched to this machine (see `runtime.hub`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from runtime.errors import BudgetError, HausgeistError, ModelMissingError, ToolUnavailableError, UnknownNameError
from runtime.gpu import gpus
from runtime.house import House
from runtime.weights import FolderFacts, inspect_folder

Role = Literal["embedder", "detector"]
Device = Literal["cuda", "cpu"]
KINDS: dict[Role, tuple[str, ...]] = {"embedder": ("siglip", "siglip2"), "detector": ("owlv2",)}
"""`model_type` of the configurations that can take each role."""
TASKS: dict[Role, str] = {"embedder": "features", "detector": "detection"}
FILES = ("preprocessor_config.json|processor_config.json", "tokenizer.json|tokenizer.model|vocab.json|spiece.model")
_OVERHEAD_BYTES = 900_000_000
"""Main memory of a process with torch and transformers, without weights."""
_GPU_WORK_BYTES = 2_000_000_000
"""GPU memory for the activations of the largest batch."""


@dataclass(frozen=True)
class FullModels:
    """Both models, whole on disk."""

    embedder: FolderFacts
    detector: FolderFacts

    @property
    def version(self) -> str:
        """Name of the vectors they make: those of one embedder are not compared with another's."""
        return f"full-1 {self.embedder.path.name[:24]} {self.embedder.digest[:12]}"

    @property
    def parameters(self) -> int:
        """Numbers in both."""
        return self.embedder.parameters + self.detector.parameters

    def bytes_on(self, device: Device) -> tuple[int, int]:
        """Main memory and GPU memory that they are expected to take."""
        if device == "cuda":
            return _OVERHEAD_BYTES + self.parameters * 2, self.parameters * 2 + _GPU_WORK_BYTES
        return _OVERHEAD_BYTES + self.parameters * 4, 0


def full_models(house: House) -> FullModels:
    """The models that the settings name. Raises `ModelMissingError`, `ModelCorruptError` or `UnknownNameError`."""
    _need_packages()
    finder = house.settings.finder
    return FullModels(_model(house, "embedder", finder.embedder), _model(house, "detector", finder.detector))


def full_installed(house: House) -> bool:
    """Whether both models are there, whole and usable; says nothing of why not (see `full_models`)."""
    try:
        full_models(house)
    except HausgeistError:
        return False
    return True


def device_of(house: House) -> Device:
    """Where the full backend computes. Raises `BudgetError` where the settings ask for a GPU that cannot be used."""
    usable = gpu_problem() is None
    wanted = house.settings.finder.device
    if wanted == "cuda" and not usable:
        raise BudgetError(f"finder.device is cuda, but {gpu_problem()}.", remedy="Set finder.device to auto or cpu.")
    return "cuda" if usable and wanted != "cpu" else "cpu"


def gpu_problem() -> str | None:
    """Why no GPU can be used here, in words; None where one can."""
    try:
        torch = version("torch")
    except PackageNotFoundError:
        return "torch is not installed"
    if not gpus():
        return "no NVIDIA GPU is seen"
    return f"torch {torch} is built for the CPU only (`make gpu` installs the other)" if "+cpu" in torch else None


def _model(house: House, role: Role, wish: str) -> FolderFacts:
    what = f"finder's {role} {wish}"
    path, remedy = _folder(house, role, wish, what)
    facts = inspect_folder(path, what, remedy, FILES)
    kind = str(facts.config.get("model_type"))
    if kind not in KINDS[role]:
        raise ModelMissingError(
            f"The {what} is a model of the kind {kind!r}, not {' or '.join(KINDS[role])}.",
            remedy=f"Set finder.{role} to another.",
        )
    return facts


def _folder(house: House, role: Role, wish: str, what: str) -> tuple[Path, str]:
    """The model's folder and what to do when it is not whole."""
    if wish in house.catalogue.entries:
        again = f"Get it with `hausgeist models pull {wish}`."
        folder = house.catalogue.folder(wish)
        if house.catalogue.known_files(wish):
            return house.catalogue.require(wish), again
        return folder, again  # put there by hand: looked at file by file
    path = Path(wish).expanduser()
    if path.exists() or wish.startswith(("/", "~", ".")):
        return path.absolute(), f"Copy the whole folder again, or set finder.{role} to another."
    if wish.count("/") == 1:
        return _repository(wish, what), f"Get it again with `hf download {wish}`."
    known = [
        entry.id for entry in house.catalogue.entries.values() if entry.task == TASKS[role] and entry.set == "full"
    ]
    raise UnknownNameError(
        "vision model", wish, known, remedy="A folder or a Hugging Face repository (owner/name) will do as well."
    )


def _repository(name: str, what: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError) as problem:
        raise ModelMissingError(
            f"The {what} of Hugging Face is not on this machine.", remedy=f"Get it with `hf download {name}`."
        ) from problem


def _need_packages() -> None:
    for package in ("torch", "transformers", "safetensors"):
        if not _there(package):
            raise ToolUnavailableError(
                f"The full vision backend needs the package {package}.",
                remedy="Install it with `pip install 'hausgeist[image,camera]'`.",
            )


@cache
def _there(package: str) -> bool:
    """Whether a package is installed; looked up once, since every question asks."""
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
