"""The tools `generate_image` and `edit_image`. Own their arguments and their results' wording; see `generate.py`."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, Field

from runtime.errors import ArgumentError
from tools.contract import Example, HausgeistTool, Progress, Risk, ToolContext, ToolFile, ToolOutput
from tools.image.following import Change, follow, picture_of
from tools.image.generate import generate
from tools.image.places import Places
from tools.image.recipe import media_type
from tools.image.request import Edit, ImageRequest, Picture
from tools.image.said import in_language
from tools.image.styles import style_named


class GenerateImageArgs(BaseModel):
    """Arguments of `generate_image`. Their ranges are checked when the tool runs, so that the message can help."""

    prompt: str = Field(min_length=1, max_length=4000, description="what the picture shows")
    width: int | None = Field(None, description="pixels, only if the user gives a size")
    height: int | None = Field(None, description="pixels, only if the user gives a size")
    count: int | None = Field(None, description="how many pictures, only if the user asks for several")
    seed: int | None = Field(None, description="seed, only if the user gives one")
    negative_prompt: str | None = Field(None, description="what must not be in the picture")
    steps: int | None = Field(None, description="denoising steps, only if the user gives them")
    style: str | None = Field(None, description="a style such as watercolour, photo or pixel art")
    like: str | None = Field(
        None, description="an earlier picture to start from: its file, or 'last'; the rest changes it"
    )
    add: str | None = Field(
        None, description="with like: words to add to that picture's description; prompt then counts only without it"
    )
    scale: float | None = Field(
        None, description="with like: 1.5 for a bigger picture, 0.67 for a smaller one; in place of width and height"
    )


class EditImageArgs(BaseModel):
    """Arguments of `edit_image`."""

    image: str = Field(min_length=1, description="the picture's file, or 'last' for the one just drawn")
    prompt: str = Field("", max_length=4000, description="what the result shows; not needed to enlarge it")
    region: str | None = Field(None, description="the part to paint over: 'left half', or a thing in the picture")
    upscale: float | None = Field(None, description="enlarge it so many times, 1 to 4")
    strength: float | None = Field(None, description="how much may change, 0.05 to 1")
    negative_prompt: str | None = Field(None, description="what must not be in the picture")
    seed: int | None = Field(None, description="seed, only if the user gives one")
    steps: int | None = Field(None, description="denoising steps, only if the user gives them")
    style: str | None = Field(None, description="a style such as watercolour, photo or pixel art")


class GenerateImage(HausgeistTool):
    """Draws pictures from words with a local diffusion model."""

    name: str = "generate_image"
    description: str = "Draws a new picture, drawing, photo or logo from a description in words."
    args_schema: Any = GenerateImageArgs
    risk: ClassVar[Risk] = Risk.WRITE
    examples: ClassVar[tuple[Example, ...]] = (
        Example("en", "draw a red fox asleep in autumn leaves"),
        Example("en", "make me a wallpaper of a foggy harbour, 1024 by 512"),
        Example("en", "two pictures of a wooden robot reading a newspaper, seed 7"),
        Example("zh", "画一座雪山下的小木屋"),
        Example("zh", "生成三张向日葵的图片"),
        Example("de", "male ein Segelboot bei Nacht"),
        Example("es", "dibuja un gato con paraguas"),
        Example("fr", "dessine un phare sous l'orage"),
    )

    def act(self, args: GenerateImageArgs, context: ToolContext) -> ToolOutput:
        """Draw, save and report each picture."""
        return _made(_request(args, context), context)


class EditImage(HausgeistTool):
    """Changes a picture: redraws it, paints over a part of it, or enlarges it. The picture itself stays."""

    name: str = "edit_image"
    description: str = "Changes a picture file: redraws it, paints over a part of it, or enlarges it."
    args_schema: Any = EditImageArgs
    risk: ClassVar[Risk] = Risk.WRITE
    routed: ClassVar[bool] = False
    examples: ClassVar[tuple[Example, ...]] = (
        Example("en", "turn garden.jpg into a watercolour"),
        Example("en", "paint over the car in street.png with flower beds"),
        Example("en", "enlarge portrait.png to twice its size"),
        Example("zh", "把 garden.jpg 改成水彩画"),
        Example("de", "mach aus foto.png ein Ölgemälde"),
    )

    def act(self, args: EditImageArgs, context: ToolContext) -> ToolOutput:
        """Edit, save and report."""
        source = picture_of(context.house, args.image, context.session)
        if source is None:
            raise ArgumentError("No picture was drawn in this conversation yet.", remedy="Name a picture's file.")
        edit = Edit(source, args.region, None, args.strength, args.upscale)
        request = ImageRequest(
            args.prompt or (style_named(args.style).name if args.style else ""),
            args.negative_prompt,
            seed=args.seed,
            steps=args.steps,
            style=args.style,
            edit=edit,
        )
        return _made(request, context)


def _request(args: GenerateImageArgs, context: ToolContext) -> ImageRequest:
    """The wish in the arguments: a new picture, or an earlier one with changes."""
    earlier = picture_of(context.house, args.like, context.session) if args.like else None
    values = {name: getattr(args, name) for name in ("negative_prompt", "width", "height", "seed", "steps", "style")}
    if earlier is not None:
        if args.scale is not None:
            values |= {"width": None, "height": None}
        prompt = args.prompt if args.add is None else None
        change = Change(add=args.add, prompt=prompt, scale=args.scale, count=args.count, **values)
        return follow(context.house, earlier, change)
    return ImageRequest(args.prompt, count=1 if args.count is None else args.count, **values)


def _made(request: ImageRequest, context: ToolContext) -> ToolOutput:
    """Draw what `request` wants and tell it."""

    def step(done: int, total: int) -> None:
        context.progress(Progress(context.words(en="Drawing", zh="正在绘图"), done, total, "step"))

    pictures = generate(context.house, request, step, context.cancellation, chat=context.chat)
    Places(context.house.paths).keep_last(context.session, pictures[-1].path)
    first = pictures[0].recipe
    facts: dict[str, Any] = {
        "prompt": first.prompt,
        "seed": first.seed,
        "width": first.width,
        "height": first.height,
        "model": first.model,
        "count": len(pictures),
        "files": [str(picture.path) for picture in pictures],
        "steps": first.steps,
    }
    optional = {"style": first.style, "wish": first.wish, "negative_prompt": first.negative_prompt}
    facts |= {name: value for name, value in optional.items() if value}
    if first.source is not None:
        facts |= {"source": first.source["name"], "region": first.region, "upscale": first.upscale}
    notes = list(dict.fromkeys(note for picture in pictures for note in picture.notes))
    if notes:
        facts["note"] = " ".join(notes)
    faults = [f"{picture.path.name}: {fault}" for picture in pictures for fault in picture.faults]
    if faults:
        facts["failed_checks"] = faults
    return ToolOutput(
        facts=facts,
        files=[ToolFile(path=picture.path, media_type=media_type(picture.path)) for picture in pictures],
        say=_words(pictures, notes, context),
    )


def _words(pictures: list[Picture], notes: list[str], context: ToolContext) -> str:
    recipe = pictures[0].recipe
    where = ", ".join(str(picture.path) for picture in pictures)
    what = recipe.wish or recipe.prompt
    style = f", {recipe.style}" if recipe.style else ""
    size = f"{recipe.width}×{recipe.height}{style}"
    if recipe.source is not None:
        name = recipe.source["name"]
        said = context.words(
            en=f"I changed {name} ({size}, seed {recipe.seed}): {where}",
            zh=f"我修改了 {name}（{size}，种子 {recipe.seed}）：{where}",
        )
    elif len(pictures) == 1:
        said = context.words(
            en=f"I drew “{what}” ({size}, seed {recipe.seed}): {where}",
            zh=f"我画好了“{what}”（{size}，种子 {recipe.seed}）：{where}",
        )
    else:
        last = pictures[-1].recipe.seed
        said = context.words(
            en=f"I drew {len(pictures)} pictures of “{what}” ({size}, seeds {recipe.seed} to {last}): {where}",
            zh=f"我画了 {len(pictures)} 张“{what}”（{size}，种子 {recipe.seed} 到 {last}）：{where}",
        )
    return " ".join([said, *(in_language(note, context.language) for note in notes)])
