"""What of recalled records goes into a prompt within a budget."""

from __future__ import annotations

from memory.fitting import clear, fitted, grown

LONG = "One is red. Two is blue. Three is green. Four is white."


def test_every_record_has_its_passage_before_the_best_gets_more() -> None:
    records = [(LONG, "Two is blue."), (LONG.replace("is", "was"), "Four was white."), ("Short.", "Short.")]
    forms = fitted(records, 50, len)
    assert list(forms) == [0, 1, 2]
    assert "Two is blue." in forms[0] and len(forms[0]) > len("Two is blue.")
    assert forms[1] == "Four was white."
    assert sum(map(len, forms.values())) <= 50


def test_whole_records_where_there_is_room() -> None:
    assert fitted([(LONG, "Two is blue."), ("Short.", "Short.")], 500, len) == {0: LONG, 1: "Short."}


def test_what_does_not_fit_is_left_out_and_the_next_tried() -> None:
    assert fitted([(LONG, LONG), ("Short.", "Short.")], 10, len) == {1: "Short."}
    assert fitted([], 10, len) == {}


def test_a_passage_grows_to_both_sides() -> None:
    assert grown(LONG, "Two is blue.", 30, len) == "Two is blue. Three is green."
    assert grown(LONG, "Four is white.", 45, len) == "Two is blue. Three is green. Four is white."
    assert grown(LONG, "Two is blue.", 12, len) == "Two is blue."
    assert grown(LONG, "not in it", 20, len) == "not in it"


def test_a_record_far_behind_gets_only_what_the_clear_ones_leave() -> None:
    records = [(LONG, "Two is blue."), ("Else is brown. And so on.", "Else is brown.")]
    assert fitted(records, 50, len)[1] == "Else is brown."
    assert list(fitted(records, 60, len, 1)) == [0]
    assert fitted(records, 200, len, 1) == {0: LONG, 1: "Else is brown. And so on."}


def test_who_is_clearly_behind() -> None:
    assert clear([1.0, 0.6, 0.4]) == 2
    assert clear([0.2, 0.2]) == 2
    assert clear([]) == 0
