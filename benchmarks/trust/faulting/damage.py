"""How files go bad: flipped bits, pages of noise, truncation, a lost header, a lost log. Owns no judgement."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

PAGE = 4096
Damage = Callable[[Path, random.Random], str]
"""Damages a file; gives what it did in words."""


def bits(file: Path, dice: random.Random) -> str:
    """Flip thirty bits anywhere."""
    data = bytearray(file.read_bytes())
    for _ in range(30):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    file.write_bytes(data)
    return "30 flipped bits"


def noise_page(file: Path, dice: random.Random) -> str:
    """Fill one page other than the first with noise."""
    data = bytearray(file.read_bytes())
    page = dice.randrange(1, max(2, len(data) // PAGE))
    data[page * PAGE : (page + 1) * PAGE] = dice.randbytes(len(data[page * PAGE : (page + 1) * PAGE]))
    file.write_bytes(data)
    return f"noise in page {page}"


def zero_pages(file: Path, dice: random.Random) -> str:
    """Fill three pages in a row with zeros, as a disk gives them for sectors that it lost."""
    data = bytearray(file.read_bytes())
    first = dice.randrange(1, max(2, len(data) // PAGE - 3))
    part = slice(first * PAGE, min(len(data), (first + 3) * PAGE))
    data[part] = bytes(len(data[part]))
    file.write_bytes(data)
    return f"zeros from page {first}"


def cut(file: Path, dice: random.Random) -> str:
    """Cut the file short at any byte of its second half."""
    size = file.stat().st_size
    length = dice.randrange(size // 2, size)
    with file.open("r+b") as out:
        out.truncate(length)
    return f"cut to {length} of {size} bytes"


def header(file: Path, dice: random.Random) -> str:
    """Noise in the first hundred bytes."""
    with file.open("r+b") as out:
        out.write(dice.randbytes(100))
    return "noise in the header"


def first_page(file: Path, dice: random.Random) -> str:
    """Noise in the whole first page: the list of tables is gone."""
    with file.open("r+b") as out:
        out.write(dice.randbytes(PAGE))
    return "noise in the first page"


def emptied(file: Path, _: random.Random) -> str:
    """Nothing is left."""
    file.write_bytes(b"")
    return "emptied"


def no_log_index(file: Path, dice: random.Random) -> str:
    """Noise in the log's index, which SQLite makes again."""
    file.with_name(file.name + "-shm").write_bytes(dice.randbytes(32768))
    return "noise in the log's index"


DATABASE: tuple[Damage, ...] = (bits, noise_page, zero_pages, cut, header, first_page, emptied, no_log_index)
FILE: tuple[Damage, ...] = (bits, zero_pages, cut, header, emptied)


def damaged_word_index(file: Path) -> None:
    """Take words from a word index behind its back."""
    with closing(sqlite3.connect(file)) as database:
        database.execute("DELETE FROM words_data WHERE id > 10")
        database.commit()
