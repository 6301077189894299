"""The numbers of rows in a damaged table: which a flipped bit changed, and which are missing. Owns no reading of rows.

Rows lie in a file by ascending number (SQLite, "Database File Format", 1.6). One that breaks this order had another
number, and its neighbours tell which; the rows that keep it are a longest increasing subsequence (Schensted, 1961).
"""

from __future__ import annotations

import re
import sqlite3
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

LAST = 2**63 - 1
PAGE = 4096
"""Bytes of a page: SQLite's default, which all databases of the program have."""
MOST_BEYOND = 2
_LEAF, _INNER = 0x0D, 0x05
Range = tuple[int, int]


def true_numbers(read: Sequence[int], highest: int | None = None) -> list[int | None]:
    """The number that each row had, of rows in the order of the file; None where the neighbours leave several.

    `highest` is the largest that was ever given out, where that is known; it is not believed against many rows.
    """
    if highest is not None and sum(number > highest for number in read) > MOST_BEYOND:
        highest = None
    if all(a < b for a, b in pairwise(read)) and (not read or highest is None or read[-1] <= highest) and (
        not read or read[0] > 0
    ):  # fmt: skip
        return list(read)
    tries = [_filled(read, kept, highest) for kept in (_ascending(read, highest), _mirrored(read, highest))]
    return min(tries, key=lambda numbers: numbers.count(None))


def _ascending(read: Sequence[int], highest: int | None) -> set[int]:
    """Places of a longest increasing subsequence; of equal numbers the later one."""
    tails: list[int] = []
    places: list[int] = []
    before: list[int | None] = [None] * len(read)
    for place, number in enumerate(read):
        if number < 1 or (highest is not None and number > highest):
            continue
        at = bisect_left(tails, number)
        before[place] = places[at - 1] if at else None
        tails[at : at + 1] = [number]
        places[at : at + 1] = [place]
    kept, place_or_none = set[int](), places[-1] if places else None
    while place_or_none is not None:
        kept.add(place_or_none)
        place_or_none = before[place_or_none]
    return kept


def _mirrored(read: Sequence[int], highest: int | None) -> set[int]:
    """The same from the other end; of equal numbers the earlier one."""
    top = max((n for n in read if n >= 1 and (highest is None or n <= highest)), default=0)
    turned = [top + 1 - number if number <= (highest or LAST) else 0 for number in reversed(read)]
    return {len(read) - 1 - place for place in _ascending(turned, None)}


def _filled(read: Sequence[int], kept: set[int], highest: int | None) -> list[int | None]:
    found: list[int | None] = [number if place in kept else None for place, number in enumerate(read)]
    place = 0
    while place < len(read):
        if place in kept:
            place += 1
            continue
        end = next((at for at in range(place, len(read)) if at in kept), len(read))
        low = read[place - 1] if place else 0
        high = read[end] if end < len(read) else (highest + 1 if highest is not None else None)
        found[place:end] = _between(read[place:end], low, high)
        place = end
    return found


def _between(wrong: Sequence[int], low: int, high: int | None) -> list[int | None]:
    """Numbers for rows between two that are right: those that are left, or the one that is a bit away."""
    if high is not None and high - low - 1 == len(wrong):
        return list(range(low + 1, high))
    found: list[int | None] = []
    for number in wrong:
        near = [number ^ 1 << bit for bit in range(63)]
        fit = [one for one in near if low < one and (high is None or one < high)]
        found.append(fit[0] if len(fit) == 1 and high is not None else None)
    known = [one for one in found if one is not None]
    return found if all(a < b for a, b in pairwise(known)) else [None] * len(wrong)


def dropped(found: Sequence[int | None]) -> Iterator[Range]:
    """The ranges in which rows lie whose number could not be told."""
    before, waiting = 0, False
    for number in found:
        if number is None:
            waiting = True
            continue
        if waiting and number - before > 1:
            yield before + 1, number - 1
        before, waiting = number, False
    if waiting:
        yield before + 1, LAST


def holes(numbers: Sequence[int], ranges: Iterable[Range]) -> Iterator[Range]:
    """What of `ranges` none of the ascending `numbers` fills."""
    for first, last in ranges:
        first = max(first, 1)
        inside = numbers[bisect_left(numbers, first) : bisect_right(numbers, last)]
        edges = [first - 1, *inside, last + 1]
        yield from ((a + 1, b - 1) for a, b in pairwise(edges) if b - a > 1)


def broken_pages(database: sqlite3.Connection, table: str) -> set[int]:
    """Pages of which SQLite says that they are not as they should be; a number out of order is not meant."""
    try:
        rows = database.execute(f"PRAGMA integrity_check({table})").fetchall()
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return set()
    lines = [line for row in rows for line in str(row[0]).splitlines() if "out of order" not in line]
    return {int(number) for line in lines for number in re.findall(r"[Pp]age (\d+)", line)}


def ranges_of(file: bytes, root: int, pages: set[int]) -> list[Range]:
    """Which numbers the rows on these pages have, of the table whose tree begins at page `root`."""
    return list(_ranges(file, root, pages, (-LAST, LAST), set())) if pages else []


def _ranges(file: bytes, page: int, wanted: set[int], within: Range, seen: set[int]) -> Iterator[Range]:
    start = (page - 1) * PAGE
    data = file[start : start + PAGE]
    if page in wanted or page in seen or len(data) < PAGE:
        yield within
        return
    seen.add(page)
    head = data[100:] if page == 1 else data
    if head[0] == _LEAF:
        return
    if head[0] != _INNER or len(seen) > len(file) // PAGE:
        yield within
        return
    low = within[0]
    for cell in range(int.from_bytes(head[3:5], "big")):
        at = int.from_bytes(head[12 + 2 * cell : 14 + 2 * cell], "big")
        key = _varint(data[at + 4 : at + 13])
        if not low <= key <= within[1]:
            yield within
            return
        yield from _ranges(file, int.from_bytes(data[at : at + 4], "big"), wanted, (low, key), seen)
        low = key + 1
    yield from _ranges(file, int.from_bytes(head[8:12], "big"), wanted, (low, within[1]), seen)


def _varint(data: bytes) -> int:
    value = 0
    for place, byte in enumerate(data):
        if place == 8:
            return value << 8 | byte
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return value
