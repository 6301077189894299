"""PDF and HTML files are parsed in a process with limits: hostile ones end in a message, and the next one is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runtime.errors import MediaError
from runtime.house import House
from tools.documents.parsing import confined, parse_here
from tools.documents.reading import read_document

from .pdf_file import pdf_file

PAGE = "<html><head><title>Lease</title></head><body><h1>Rent</h1><p>640 euros</p><script>x()</script></body></html>"


def test_files_are_parsed_in_another_process_as_here(house: House, tmp_path: Path) -> None:
    pdf = pdf_file(tmp_path / "a.pdf", [["Page one."], ["Page two."]])
    page = tmp_path / "a.html"
    page.write_text(PAGE, encoding="utf-8")
    for file in (pdf, page):
        assert read_document(str(file), tmp_path, parse=confined(house)) == read_document(str(file), tmp_path)
    (info,) = [info for info in house.residency.status() if info.name == "document parser"]
    assert info.pid not in (None, os.getpid())


def test_a_file_that_takes_all_memory_ends_in_a_message(house: House, tmp_path: Path) -> None:
    parse = confined(house, memory_bytes=450_000_000)
    bomb = f"<p>{'word ' * 6_000_000}</p>"
    with pytest.raises(MediaError, match=r"bomb\.html"):
        parse(tmp_path / "bomb.html", "html", bomb)
    assert parse(tmp_path / "a.html", "html", PAGE) == parse_here(tmp_path / "a.html", "html", PAGE)


def test_a_file_that_takes_too_long_ends_in_a_message(house: House, tmp_path: Path) -> None:
    confined(house)(tmp_path / "a.html", "html", PAGE)
    with pytest.raises(MediaError, match=r"slow\.html takes too long"):
        confined(house, quiet_s=0.5)(tmp_path / "slow.html", "html", "<b><p>word</p>" * 100_000)
    assert confined(house)(tmp_path / "a.html", "html", PAGE).title == "Lease"


def test_a_damaged_pdf_is_told_as_one(house: House, tmp_path: Path) -> None:
    file = tmp_path / "torn.pdf"
    file.write_bytes(pdf_file(tmp_path / "a.pdf", [["Page one."]]).read_bytes()[:300])
    with pytest.raises(MediaError, match=r"torn\.pdf"):
        read_document(str(file), tmp_path, parse=confined(house))
