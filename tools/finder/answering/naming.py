"""What to call a thing that was seen, as far as it is known: "blue book", "large grey cloth". Owns no sightings."""

from __future__ import annotations

from tools.finder.records import Sighting

SURE = 0.4
LARGE_CM, SMALL_CM = 35.0, 8.0
COMMON = {
    "cloth": "dishrag velvet wool handkerchief towel quilt apron stole bath_towel shower_curtain doormat prayer_rug",
    "magazine": "comic_book menu web_site",
    "book": "book_jacket binder book",
    "box": "carton crate packet chest safe",
    "bag": "plastic_bag mailbag purse handbag backpack",
    "bottle": "water_bottle pop_bottle beer_bottle wine_bottle pill_bottle lotion bottle",
    "cup": "coffee_mug cup espresso",
    "plate": "plate tray soup_bowl",
    "cushion": "pillow",
    "newspaper": "newspaper",
}
"""What people call the labels of the classifier (ImageNet) and the detector (COCO) that mean the same to them."""
_BY_LABEL = {label.replace("_", " "): name for name, labels in COMMON.items() for label in labels.split()}


def thing_name(sighting: Sighting, px_per_cm: float | None = None) -> str | None:
    """Its colour and label in English; where no label is sure, its size; None where nothing is known."""
    colour = next((word for word in sighting.colours if word not in {"light", "dark"}), "")
    label = (sighting.label or "").casefold()
    sure = (sighting.label_score or 0.0) >= SURE or (label in _BY_LABEL and (sighting.label_score or 0.0) >= SURE / 2)
    if label and sure:
        return f"{colour} {_BY_LABEL.get(label, label)}".strip()
    if not colour:
        return None
    size = max(sighting.box[2:]) / px_per_cm if px_per_cm else 0.0
    word = "large " if size >= LARGE_CM else "small " if 0 < size <= SMALL_CM else ""
    return f"{word}{colour} thing"
