"""Which taught thing a request names, in five languages; and which requests name none."""

from __future__ import annotations

import pytest

from tools.finder.taught.names import named_item
from tools.finder.taught.rows import Item

NAMES = (
    "grandfather's watch", "Mimi's collar", "red scarf from Lisbon", "insulin pen", "the blue teapot",
    "Tom's school bag", "爷爷的眼镜", "Omas Geldbörse", "la bufanda verde de Ana",
)  # fmt: skip
ITEMS = [Item(number, name, (), 0.0, ()) for number, name in enumerate(NAMES)]
ALIASED = Item(20, "Kuscheltier", ("Mr Bun", "兔兔"), 0.0, ())


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        ("grandfather's watch", "grandfather's watch"),
        ("Where is my grandfather’s old watch?", "grandfather's watch"),
        ("the watch of grandpa", "grandfather's watch"),
        ("爷爷的手表在哪里？", "grandfather's watch"),
        ("Wo ist Opas Uhr?", "grandfather's watch"),
        ("die Armbanduhr von Großvater", "grandfather's watch"),
        ("la montre de grand-père", "grandfather's watch"),
        ("¿Dónde está el reloj del abuelo?", "grandfather's watch"),
        ("Mimis collar", "Mimi's collar"),
        ("the collar of Mimi", "Mimi's collar"),
        ("red scarf from Lisbon", "red scarf from Lisbon"),
        ("der rote Schal aus Lissabon", "red scarf from Lisbon"),
        ("Insulinpen", "insulin pen"),
        ("the insulin pen, please", "insulin pen"),
        ("blue teapot", "the blue teapot"),
        ("die blaue Teekanne", "the blue teapot"),
        ("la théière bleue", "the blue teapot"),
        ("蓝色的茶壶", "the blue teapot"),
        ("Tom's school bag", "Tom's school bag"),
        ("grandpa's glasses", "爷爷的眼镜"),
        ("grandma's wallet", "Omas Geldbörse"),
        ("奶奶的钱包", "Omas Geldbörse"),
        ("Ana's green scarf", "la bufanda verde de Ana"),
    ],
)
def test_a_request_names_a_taught_thing(request_: str, name: str) -> None:
    found = named_item(ITEMS, request_)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "request_",
    [
        "my watch", "grandmother's watch", "奶奶的手表", "Papas Uhr", "la montre de ma mère", "grandfather's ring",
        "blue scarf", "the green teapot", "蓝色的杯子", "Anna's school bag", "bag", "wallet", "my keys", "手机",
        "la cartera", "Kugelschreiber", "a pen", "the dog's leash", "", "where is it?", "爷爷", "Mimi",
    ],
)  # fmt: skip
def test_a_request_that_names_none(request_: str) -> None:
    assert named_item(ITEMS, request_) is None


def test_other_names_are_names_too_and_the_fullest_name_wins() -> None:
    assert named_item([ALIASED], "have you seen Mr Bun") == ALIASED
    assert named_item([ALIASED], "兔兔在哪里") == ALIASED
    assert named_item([ALIASED], "bun") is None
    plain, full = Item(1, "watch", (), 0.0, ()), Item(2, "my red watch", (), 0.0, ())
    assert named_item([plain, full], "where is my red watch?") == full
    assert named_item([plain, full], "where is my watch?") == plain
    assert named_item([plain], "grandmother's watch") is None
