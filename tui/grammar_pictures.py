"""The grammar of making and changing pictures, and of provenance. Imports only argparse; owns no work."""

from __future__ import annotations

from tui.parser import Commands, Parser, json_command


def pictures(commands: Commands) -> None:
    """Add `image`, `edit` and `provenance`."""
    _image(commands)
    _edit(commands)
    _provenance(commands)


def _image(commands: Commands) -> None:
    example = 'hausgeist image "a red fox in snow" -o fox.png --seed 7'
    image = json_command(commands, "image", "image:image", "make a picture", example)
    image.add_argument("prompt", nargs="*", metavar="PROMPT", help="what it shows; - reads standard input")
    image.add_argument("--like", metavar="FILE", help="repeat the picture in FILE; other options change it")
    image.add_argument("--size", metavar="WxH", help="pixels, such as 512x512")
    image.add_argument("--count", type=int, metavar="N", help="so many pictures, with the seeds that follow")
    _drawing(image)


def _edit(commands: Commands) -> None:
    about = "change a picture: redraw it, paint over a part of it, or enlarge it"
    example = 'hausgeist edit photo.png "a blue door" --region "bottom left" -o door.png'
    edit = json_command(commands, "edit", "image:edit", about, example)
    edit.add_argument("file", metavar="FILE", help="the picture; it stays as it is")
    edit.add_argument("prompt", nargs="*", metavar="PROMPT", help="what the result shows; - reads standard input")
    edit.add_argument("--region", metavar="WORDS", help='the part to paint over: "left half", or a thing in it')
    edit.add_argument("--mask", metavar="FILE", help="a picture that is white where to paint over")
    edit.add_argument("--strength", type=float, metavar="0..1", help="how much may change (default: 0.6)")
    edit.add_argument("--upscale", type=float, metavar="FACTOR", help="enlarge it so many times, 1 to 4")
    _drawing(edit)


def _drawing(parser: Parser) -> None:
    parser.add_argument("-o", "--output", metavar="FILE", help="write it here, as .png or .jpg")
    parser.add_argument("--seed", type=int, metavar="N", help="same seed, same picture")
    parser.add_argument("--steps", type=int, metavar="N", help="denoising steps")
    parser.add_argument("--guidance", type=float, metavar="N", help="how strictly the prompt is followed")
    parser.add_argument("--negative", metavar="TEXT", help="what it must not show")
    parser.add_argument("--style", metavar="NAME", help="such as watercolour, photo, pixel art; a wrong one lists all")
    lora = "a LoRA .safetensors file, with its weight after a colon if not 1 (repeatable)"
    parser.add_argument("--lora", action="append", default=[], metavar="FILE[:WEIGHT]", help=lora)
    parser.add_argument("--model", metavar="MODEL", help="diffusers folder, .safetensors file, or repository")
    parser.add_argument("--preview", metavar="FILE", help="write the unfinished picture here after each step")


def _provenance(commands: Commands) -> None:
    about = "where a file comes from, and whether it was changed since"
    show = json_command(commands, "provenance", "provenance:show", about, "hausgeist provenance fox.png")
    show.add_argument("file", metavar="FILE", help="a picture or a sound; status 1 where it was changed")
