"""Licences and the bill of materials: every package and model is named, allowed with a reason, and written down."""

from __future__ import annotations

import json
import re
from email.message import Message
from types import SimpleNamespace
from typing import Any

import pytest

from runtime.bill import as_json, bill
from runtime.catalogue import Catalogue
from runtime.licences import Rules, expression_of, judged, package_licences
from runtime.paths import Paths
from tui.cli import main


def package(name: str, **fields: str | list[str]) -> Any:
    about = Message()
    about["Name"] = name
    for key, values in fields.items():
        for value in values if isinstance(values, list) else [values]:
            about[key.replace("_", "-")] = value
    return SimpleNamespace(metadata=about, version="1")


def test_all_that_is_installed_may_be(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    assert main(["licences", "--check", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    names = {row["name"] for row in told["licences"]}
    assert told["ok"] and {"numpy", "piper-tts", "whisper-base"} <= names
    assert all(row["reason"] and row["licence"] != "unknown" for row in told["licences"])


def test_what_is_in_no_table_is_not_allowed() -> None:
    rules = Rules.load()
    found = [
        package("ours-not", License_Expression="AGPL-3.0-only"),
        package("silent"),
        package("either", License_Expression="AGPL-3.0-only OR MIT"),
        package("both", License_Expression="MIT AND AGPL-3.0-only"),
        package("old", License="MIT License", Classifier=["License :: OSI Approved :: MIT License"]),
        package("classified", Classifier=["License :: OSI Approved :: BSD License"]),
    ]
    rows = {row.name: row for row in package_licences(found, rules)}
    allowed = {name for name, row in rows.items() if row.allowed}
    assert allowed == {"either", "old", "classified"}
    assert rows["silent"].licence == "unknown" and "licences.toml" in rows["silent"].reason
    assert expression_of(found[4], rules) == "MIT"
    assert judged("Apache-2.0 WITH LLVM-exception AND MIT", rules.allowed)[0]
    assert not judged("Apache-2.0 WITH Classpath-exception-2.0", rules.allowed)[0]


def test_the_bill_names_everything_and_is_the_same_each_time() -> None:
    catalogue = Catalogue.load(Paths.from_environment({}))
    text = as_json(bill(catalogue))
    assert text == as_json(bill(catalogue))
    told = json.loads(text)
    assert told["bomFormat"] == "CycloneDX" and told["specVersion"] == "1.6"
    names = {component["name"] for component in told["components"]}
    assert {"numpy", "llama-cpp-python", "whisper-base"} <= names
    models = [one for one in told["components"] if one["type"] == "machine-learning-model"]
    assert {one["name"] for one in models} == set(catalogue.entries)
    sums = [hashed["content"] for one in models for file in one.get("components", ()) for hashed in file["hashes"]]
    assert sums and all(re.fullmatch("[0-9a-f]{64}", one) for one in sums)
    root = next(one for one in told["dependencies"] if one["ref"] == "hausgeist")
    assert any("textual@" in ref for ref in root["dependsOn"])
