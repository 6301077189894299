"""The library of documents: real files of four kinds, real vectors, answers with file and page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.prompt import estimate_tokens
from memory.embedder import Embedder
from memory.memory import Memory
from runtime.errors import ToolError
from runtime.house import House
from tools.contract import ToolContext
from tools.documents.citing import answering, citation, supporting, within
from tools.documents.library import Library
from tools.documents.passages import cut
from tools.documents.reading import read_document
from tools.notes.tool import Recall, RecallArgs

from .cli_driver import spawn
from .pdf_file import pdf_file

KETTLE = """# Kettle KX-200

## Descaling
Fill the kettle with half water and half white vinegar, let it boil once and leave it for thirty minutes.

## Warranty
The warranty is two years from the day of purchase.
"""
ROUTER = """<html><head><title>Router guide</title><script>alert("no")</script></head><body><h1>Router</h1>
<h2>Reset</h2><p>Hold the button at the back for <b>ten</b> seconds until the lamp blinks red.</p></body></html>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with Markdown, HTML, text and PDF, and what is to be left out."""
    place = tmp_path / "papers"
    (place / ".git").mkdir(parents=True)
    (place / ".git" / "notes.txt").write_text("hidden words about the kettle")
    (place / "kettle.md").write_text(KETTLE)
    (place / "router.html").write_text(ROUTER)
    (place / "垃圾.txt").write_text("厨房垃圾每周二收，纸张每月第一个周五收。", encoding="utf-8")
    pages = [["Lease of the garden house."], ["The rent is 640 euros a month."], ["Keys: two for the gate."]]
    pdf_file(place / "lease.pdf", pages)
    (place / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    outside = tmp_path / "outside.txt"
    outside.write_text("what lies elsewhere")
    (place / "link.txt").symlink_to(outside)
    return place


@pytest.fixture
def library(house: House) -> Iterator[Library]:
    """An empty library."""
    with Library(house, Embedder(house)) as opened:
        yield opened


def test_a_folder_is_read_once_and_answers_with_file_and_page(library: Library, folder: Path) -> None:
    added = library.add([folder])
    assert sorted(path.name for path in added.read) == ["kettle.md", "lease.pdf", "router.html", "垃圾.txt"]
    assert added.refused == []
    rent = library.search("how much is the rent?")[0]
    assert (rent.passage.path.name, rent.passage.page) == ("lease.pdf", 2)
    assert citation(rent.passage) == "lease.pdf, p. 2"
    reset = library.search("reset the router")[0].passage
    assert (reset.heading, reset.title) == ("Reset", "Router guide")
    assert "ten seconds" in reset.text and "alert" not in reset.text
    assert library.search("厨房垃圾哪天收")[0].passage.path.name == "垃圾.txt"
    again = library.add([folder])
    assert (again.read, len(again.unchanged)) == ([], 4)


def test_changed_files_are_read_again_and_gone_ones_leave(library: Library, folder: Path) -> None:
    library.add([folder])
    (folder / "kettle.md").write_text(KETTLE.replace("two years", "five years"))
    (folder / "router.html").unlink()
    added = library.add([folder])
    assert [path.name for path in added.read] == ["kettle.md"]
    assert [path.name for path in added.gone] == ["router.html"]
    texts = [hit.passage.text for hit in library.search("warranty of the kettle", 10)]
    assert any("five years" in text for text in texts)
    assert not any("two years" in text or "blinks" in text for text in texts)


def test_one_bad_file_is_named_and_stops_nothing(library: Library, folder: Path) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    (folder / "empty.txt").write_bytes(b"")
    added = library.add([folder])
    assert {path.name for path, _ in added.refused} == {"broken.pdf", "empty.txt"}
    assert all(path.name in problem for path, problem in added.refused)
    assert len(added.read) == 4
    with pytest.raises(ToolError, match="no file or folder"):
        library.add([folder / "nothing"])


def test_vectors_can_be_lost_and_come_back(house: House, folder: Path) -> None:
    embedder = Embedder(house)
    with Library(house, embedder) as library:
        library.add([folder])
    shutil.rmtree(house.paths.data / "documents" / "vectors")
    with Library(house, embedder) as library:
        found = library.search("vinegar against scale in the kettle")[0]
    assert found.similarity > 0 and found.passage.heading == "Descaling"


def test_removed_documents_leave_no_words_on_disk(house: House, library: Library, folder: Path) -> None:
    library.add([folder])
    library.remove(folder / "kettle.md")
    assert all(hit.passage.path.name != "kettle.md" for hit in library.search("kettle", 20))
    library.close()
    stored = b"".join(file.read_bytes() for file in (house.paths.data / "documents").rglob("*") if file.is_file())
    assert b"vinegar" not in stored and b"rent" in stored
    with pytest.raises(ToolError, match="not in the library"):
        library.remove(folder / "kettle.md")


def test_only_what_answers_is_used_and_only_what_was_used_is_cited(library: Library, folder: Path) -> None:
    library.add([folder])
    request = "How do I descale the kettle?"
    passages = within(answering(library.search(request)), 320, estimate_tokens)
    assert "Descaling" in [passage.heading for passage in passages]
    reply = "Fill it with half water and half vinegar, let it boil once and leave it for thirty minutes."
    assert [passage.heading for passage in supporting(reply, request, passages)] == ["Descaling"]
    assert supporting("I do not know that.", request, passages) == []
    assert answering(library.search("who won the football match yesterday evening?")) == []
    assert within(library.search(request), 0, estimate_tokens) == []


def test_recall_quotes_documents_with_their_place(house: House, library: Library, folder: Path) -> None:
    library.add([folder])
    with Memory(house) as memory:
        context = ToolContext(house, memory, documents=library)
        output = Recall().execute(RecallArgs(query="how many euros is the rent a month?"), context)
    assert "lease.pdf, p. 2 says:" in output.say and "640" in output.say
    assert output.outside, "text from a file is data from outside"


def test_passages_of_long_pages_keep_their_page(tmp_path: Path) -> None:
    long = [f"Sentence number {n} tells something about the house." for n in range(60)]
    cuts = cut(read_document(str(pdf_file(tmp_path / "long.pdf", [long, ["The end."]])), tmp_path))
    assert len(cuts) > 3
    assert {part.page for part in cuts[:-1]} == {1} and cuts[-1].page == 2
    assert all(part.text for part in cuts)


def test_docs_commands(environment: dict[str, str], folder: Path) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    added = spawn(environment, "docs", "add", str(folder), "--json")
    assert added.status == 1 and added.json["documents"] == 4 and len(added.json["refused"]) == 1
    listed = spawn(environment, "docs", "list", "--json").json["documents"]
    assert [Path(row["path"]).name for row in listed] == ["kettle.md", "lease.pdf", "router.html", "垃圾.txt"]
    assert spawn(environment, "docs", "search", "rent", "--json").json["hits"][0]["page"] == 2
    removed = spawn(environment, "docs", "remove", str(folder / "lease.pdf"))
    assert removed.status == 0 and "untouched" in removed.out
