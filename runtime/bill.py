"""The software bill of materials: every installed package and catalogue model, in CycloneDX 1.6 (ECMA-424) as JSON.

Written with cyclonedx-python-lib, which also checks it against the standard's schema where its validator is there.
Packages carry their package URL and licence, models their files' SHA-256. The same environment gives the same
bill: it holds no time and no random serial number. Owns no rules about licences (`runtime.licences`).
"""

from __future__ import annotations

from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from runtime.catalogue import Catalogue
from runtime.errors import storage_errors
from runtime.licences import OURS, Licence, all_licences
from runtime.model_entry import ModelEntry
from runtime.paths import replacing

if TYPE_CHECKING:
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component


def write_bill(file: Path, catalogue: Catalogue) -> int:
    """Write the bill to `file`; gives the number of components. Raises `StorageError`."""
    bom = bill(catalogue)
    with storage_errors(file), replacing(file) as beside:
        beside.write_text(as_json(bom), encoding="utf-8")
    return len(bom.components)


def as_json(bom: Bom) -> str:
    """The bill as CycloneDX JSON, the same for the same components."""
    from cyclonedx.output.json import JsonV1Dot6

    return JsonV1Dot6(bom).output_as_string(indent=1)


def bill(catalogue: Catalogue) -> Bom:
    """The bill of this environment: our program at its root, packages with what they need, and the models."""
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType

    rows = all_licences(catalogue)
    installed = {str(canonicalize_name(one.metadata["Name"])): one for one in distributions()}
    root = Component(name=OURS, version=distribution(OURS).version, type=ComponentType.APPLICATION, bom_ref=OURS)
    bom = Bom()
    bom.metadata.component = root
    bom.metadata.timestamp = _epoch()
    bom.serial_number = _serial(rows)
    packages = {row.name: _package(row) for row in rows if row.kind == "package"}
    models = [_model(row, catalogue.entry(row.name)) for row in rows if row.kind == "model"]
    for component in (*packages.values(), *models):
        bom.components.add(component)
    for name, component in packages.items():
        bom.register_dependency(component, [packages[need] for need in _needs(installed[name]) if need in packages])
    ours = [packages[need] for need in _needs(installed[OURS], extras=True) if need in packages]
    bom.register_dependency(root, [*ours, *models])
    return bom


def _epoch() -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(0, UTC)


def _serial(rows: list[Licence]) -> Any:
    """A serial number that stands for what is in the bill (UUID version 5, RFC 9562)."""
    from uuid import NAMESPACE_URL, uuid5

    return uuid5(NAMESPACE_URL, "\n".join(f"{row.kind} {row.name} {row.version}" for row in rows))


def _package(row: Licence) -> Component:
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    url = PackageURL("pypi", name=row.name, version=row.version)
    kind = ComponentType.LIBRARY
    return Component(
        name=row.name, version=row.version, type=kind, purl=url, bom_ref=str(url), licenses=_licences(row.licence)
    )


def _model(row: Licence, entry: ModelEntry) -> Component:
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.component import Component, ComponentType

    parts = [
        Component(
            name=file.name, type=ComponentType.FILE, bom_ref=f"model:{entry.id}/{file.name}",
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=file.sha256)],
        )
        for file in entry.files
    ]  # fmt: skip
    revision = entry.hub.revision if entry.hub else None
    return Component(
        name=entry.id, version=revision, type=ComponentType.MACHINE_LEARNING_MODEL, description=entry.title,
        bom_ref=f"model:{entry.id}", licenses=_licences(row.licence), components=parts,
    )  # fmt: skip


def _licences(expression: str) -> list[Any]:
    from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
    from cyclonedx.spdx import is_supported_id

    if is_supported_id(expression):
        return [DisjunctiveLicense(id=expression)]
    if any(word in expression.split() for word in ("AND", "OR", "WITH")):
        return [LicenseExpression(expression)]
    return [DisjunctiveLicense(name=expression)]


def _needs(package: Distribution, *, extras: bool = False) -> list[str]:
    """Canonical names of what a package requires and is installed; with `extras` also for all of its extras."""
    found = set()
    for text in package.requires or ():
        try:
            need = Requirement(text)
        except InvalidRequirement:
            continue
        wanted = need.marker is None or need.marker.evaluate({"extra": ""})
        if wanted or (extras and "extra" in str(need.marker)):
            found.add(canonicalize_name(need.name))
    return sorted(name for name in found if _is_installed(name))


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
