"""Whether the camera index's pictures are encrypted: the setting, what is kept already, and where frames are shown.

Sealed are evidence frames, the small pictures of things in the database, and photos of taught things. Not sealed are
rows and vectors (they hold no picture) and our own recordings: see docs/privacy.md. Owns no cryptography.
"""

from __future__ import annotations

import os
from pathlib import Path

from runtime.errors import storage_errors
from runtime.house import House
from runtime.keychain import open_keychain
from runtime.paths import ensure, replacing
from runtime.sealed import MARK, Seal, read_picture, settle
from tools.finder.store import FinderStore

KEY = "pictures.key"


def settle_seal(house: House) -> Seal:
    """Let new pictures be kept as the settings say; those that are there stay as they are (see `reseal`)."""
    wanted, folder = house.settings.privacy, house.paths.finder
    present = Seal.of(folder)
    fresh = wanted.encrypt_evidence and not (present.key_file or present.key_name)
    keychain = open_keychain(wanted.keyring) if fresh else None
    return settle(folder, active=wanted.encrypt_evidence, key_file=house.paths.config / KEY, keychain=keychain)


def reseal(house: House) -> int:
    """Bring every kept picture to the settings, sealed or plain; gives how many were changed.

    May be cut off and done again. Raises `StorageError`, `UsageError` while another process indexes.
    """
    folder = house.paths.finder
    if not (folder / "finder.sqlite").is_file():
        return 0
    seal, changed = settle_seal(house), 0
    with FinderStore(folder) as store, store.indexing():
        for file in [*folder.glob("stills/*/*.jpg"), *folder.glob("items/*.jpg")]:
            with storage_errors(file):
                data = file.read_bytes()
                if data.startswith(MARK) is not seal.active:
                    with replacing(file) as beside:
                        beside.write_bytes(seal.close(data) if seal.active else seal.open(data))
                    changed += 1
        crops = store.reseal_crops()
        if crops:
            store.erase_traces()
    return changed + crops


def plain_picture(house: House, file: Path) -> Path:
    """A file that shows a kept picture to what reads files: itself, or where it is sealed a copy (`shown_folder`)."""
    with file.open("rb") as opened:
        if opened.read(len(MARK)) != MARK:
            return file
    target = shown_folder(house) / file.name
    with replacing(target) as beside:
        beside.write_bytes(read_picture(file))
    return target


def shown_folder(house: House) -> Path:
    """Where frames are put for the owner to look at: the outputs, or with encryption a folder in memory.

    That is `XDG_RUNTIME_DIR` (of the user alone, emptied at log-out) or /dev/shm; the outputs where neither is there.
    """
    if not house.settings.privacy.encrypt_evidence:
        return house.paths.outputs
    for place in (os.environ.get("XDG_RUNTIME_DIR", ""), "/dev/shm"):  # noqa: S108 - in memory; the folder is ours
        if place and os.access(place, os.W_OK):
            folder = ensure(Path(place) / f"hausgeist-{os.getuid()}")
            if folder.stat().st_uid == os.getuid() and not folder.is_symlink():
                folder.chmod(0o700)
                return folder
    return house.paths.outputs
