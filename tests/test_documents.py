"""The tool `summarize_file`: reading real files of many kinds, and summaries with and without a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runtime.cancellation import Cancellation
from runtime.errors import CallCancelled, MediaError, ToolError
from runtime.house import House
from tools.contract import Progress, ToolContext
from tools.documents.reading import MAX_BYTES, count_words, find_file, read_document
from tools.documents.summary import PART_TOKENS, by_model, by_picking, estimate_tokens, split
from tools.documents.tool import SummarizeFile, SummarizeFileArgs

from .pdf_file import pdf_file

LEASE = """# Lease of the garden house

The garden house at Lindenweg 4 is let to Anna Berger from 1 March 2026. The rent is 640 euros a month.

The tenant waters the garden twice a week. The garden house is heated with wood, which the tenant buys.

Keys: one for the garden gate, two for the garden house. The lease ends on 28 February 2028.
"""


@pytest.fixture
def context(house: House) -> ToolContext:
    """A context without a chat model; memory is not used by this tool."""
    return ToolContext(house, None)  # type: ignore[arg-type]


def _run(path: object, context: ToolContext, **more: Any) -> Any:
    return SummarizeFile().execute(SummarizeFileArgs(path=str(path), **more), context)


def test_markdown_without_a_model_is_an_extract_that_says_so(tmp_path: Path, context: ToolContext) -> None:
    file = tmp_path / "lease.md"
    file.write_text(LEASE, encoding="utf-8")
    output = _run(file, context)
    assert output.status == "ok" and output.outside and not output.files
    assert output.facts["method"] == "extract"
    assert output.facts["title"] == "Lease of the garden house"
    assert output.facts["path"] == str(file) and output.facts["words"] == count_words(LEASE)
    assert "garden house" in output.facts["summary"] and "main sentences of lease.md" in output.say


def test_the_model_gets_the_text_the_style_and_the_language(tmp_path: Path, context: ToolContext) -> None:
    file = tmp_path / "lease.md"
    file.write_text(LEASE, encoding="utf-8")
    asked: list[tuple[str, str]] = []

    def chat(instruction: str, text: str) -> str:
        asked.append((instruction, text))
        return " 房租是每月640欧元。 "

    context.chat, context.language = chat, "zh"
    output = _run(file, context, style="one sentence")
    assert output.facts["method"] == "model" and output.facts["summary"] == "房租是每月640欧元。"
    assert "Chinese" in asked[0][0] and "one sentence" in asked[0][0] and "640 euros" in asked[0][1]
    assert output.say == "lease.md 的摘要：\n房租是每月640欧元。"


def test_a_long_file_is_read_in_parts_with_progress_and_all_of_it(tmp_path: Path, context: ToolContext) -> None:
    file = tmp_path / "diary.txt"
    file.write_text("\n\n".join(f"Entry {n}: the weather was fine and we walked {n} miles." for n in range(1200)))
    seen: list[str] = []
    steps: list[Progress] = []

    def chat(instruction: str, text: str) -> str:
        seen.append(text)
        return f"Summary {len(seen)}."

    context.chat, context.progress = chat, steps.append
    output = _run(file, context)
    parts = output.facts["parts"]
    assert parts > 3 and len(seen) == parts + 1
    assert all(any(f"Entry {n}:" in text for text in seen[:parts]) for n in range(1200))
    assert seen[-1].startswith("Summary 1.") and output.facts["summary"] == f"Summary {parts + 1}."
    assert [step.done for step in steps] == list(range(parts + 1)) and steps[-1].total == parts + 1


def test_cancelling_stops_between_two_parts(tmp_path: Path, context: ToolContext) -> None:
    file = tmp_path / "diary.txt"
    file.write_text("A plain sentence about the garden. " * 2000)
    context.cancellation = Cancellation()
    calls: list[str] = []

    def chat(instruction: str, text: str) -> str:
        calls.append(text)
        context.cancellation.cancel()
        return "Something."

    context.chat = chat
    with pytest.raises(CallCancelled):
        _run(file, context)
    assert len(calls) == 1


def test_a_model_that_says_nothing_falls_back_to_an_extract(tmp_path: Path, context: ToolContext) -> None:
    file = tmp_path / "lease.md"
    file.write_text(LEASE)
    context.chat = lambda instruction, text: "  "
    assert _run(file, context).facts["method"] == "extract"


def test_a_model_that_repeats_its_text_comes_to_an_end() -> None:
    text = "The garden is green and the house is small. " * 1500
    summary = by_model(lambda instruction, part: part, text, "", lambda done, total: None)
    assert summary.parts == len(split(text)) and summary.text


def test_pdf_pages_and_title(tmp_path: Path, context: ToolContext) -> None:
    file = pdf_file(
        tmp_path / "a.pdf", [["The boiler was serviced on 3 May."], ["The next service is in 2027."]], "Boiler"
    )
    output = _run(file, context)
    assert output.facts["pages"] == 2 and output.facts["title"] == "Boiler"
    assert "3 May" in output.facts["summary"] and "2027" in output.facts["summary"]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Grüße aus dem Garten"),
        ("utf-8-sig", "Grüße aus dem Garten"),
        ("utf-16", "Grüße aus dem Garten"),
        ("gb18030", "合同规定每月租金六百四十欧元，租客每周浇花两次。"),
        ("cp1252", "Der Mieter gießt den Garten – zweimal die Woche."),
    ],
)
def test_encodings_are_told_apart(tmp_path: Path, encoding: str, text: str) -> None:
    (tmp_path / "note.txt").write_bytes(text.encode(encoding))
    document = read_document("note.txt", tmp_path)
    assert document.text == text and document.encoding == encoding


def test_names_are_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report.txt").write_text("All is well.")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("report.txt", "./report.txt", '"report.txt"', "~/report.txt", f"file://{tmp_path}/report.txt"):
        assert find_file(name, tmp_path) == tmp_path / "report.txt"


def test_a_missing_file_names_the_nearest_one(tmp_path: Path, context: ToolContext) -> None:
    (tmp_path / "meeting-notes.md").write_text("Hello.")
    output = _run(tmp_path / "meeting_notes.md", context)
    assert output.status == "failed" and "Did you mean 'meeting-notes.md'" in output.error
    with pytest.raises(ToolError, match=r"holds meeting-notes\.md"):
        find_file("zebra", tmp_path)
    with pytest.raises(ToolError, match="is not there"):
        find_file("no/such/folder/x.txt", tmp_path)


@pytest.mark.parametrize("name", ["\0", "a" * 5000, "~nobody-of-that-name/x"])
def test_impossible_names_are_clear_errors(tmp_path: Path, name: str) -> None:
    with pytest.raises(ToolError):
        find_file(name, tmp_path)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    def problem(name: str) -> str:
        with pytest.raises((MediaError, ToolError)) as caught:
            read_document(name, tmp_path)
        return str(caught.value)

    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside.txt").write_text("x")
    (tmp_path / "empty.txt").touch()
    (tmp_path / "blank.txt").write_text(" \n\n ")
    (tmp_path / "picture.jpg").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of use")
    pdf_file(tmp_path / "filter.pdf", [["words"]])
    packed = (tmp_path / "filter.pdf").read_bytes()
    assert b"/Length" in packed
    (tmp_path / "filter.pdf").write_bytes(packed.replace(b"/Length", b"/Filter /Unheard /Length"))
    pdf_file(tmp_path / "locked.pdf", [["secret"]], password="open sesame")
    pdf_file(tmp_path / "scan.pdf", [[]])
    with (tmp_path / "huge.txt").open("wb") as huge:
        huge.truncate(MAX_BYTES + 1)
    assert "is a folder" in problem("folder") and "inside.txt" in problem("folder")
    assert "is empty" in problem("empty.txt")
    assert "only blank space" in problem("blank.txt")
    assert "not a text or PDF file" in problem("picture.jpg")
    assert "damaged" in problem("broken.pdf")
    assert "Unsupported filter" in problem("filter.pdf")
    assert "password" in problem("locked.pdf")
    assert "OCR" in problem("scan.pdf")
    assert "limit" in problem("huge.txt")


def test_parts_keep_the_text_and_the_limit() -> None:
    text = "第一句话说明了花园的情况。" * 900 + "\n\n" + "One plain sentence. " * 900 + "\n\n" + "x" * 30_000
    parts = split(text)
    assert all(0 < estimate_tokens(part) <= PART_TOKENS + 1 for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_picking_keeps_order_and_prefers_what_the_text_is_about() -> None:
    text = LEASE + "\n\nA bird sang. It rained.\n\n" + "The garden house needs a new roof before the tenant moves in."
    picked = by_picking(text, 3).text
    assert "bird" not in picked and picked.count("garden house") >= 2
    assert by_picking("花园里的房子需要新屋顶。今天下雨了。房子的花园每周浇水两次。", 1).text.count("。") == 1


def test_the_tool_says_what_it_is() -> None:
    tool = SummarizeFile()
    assert tool.risk == "read" and {example.lang for example in tool.examples} >= {"en", "zh", "es", "fr", "de"}
    assert set(SummarizeFileArgs.model_fields) == {"path", "style"}
