"""What the Hugging Face hub says of a repository: addresses, sizes and hashes. Owns no downloads.

The hub's address is `HF_ENDPOINT`, the token that of `hf auth login` or `HF_TOKEN`; `HF_HUB_OFFLINE=1`
forbids any request. Hashes: large files are named by the SHA-256 of their Git LFS pointer, small ones by
their git blob id.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import DownloadError
from runtime.model_entry import HubSnapshot, HubSource, ModelFile
from runtime.transfer import Network


@dataclass(frozen=True)
class HubRequest:
    """An address at the hub and the headers to send to it."""

    url: str
    headers: dict[str, str]


def request(source: HubSource) -> HubRequest:
    """The address of one file. Raises `DownloadError` when the hub must not be asked."""
    from huggingface_hub import get_token, hf_hub_url

    _check_allowed()
    url = hf_hub_url(source.repository, source.file, revision=source.revision, endpoint=_endpoint())
    token = get_token()
    return HubRequest(url, {"Authorization": f"Bearer {token}"} if token else {})


def snapshot(hub: HubSnapshot, network: Network) -> tuple[str, tuple[ModelFile, ...]]:
    """The commit that the revision means now, and the files that match, with sizes and hashes at that commit.

    Raises `DownloadError`: the hub cannot be reached or refuses, nothing matches, or a file has no hash.
    """
    from huggingface_hub import HfApi

    _check_allowed()
    api = HfApi(endpoint=_endpoint())
    network.probe(api.endpoint)
    try:
        found = api.model_info(hub.repository, revision=hub.revision, files_metadata=True, timeout=20)
    except Exception as problem:  # which transport errors it raises depends on its version
        raise DownloadError(f"the hub has no answer for {hub.repository}: {_first_line(problem)}") from problem
    commit = found.sha or hub.revision
    files = []
    for sibling in found.siblings or []:
        if not any(fnmatch.fnmatchcase(sibling.rfilename, pattern) for pattern in hub.patterns):
            continue
        sha256 = sibling.lfs.sha256 if sibling.lfs else ""
        if sibling.size is None or not (sha256 or sibling.blob_id):
            raise DownloadError(f"the hub tells no size or hash of {sibling.rfilename}")
        source = HubSource(hub.repository, sibling.rfilename, commit)
        files.append(ModelFile(sibling.rfilename, sibling.size, sha256, (source,), sibling.blob_id or ""))
    if not files:
        raise DownloadError(f"{hub.repository} has no file like {', '.join(hub.patterns)}")
    return commit, tuple(files)


def git_blob_id(path: Path) -> str:
    """The id that git gives a file's content: SHA-1 over "blob", its size and its bytes."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _check_allowed() -> None:
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        raise DownloadError("HF_HUB_OFFLINE forbids it")


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT") or None


def _first_line(problem: Exception) -> str:
    return (str(problem).strip() or type(problem).__name__).splitlines()[0]
