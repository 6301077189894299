"""Numbers of rows that a flipped bit changed, and what is missing around them: found again from the neighbours."""

from __future__ import annotations

import random

import pytest

from runtime.keeping.numbering import LAST, dropped, holes, true_numbers


@pytest.mark.parametrize("highest", [300, None])
def test_a_flipped_number_between_its_neighbours_is_found_again(highest: int | None) -> None:
    dice = random.Random(5)
    for _ in range(200):
        read = list(range(1, 301))
        place = dice.randrange(1, 299)
        read[place] ^= 1 << dice.randrange(14)
        found = true_numbers(read, highest)
        wrong = [(at, number) for at, number in enumerate(found) if number not in (at + 1, None)]
        assert not wrong, (place, read[place], wrong)
        assert found.count(None) <= 2  # twice the same number, and nobody can tell which of them was changed


def test_rows_that_were_deleted_leave_gaps_that_stay() -> None:
    read = [3, 9, 10, 40, 41]
    assert true_numbers(read) == read
    assert true_numbers([3, 9, 10 ^ 16, 40, 41], 41) == [3, 9, 26, 40, 41]  # in order: nobody can see it
    assert true_numbers([3, 9, 10 ^ 64, 40, 41], 41) == [3, 9, 10, 40, 41]


def test_both_ends_and_a_counter_that_is_wrong_itself() -> None:
    assert true_numbers([0, 2, 3], 3) == [1, 2, 3]
    assert true_numbers([1, 2, 3 + 64], 3) == [1, 2, 3]
    assert true_numbers([1, 2, 3, 4, 5], 1) == [1, 2, 3, 4, 5]
    assert true_numbers([], 7) == [] and true_numbers([5]) == [5]


def test_what_nobody_can_tell_is_said() -> None:
    found = true_numbers([1, 2, 90, 91, 10, 11], 11)
    assert found == [1, 2, None, None, 10, 11] and list(dropped(found)) == [(3, 9)]
    assert list(dropped([1, None])) == [(2, LAST)] and list(dropped([1, 2])) == []
    assert list(holes([1, 2, 5, 9], [(2, 6), (8, 10)])) == [(3, 4), (6, 6), (8, 8), (10, 10)]
