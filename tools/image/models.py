"""Which image model draws, and the worker for it. Owns no download and loads nothing.

The wish of a request comes first, then the setting image.model, then what is installed: a catalogue model of the
task "image", or any other diffusers folder among the models.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from runtime.errors import ModelMissingError, ToolUnavailableError, UnknownNameError
from runtime.gpu import gpus
from runtime.house import House
from runtime.residency import Priority
from runtime.worker import WorkerSpec
from tools.image import sketch
from tools.image.model_folder import ModelFacts, few_steps_by_name, inspect
from tools.image.said import Said

SUGGESTED = "sd-turbo"
SKETCH = "SketchPipeline"
"""The pipeline class of the house's own small model, `hausgeist-sketch`."""
_OVERHEAD_BYTES = 700_000_000
"""Main memory of a process with torch, diffusers and transformers, measured on a test-size model; without weights."""
_GPU_ACTIVATIONS = 1.4
"""GPU memory over that of the weights, for activations at the usual size."""


@dataclass(frozen=True)
class Placement:
    """On which device a model computes, and how much of it lies there; `note` says what costs time by that."""

    device: str
    offload: str
    note: str


@dataclass(frozen=True)
class ImageModel:
    """An image model that is whole on disk: its name for people, and what is known of it."""

    name: str
    facts: ModelFacts

    @property
    def english(self) -> bool:
        """Whether prompts in other languages have to be rewritten in English for it."""
        return self.facts.english and self.facts.pipeline != SKETCH

    @property
    def note(self) -> str:
        """What a reply has to say of the model itself: of the small one of the house, that there are larger ones."""
        if self.facts.pipeline != SKETCH:
            return ""
        return Said(
            f"It was drawn by the house's own small model; `hausgeist models pull {SUGGESTED}` gets a large one.",
            f"这张图是用自带的小模型画的；运行 `hausgeist models pull {SUGGESTED}` 可以获取大模型。",
        )

    def placement(self, house: House) -> Placement:
        """Where it computes: by the settings, else on a GPU that is here, with offload where it does not fit whole."""
        settings = house.settings.image
        device = settings.device if settings.device != "auto" else "cuda" if uses_gpu() else "cpu"
        if device == "cpu":
            note = ""
            if settings.device == "auto" and gpus():
                note = Said(
                    "It was drawn on the processor: this build of torch cannot use the GPU (see `hausgeist doctor`).",
                    "这张图是用处理器画的：当前的 torch 不能使用显卡（见 `hausgeist doctor`）。",
                )
            return Placement("cpu", "none", note)
        offload, budget = settings.offload, house.residency.gpu_budget
        if offload == "auto":
            whole, largest = (
                int(count * 2 * _GPU_ACTIVATIONS) for count in (self.facts.parameters, self.facts.largest)
            )
            offload = "none" if whole <= budget else "model" if largest <= budget else "sequential"
        slower = Said(
            f"Only a part of the model is on the GPU (budget {budget / 1e9:.1f} GB): {offload} offload, slower.",
            f"模型没有完整放入显存（预算 {budget / 1e9:.1f} GB）：{offload} 卸载会使其变慢。",
        )
        return Placement("cuda", offload, "" if offload == "none" else slower)

    def spec(self, house: House) -> WorkerSpec:
        """The worker that draws with it: float32 on a CPU, half precision on a GPU."""
        facts, placed = self.facts, self.placement(house)
        weights = facts.parameters * (4 if placed.device == "cpu" else 2)
        on_gpu = {"none": facts.parameters, "model": facts.largest, "sequential": facts.largest // 8}[placed.offload]
        return WorkerSpec(
            f"image model {self.name}",
            "tools.image.pipeline_backend:PipelineService",
            {
                "path": str(facts.path),
                "variant": facts.variant,
                "device": placed.device,
                "offload": placed.offload,
            },
            cpu_bytes=_OVERHEAD_BYTES + weights,
            gpu_bytes=int(on_gpu * 2 * _GPU_ACTIVATIONS) if placed.device == "cuda" else 0,
            priority=Priority.IMAGE,
        )


def uses_gpu() -> bool:
    """Whether pictures can be drawn on a GPU here: there is one, and torch is built for it."""
    try:
        return "+cpu" not in version("torch") and bool(gpus())
    except PackageNotFoundError:
        return False


def image_model(house: House, wish: str | None = None) -> ImageModel:
    """The image model that `wish`, the settings or the folder of models name.

    Raises `ModelMissingError` for none, an absent or a partial one, `ModelCorruptError` for a broken one and
    `UnknownNameError` for a name that means nothing; each with the remedy.
    """
    _need_packages()
    wish = wish or house.settings.image.model
    if wish is None:
        name, path = _installed(house)
    elif wish in house.catalogue.entries:
        name, path = wish, house.catalogue.require(wish)
    elif wish in (own := _own(house)):
        name, path = wish, own[wish]
    elif Path(wish).expanduser().exists() or wish.startswith(("/", "~", ".")) or wish.endswith(".safetensors"):
        path = Path(wish).expanduser().absolute()
        name = _name(path)
    elif wish.count("/") == 1:
        name, path = wish, _repository(wish)
    else:
        known = [entry.id for entry in house.catalogue.entries.values() if entry.task == "image"]
        raise UnknownNameError(
            "image model", wish, known, remedy="A folder or a Hugging Face repository (owner/name) will do as well."
        )
    return ImageModel(name, inspect(path, _remedy(house, name, path)))


def installed_models(house: House) -> list[tuple[str, Path]]:
    """Name and folder of each image model that is here.

    The catalogue's come first, then other diffusers folders among the models, then the house's own small one.
    """
    ours = [entry.id for entry in house.catalogue.entries.values() if entry.task == "image"]
    found = [(name, house.catalogue.folder(name)) for name in ours if house.catalogue.installed(name)]
    for index in sorted(house.paths.models.glob("*/model_index.json")):
        if index.parent.name not in house.catalogue.entries:
            found.append((index.parent.name, index.parent))
    if (sketch.folder() / "model_index.json").is_file():
        found.append((sketch.NAME, sketch.folder()))
    return found


def no_model_error(house: House) -> ModelMissingError:
    """One sentence: which command gets an image model, how large it is, and what it needs."""
    entry = house.catalogue.entry(SUGGESTED)
    memory = entry.bytes * 2 + _OVERHEAD_BYTES
    return ModelMissingError(
        "No image model is installed:",
        remedy=(
            f"`hausgeist models pull {SUGGESTED}` gets {entry.title} ({entry.bytes / 1e9:.1f} GB to download), which"
            f" needs about {memory / 1e9:.0f} GB of main memory, or {entry.bytes * _GPU_ACTIVATIONS / 1e9:.0f} GB on a"
            " GPU, where it is much faster."
        ),
    )


def _installed(house: House) -> tuple[str, Path]:
    """What the owner fetched goes before what came with the starter set, the house's own small model is the last; on a
    GPU, few-step models go first."""
    found = installed_models(house)
    if not found:
        raise no_model_error(house)
    entries, gpu = house.catalogue.entries, uses_gpu()

    def rank(model: tuple[str, Path]) -> tuple[bool, bool, bool]:
        starter = model[0] in entries and entries[model[0]].starter
        return model[1] == sketch.folder(), starter, gpu and not few_steps_by_name(model[1])

    name, path = min(found, key=rank)
    return name, house.catalogue.require(name) if name in entries else path


def _own(house: House) -> dict[str, Path]:
    """Models by name that are in no catalogue: folders among the models, and the one of the settings."""
    own = dict(installed_models(house))
    setting = house.settings.image.model
    if setting and Path(setting).expanduser().exists():
        path = Path(setting).expanduser().absolute()
        own[_name(path)] = path
    return own


def _name(path: Path) -> str:
    return path.stem if path.suffix == ".safetensors" else path.name


def _repository(name: str) -> Path:
    """The folder of a Hugging Face repository that the owner has fetched; nothing is fetched here."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError) as problem:
        raise ModelMissingError(
            f"The image model {name} of Hugging Face is not on this machine.",
            remedy=f"Get it with `hf download {name}`, or use `hausgeist models pull {SUGGESTED}`.",
        ) from problem


def _remedy(house: House, name: str, path: Path) -> str:
    if name in house.catalogue.entries:
        return f"Get it again with `hausgeist models remove {name}` and `hausgeist models pull {name}`."
    if path.suffix == ".safetensors":
        folder = path.with_suffix("")
        return f"Put the diffusers configuration (model_index.json and the components' folders) into {folder}."
    return "Copy the whole diffusers folder again, or set image.model to another model."


def _need_packages() -> None:
    for package in ("torch", "diffusers", "transformers", "PIL"):
        try:
            version({"PIL": "pillow"}.get(package, package))
        except PackageNotFoundError:
            raise ToolUnavailableError(
                f"Pictures cannot be drawn: the package {package} is missing.",
                remedy="Install it with `pip install 'hausgeist[image]'`.",
            ) from None
