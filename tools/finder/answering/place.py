"""Where a box lies, in words: the zone, a neighbour, or the part of the picture; in English and Chinese.

A thing stands where its foot is: the middle of the box's lower edge, a little inside. Owns no sightings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tools.finder.records import Box, Camera, Sighting, Zone

Point = tuple[float, float]
FURNITURE = frozenset({"chair", "couch", "bed", "dining table", "bench", "refrigerator", "tv", "sink", "oven", "toilet",
                       "microwave", "laptop", "potted plant", "vase", "clock", "keyboard"})  # fmt: skip
"""Labels that make good neighbours: they stay where they are."""
SPOKEN = {
    "table lamp": "lamp", "lampshade": "lamp", "notebook": "laptop", "desktop computer": "computer",
    "monitor": "screen", "screen": "screen", "television": "tv", "bookcase": "bookcase", "pot": "potted plant",
    "toaster": "toaster", "coffeepot": "coffee pot", "teapot": "teapot", "printer": "printer",
    "typewriter keyboard": "keyboard", "computer keyboard": "keyboard", "stove": "stove", "wall clock": "clock",
}  # fmt: skip
"""What people call the classifier's (ImageNet's) names of things that stay where they are."""
CHINESE = {
    "chair": "椅子", "couch": "沙发", "bed": "床", "dining table": "餐桌", "bench": "长凳", "refrigerator": "冰箱",
    "tv": "电视", "sink": "水槽", "oven": "烤箱", "toilet": "马桶", "microwave": "微波炉", "laptop": "笔记本电脑",
    "potted plant": "盆栽", "vase": "花瓶", "clock": "钟", "keyboard": "键盘",
    "lamp": "台灯", "computer": "电脑", "screen": "屏幕", "bookcase": "书架", "toaster": "烤面包机",
    "coffee pot": "咖啡壶", "teapot": "茶壶", "printer": "打印机", "stove": "炉子",
    "bottle": "瓶子", "cup": "杯子", "book": "书",
}  # fmt: skip
LASTING = FURNITURE | set(SPOKEN.values())
_PARTS = {
    ("left", "top"): ("at the top left of the picture", "画面左上方"),
    ("middle", "top"): ("at the top of the picture", "画面上方"),
    ("right", "top"): ("at the top right of the picture", "画面右上方"),
    ("left", "middle"): ("at the left of the picture", "画面左侧"),
    ("middle", "middle"): ("in the middle of the picture", "画面中间"),
    ("right", "middle"): ("at the right of the picture", "画面右侧"),
    ("left", "bottom"): ("at the bottom left of the picture", "画面左下方"),
    ("middle", "bottom"): ("at the bottom of the picture", "画面下方"),
    ("right", "bottom"): ("at the bottom right of the picture", "画面右下方"),
}
_SIDES = {"left": ("left of the {}", "{}左边"), "right": ("right of the {}", "{}右边"),
          "behind": ("behind the {}", "{}后面"), "front": ("in front of the {}", "{}前面")}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where something lies. `zone` is the zone's name alone; `words` are ready to stand in a sentence."""

    zone: str | None
    words_en: str
    words_zh: str

    def words(self, language: str) -> str:
        """The place in words of a language ("en" or "zh")."""
        return self.words_zh if language == "zh" else self.words_en


def place_of(box: Box, camera: Camera, size: tuple[int, int], neighbours: Iterable[Sighting] = ()) -> Place:
    """The place of `box` on a picture of `size` (width, height) pixels."""
    zone = zone_of(box, camera.zones)
    near = _neighbour(box, neighbours)
    if zone is not None:
        english, chinese = f"on the {zone.name}" if _bare(zone.name) else zone.name, zone.name
        if near:
            english, chinese = f"{english}, {near[0]}", f"{chinese}，{near[1]}"
        return Place(zone.name, english, chinese)
    if near:
        return Place(None, near[0], near[1])
    return Place(None, *_PARTS[_third(box[0] + box[2] / 2, size[0], ("left", "middle", "right")),
                               _third(box[1] + box[3] / 2, size[1], ("top", "middle", "bottom"))])  # fmt: skip


def zone_of(box: Box, zones: Sequence[Zone]) -> Zone | None:
    """The smallest zone in which the thing stands; for one that lies over an edge, that in which its middle is."""
    x, y, w, h = box
    for point in ((x + w / 2, y + 0.85 * h), (x + w / 2, y + 0.5 * h), (x + w / 2, y + h)):
        holding = [zone for zone in zones if inside(point, zone.polygon)]
        if holding:
            return min(holding, key=lambda zone: area(zone.polygon))
    return None


def inside(point: Point, polygon: Sequence[Point]) -> bool:
    """Whether a point lies in a polygon (even-odd rule)."""
    x, y = point
    odd = False
    for (x1, y1), (x2, y2) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            odd = not odd
    return odd


def area(polygon: Sequence[Point]) -> float:
    """The area of a polygon, square pixels (shoelace formula)."""
    pairs = zip(polygon, (*polygon[1:], polygon[0]), strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def _bare(name: str) -> bool:
    """Whether a zone's name needs "on the" before it."""
    return name.isascii() and name.split()[0].casefold() not in {"on", "in", "at", "by", "under", "the", "near"}


def _third(value: float, length: int, names: tuple[str, str, str]) -> str:
    return names[min(2, max(0, int(3 * value / max(1, length))))]


def _neighbour(box: Box, neighbours: Iterable[Sighting]) -> tuple[str, str] | None:
    """The nearest lasting, surely named thing, and on which side of it the box lies."""
    w, h = box[2:]
    best: tuple[float, str, str] | None = None
    for other in neighbours:
        label = (other.label or "").casefold()
        label = SPOKEN.get(label, label)
        if label not in LASTING or (other.label_score or 0) < 0.5 or other.box == box:
            continue
        side, gap = _side(box, other.box)
        reach = 1.5 * max(w, h, min(other.box[2:]) / 2)
        if side is not None and gap <= reach and (best is None or gap < best[0]):
            best = (gap, side, label)
    if best is None:
        return None
    english, chinese = _SIDES[best[1]]
    return english.format(best[2]), chinese.format(CHINESE.get(best[2], best[2]))


def _side(box: Box, other: Box) -> tuple[str | None, float]:
    """On which side of `other` the box lies and how far from it; None where it stands within its outline."""
    x, y = box[0] + box[2] / 2, box[1] + 0.85 * box[3]
    left, top, right, bottom = other[0], other[1], other[0] + other[2], other[1] + other[3]
    if left <= x <= right and top <= y <= bottom:
        return None, 0.0
    across = max(left - x, x - right, 0.0)
    down = max(top - y, y - bottom, 0.0)
    if across >= down:
        return ("left" if x < left else "right"), across
    return ("behind" if y < top else "front"), down
