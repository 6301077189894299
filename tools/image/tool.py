"""The tool `generate_image`. Owns the wording of its result; the work is in `generate.py`."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, Field

from tools.contract import Example, HausgeistTool, Progress, Risk, ToolContext, ToolFile, ToolOutput
from tools.image.generate import generate
from tools.image.request import ImageRequest, Picture


class GenerateImageArgs(BaseModel):
    """Arguments of `generate_image`. Their ranges are checked when the tool runs, so that the message can help."""

    prompt: str = Field(min_length=1, max_length=4000, description="what the picture shows")
    width: int | None = Field(None, description="pixels, only if the user gives a size")
    height: int | None = Field(None, description="pixels, only if the user gives a size")
    count: int | None = Field(None, description="how many pictures, only if the user asks for several")
    seed: int | None = Field(None, description="seed, only if the user gives one")
    negative_prompt: str | None = Field(None, description="what must not be in the picture")
    steps: int | None = Field(None, description="denoising steps, only if the user gives them")


class GenerateImage(HausgeistTool):
    """Draws pictures from words with a local diffusion model."""

    name: str = "generate_image"
    description: str = "Draws a new picture, drawing, photo or logo from a description in words."
    args_schema: Any = GenerateImageArgs
    risk: ClassVar[Risk] = Risk.WRITE
    repeatable: ClassVar[bool] = True
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

        def step(done: int, total: int) -> None:
            context.progress(Progress(context.words(en="Drawing", zh="正在绘图"), done, total, "step"))

        request = ImageRequest(
            args.prompt,
            args.negative_prompt,
            args.width,
            args.height,
            1 if args.count is None else args.count,
            args.seed,
            args.steps,
        )
        pictures = generate(context.house, request, step, context.cancellation)
        first = pictures[0].recipe
        facts: dict[str, Any] = {
            "prompt": args.prompt,
            "seed": first.seed,
            "width": first.width,
            "height": first.height,
            "model": first.model,
            "count": len(pictures),
            "files": [str(picture.path) for picture in pictures],
            "steps": first.steps,
        }
        notes = list(dict.fromkeys(note for picture in pictures for note in picture.notes))
        if notes:
            facts["note"] = " ".join(notes)
        return ToolOutput(
            facts=facts,
            files=[ToolFile(path=picture.path, media_type="image/png") for picture in pictures],
            say=_words(pictures, notes, context),
        )


def _words(pictures: list[Picture], notes: list[str], context: ToolContext) -> str:
    recipe = pictures[0].recipe
    where = ", ".join(str(picture.path) for picture in pictures)
    size = f"{recipe.width}×{recipe.height}"
    if len(pictures) == 1:
        said = context.words(
            en=f"I drew “{recipe.prompt}” ({size}, seed {recipe.seed}): {where}",
            zh=f"我画好了“{recipe.prompt}”（{size}，种子 {recipe.seed}）：{where}",
        )
    else:
        last = pictures[-1].recipe.seed
        said = context.words(
            en=f"I drew {len(pictures)} pictures of “{recipe.prompt}” ({size}, seeds {recipe.seed} to {last}): {where}",
            zh=f"我画了 {len(pictures)} 张“{recipe.prompt}”（{size}，种子 {recipe.seed} 到 {last}）：{where}",
        )
    return " ".join([said, *notes])
