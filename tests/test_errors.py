"""The error tree: exit statuses, remedies, names, the way through a process border, disk errors."""

from __future__ import annotations

import errno
import pickle
import sqlite3
from pathlib import Path

import pytest

from runtime import errors
from runtime.errors import HausgeistError, StorageError, UnknownNameError, UsageError, nearest, storage_errors


def all_kinds(kind: type[HausgeistError] = HausgeistError) -> set[type[HausgeistError]]:
    return {kind}.union(*(all_kinds(child) for child in kind.__subclasses__()))


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    ours = {kind.__name__ for kind in all_kinds() if kind.__module__ == errors.__name__}
    assert errors.__doc__ is not None
    assert all(name in errors.__doc__ for name in ours)


def test_exit_statuses() -> None:
    for kind in all_kinds():
        expected = 2 if issubclass(kind, UsageError) else 3 if issubclass(kind, errors.ApprovalError) else 1
        assert kind.exit_status == expected, kind


def test_message_and_remedy() -> None:
    assert str(HausgeistError("It broke.")) == "It broke."
    assert str(HausgeistError("It broke.", remedy="Mend it.")) == "It broke. Mend it."


def test_every_kind_survives_the_way_between_processes() -> None:
    for kind in all_kinds():
        error = kind.__new__(kind)
        HausgeistError.__init__(error, "It broke.", remedy="Mend it.")
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is kind
        assert (again.message, again.remedy, str(again)) == ("It broke.", "Mend it.", "It broke. Mend it.")


def test_an_unknown_name_offers_the_nearest() -> None:
    assert str(UnknownNameError("camera", "kichen", ["kitchen", "hall"])) == (
        "No camera is named 'kichen'. Did you mean 'kitchen'?"
    )
    assert "Known: hall, kitchen." in str(UnknownNameError("camera", "xyz", ["kitchen", "hall"]))
    assert "There is no camera yet. Add one." in str(UnknownNameError("camera", "xyz", [], remedy="Add one."))
    assert nearest("KITCHN", ["kitchen"]) == "kitchen"
    assert nearest("zzz", ["kitchen"]) is None


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_errors_of_the_disk_have_a_remedy(number: int, tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught, storage_errors(tmp_path):
        raise OSError(number, "trouble", str(tmp_path / "file"))
    assert str(tmp_path / "file") in caught.value.message
    assert "HAUSGEIST_HOME" in (caught.value.remedy or "")


def test_other_errors_pass_unchanged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), storage_errors(tmp_path):
        (tmp_path / "absent").read_bytes()
    with pytest.raises(sqlite3.IntegrityError), storage_errors(tmp_path):
        raise sqlite3.IntegrityError("UNIQUE constraint failed")
    with pytest.raises(sqlite3.OperationalError), storage_errors(tmp_path):
        raise sqlite3.OperationalError("no such table: x")


def test_a_damaged_or_unreadable_database(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"this is no database, though it is long enough to look like one" * 40)
    with pytest.raises(StorageError, match="is damaged"), storage_errors(broken):
        sqlite3.connect(broken).execute("select * from sqlite_master")
    absent = tmp_path / "absent" / "x.db"
    with pytest.raises(StorageError, match="cannot be used"), storage_errors(absent):
        sqlite3.connect(absent)
