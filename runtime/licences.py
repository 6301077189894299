"""The licences of installed packages and catalogue models, and whether `licences.toml` allows them.

A package states its licence as an SPDX expression (PEP 639), or in the older field "License" or a Trove classifier,
whose spellings the file knows. An expression is allowed when its terms are: all of an AND, one of an OR. Owns no
rules (they stand in the file, each with its reason) and no bill of materials (`runtime.bill`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import Distribution, distributions
from importlib.resources import files
from typing import Any, Literal

from packaging.utils import canonicalize_name

from runtime.catalogue import Catalogue

UNKNOWN = "unknown"
OURS = "hausgeist"


@dataclass(frozen=True)
class Licence:
    """The licence of one package or model. `reason` says why it is allowed, or what to do when it is not."""

    kind: Literal["package", "model"]
    name: str
    version: str
    licence: str
    allowed: bool
    reason: str

    def as_json(self) -> dict[str, Any]:
        """The fields as a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class Rules:
    """The tables of `licences.toml`; the keys of `exceptions` and `stated` are canonical package names (PEP 503)."""

    allowed: Mapping[str, str]
    exceptions: Mapping[str, str]
    stated: Mapping[str, str]
    models: Mapping[str, str]
    spelled: Mapping[str, str]

    @classmethod
    def load(cls) -> Rules:
        """The rules that come with the program."""
        table = tomllib.loads((files("runtime") / "licences.toml").read_text(encoding="utf-8"))
        return cls(**table)


def all_licences(catalogue: Catalogue, rules: Rules | None = None) -> list[Licence]:
    """Every package of this environment but ours, then every model of the catalogue, by name."""
    rules = rules or Rules.load()
    return [*package_licences(distributions(), rules), *model_licences(catalogue, rules)]


def package_licences(found: Iterable[Distribution], rules: Rules) -> list[Licence]:
    """The licences of packages, by name; the program's own is left out."""
    rows = {}
    for package in found:
        name = canonicalize_name(package.metadata["Name"])
        if name == OURS:
            continue
        expression = expression_of(package, rules)
        allowed, reason = judged(expression, rules.allowed)
        if not allowed and name in rules.exceptions:
            allowed, reason = True, rules.exceptions[name]
        rows[name] = Licence("package", name, package.version, expression, allowed, reason)
    return [rows[name] for name in sorted(rows)]


def model_licences(catalogue: Catalogue, rules: Rules) -> list[Licence]:
    """The licences of the catalogue's models, by id."""
    rows = []
    for entry in sorted(catalogue.entries.values(), key=lambda one: one.id):
        allowed, reason = judged(entry.licence, rules.allowed)
        if entry.licence in rules.models:
            allowed, reason = True, rules.models[entry.licence]
        rows.append(Licence("model", entry.id, "", entry.licence, allowed, reason))
    return rows


def expression_of(package: Distribution, rules: Rules) -> str:
    """A package's licence as an SPDX expression; `UNKNOWN` where it states none that can be read."""
    about: Any = package.metadata  # an email.message.Message, which its protocol does not say in full
    name = canonicalize_name(about["Name"])
    told = [about.get("License-Expression") or "", rules.stated.get(name, "")]
    written = (about.get("License") or "").strip().split("\n")[0]  # some put the whole text there, its name first
    told.append(rules.spelled.get(written, written))
    kinds = [
        line.split("::")[-1].strip() for line in about.get_all("Classifier") or () if line.startswith("License ::")
    ]
    read = [rules.spelled.get(kind, "") for kind in kinds if kind not in {"OSI Approved", "DFSG approved"}]
    told.append(" AND ".join(sorted(set(read))) if read and all(read) else "")
    return next((text for text in told if text and _parsed(text) is not None), UNKNOWN)


def judged(expression: str, allowed: Mapping[str, str]) -> tuple[bool, str]:
    """Whether an SPDX expression is allowed, and why."""
    parsed = _parsed(expression)
    if parsed is None:
        return False, "Find its licence and state it in runtime/licences.toml."
    terms = _bearing(parsed, allowed)
    if terms is None:
        return False, "Its licence is in no table of runtime/licences.toml: replace it, or add it with a reason."
    return True, "; ".join(dict.fromkeys(allowed[term] for term in terms))


def _bearing(parsed: Any, allowed: Mapping[str, str]) -> list[str] | None:
    """The allowed terms that an expression rests on; None where it rests on another."""
    name = str(parsed)
    if name in allowed:
        return [name]
    parts = [_bearing(part, allowed) for part in getattr(parsed, "args", ())]
    good = [part for part in parts if part is not None]
    if type(parsed).__name__ == "OR":
        return good[0] if good else None
    whole = bool(parts) and len(good) == len(parts)
    return [term for part in good for term in part] if whole else None


@cache
def _licensing() -> Any:
    """The parser with all SPDX identifiers: a second to make, and without a state of its own."""
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


def _parsed(expression: str) -> Any:
    """The parsed expression of SPDX identifiers (package license-expression); None where it is none."""
    from license_expression import ExpressionError

    if len(expression) > 500 or "\n" in expression:
        return None
    try:
        return _licensing().parse(expression, validate=True)
    except (ExpressionError, ValueError, AttributeError, TypeError):
        return None
