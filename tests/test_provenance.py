"""Marks of origin in pictures and sound: put in, read, verified, and seen to be broken."""

from __future__ import annotations

import io
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.errors import MediaError, StorageError
from runtime.paths import Paths
from tests.cli_driver import Cli
from tools.image.recipe import Recipe, encode, hash_of, read_recipe
from tools.provenance.marks import COMPOSITE, GENERATED, Mark, credentials, mark
from tools.provenance.reading import Provenance, provenance
from tools.provenance.signing import KEY, signing_folder, signing_key

from .image_kit import picture, pixels

Image = pytest.importorskip("PIL.Image")
WHAT = Mark("fox", "tiny-diffusion (diffusers 0)")


def recipe(**more: Any) -> Recipe:
    return Recipe("a <fox> & 狐狸", None, 7, "tiny", "0" * 64, 64, 64, 2, 7.5, "cpu", "float32", **more)


def make(path: Path, paths: Paths) -> Path:
    """A marked file of the kind that its suffix says."""
    if path.suffix == ".wav":
        import soundfile

        with soundfile.SoundFile(path, "w", samplerate=16000, channels=1, subtype="PCM_16") as sound:
            sound.comment = f"Machine-generated speech. digitalSourceType={GENERATED}"
            sound.write(np.sin(np.arange(16000) / 20).astype(np.float32) * 0.5)
        assert mark(path, paths, WHAT) == ""
        return path
    drawn = pixels(picture(path.with_suffix(".source.png")))
    held = recipe(pixels_sha256=hash_of(drawn) if path.suffix == ".png" else "")
    content, why = credentials(encode(drawn, held, path.suffix), path.suffix, paths, WHAT)
    assert why == ""
    path.write_bytes(content)
    return path


def where_pixels_lie(path: Path) -> int:
    """An offset within the compressed pixels or the samples."""
    content = path.read_bytes()
    sign = {".png": b"IDAT", ".jpg": b"\xff\xda", ".wav": b"data"}[path.suffix]
    return content.index(sign) + 200


@pytest.mark.parametrize("name", ["fox.png", "fox.jpg", "fox.wav"])
def test_a_marked_file_is_verified_and_a_changed_one_is_seen(empty_paths: Paths, tmp_path: Path, name: str) -> None:
    file = make(tmp_path / name, empty_paths)
    found = provenance(file, empty_paths)
    assert (found.credentials.state, found.credentials.ours, found.changed) == ("intact", True, False)
    assert found.machine_made and found.credentials.source_types == (GENERATED,)
    assert found.credentials.actions == ("c2pa.created",) and found.embedded.source_type == GENERATED
    content = bytearray(file.read_bytes())
    content[where_pixels_lie(file)] ^= 0x40
    file.write_bytes(content)
    found = provenance(file, empty_paths)
    assert found.changed and found.credentials.state == "broken"
    assert "assertion.dataHash.mismatch" in found.credentials.problems


def test_other_pixels_under_the_same_credentials_are_seen(empty_paths: Paths, tmp_path: Path) -> None:
    """A valid PNG with other pixels, into which the old credentials chunk was copied."""
    file = make(tmp_path / "fox.png", empty_paths)
    old = file.read_bytes()
    at = old.index(b"caBX") - 4
    chunk = old[at : at + 12 + int.from_bytes(old[at : at + 4], "big")]
    other = encode(255 - pixels(file), read_recipe(file), ".png")
    assert b"caBX" not in other
    file.write_bytes(other[:33] + chunk + other[33:])
    found = provenance(file, empty_paths)
    assert found.credentials.state == "broken" and found.pixels == "changed"
    file.write_bytes(other)
    found = provenance(file, empty_paths)
    assert found.credentials.state == "none" and found.pixels == "changed" and found.changed and found.machine_made


def test_an_edit_names_what_it_was_made_from(empty_paths: Paths, tmp_path: Path) -> None:
    parent = make(tmp_path / "fox.png", empty_paths)
    edited = picture(tmp_path / "edited.png", seed=5)
    assert mark(edited, empty_paths, Mark("edited", "tiny", COMPOSITE, parent)) == ""
    found = provenance(edited, empty_paths).credentials
    assert found.actions == ("c2pa.opened", "c2pa.edited") and found.ingredients == ("fox.png",)
    assert found.state == "intact" and found.source_types == (COMPOSITE,)


def test_the_signature_of_another_house_is_valid_but_not_ours(empty_paths: Paths, tmp_path: Path) -> None:
    other = Paths(*(tmp_path / "other" / name for name in ("config", "data", "cache", "models")))
    found = provenance(make(tmp_path / "fox.png", other), empty_paths)
    assert (found.credentials.state, found.credentials.ours) == ("intact", False)
    make(tmp_path / "own.png", empty_paths)
    found = provenance(tmp_path / "fox.png", empty_paths)
    assert (found.credentials.state, found.credentials.ours) == ("intact", False)
    assert "Hausgeist" in found.credentials.signer


def test_the_key_is_made_once_and_only_the_owner_reads_it(empty_paths: Paths) -> None:
    first = signing_key(empty_paths)
    folder = signing_folder(empty_paths)
    assert stat.S_IMODE((folder / KEY).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert signing_key(empty_paths) == first
    assert b"PRIVATE KEY" in first.key and first.root in first.chain
    assert [entry.name for entry in folder.parent.iterdir()] == ["signing"]
    (folder / KEY).unlink()
    with pytest.raises(StorageError, match=r"incomplete: .*key\.pem is missing"):
        signing_key(empty_paths)


def test_what_cannot_be_signed_stays_as_it_is_and_says_why(empty_paths: Paths, tmp_path: Path) -> None:
    content, why = credentials(b"no picture", ".png", empty_paths, WHAT)
    assert content == b"no picture" and why.startswith("No content credentials were written")
    assert "cannot carry content credentials" in credentials(b"x", ".ogg", empty_paths, WHAT)[1]
    (signing_folder(empty_paths) / KEY).unlink()
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(buffer, format="PNG")
    content, why = credentials(buffer.getvalue(), ".png", empty_paths, WHAT)
    assert content == buffer.getvalue() and "signing key is incomplete" in why


def test_recipes_survive_odd_letters_in_both_formats(tmp_path: Path) -> None:
    drawn = pixels(picture(tmp_path / "source.png"))
    for suffix in (".png", ".jpg"):
        file = tmp_path / f"odd{suffix}"
        file.write_bytes(
            encode(drawn, recipe(style="ink", loras=({"name": "ü", "sha256": "1", "weight": 1.0},)), suffix)
        )
        assert read_recipe(file) == recipe(style="ink", loras=({"name": "ü", "sha256": "1", "weight": 1.0},))
    broken = tmp_path / "broken.png"
    broken.write_bytes((tmp_path / "odd.png").read_bytes().replace(b'"prompt"', b'"promqt"'))
    with pytest.raises(MediaError):
        read_recipe(broken)


def test_unmarked_and_unreadable_files(empty_paths: Paths, tmp_path: Path) -> None:
    found = provenance(picture(tmp_path / "plain.png"), empty_paths)
    assert not (found.machine_made or found.changed) and found.credentials.state == "none"
    (tmp_path / "notes.txt").write_text("words")
    assert provenance(tmp_path / "notes.txt", empty_paths).credentials.state == "none"
    with pytest.raises(MediaError, match="cannot be read"):
        provenance(tmp_path / "absent.png", empty_paths)
    (tmp_path / "half.png").write_bytes((tmp_path / "plain.png").read_bytes()[:200])
    with pytest.raises(MediaError, match="cannot be read"):
        provenance(tmp_path / "half.png", empty_paths)


def test_the_command_tells_in_words_and_by_status(environment: dict[str, str], cli: Cli, tmp_path: Path) -> None:
    paths = Paths.from_environment(environment)
    file = make(tmp_path / "fox.png", paths)
    good = cli("provenance", str(file))
    assert good.status == 0 and "machine-made and unchanged since it was signed by this house" in good.out
    assert "trainedAlgorithmicMedia" in good.out
    machine: dict[str, Any] = cli("provenance", str(file), "--json").json
    assert machine["machine_made"] and machine["metadata"]["recipe"]["seed"] == 7
    file.write_bytes(encode(255 - pixels(file), read_recipe(file), ".png"))
    bad = cli("provenance", str(file))
    assert bad.status == 1 and "pixels were CHANGED" in bad.out
    plain = cli("provenance", str(picture(tmp_path / "plain.png")))
    assert plain.status == 0 and "no mark of its origin" in plain.out
    assert cli("provenance", str(tmp_path / "none.png")).status == 2


def test_every_state_has_its_sentence(tmp_path: Path) -> None:
    from tools.provenance.embedded import Embedded
    from tools.provenance.reading import Credentials
    from tui.commands.provenance import _verdict

    def said(credentials_: Credentials, **more: Any) -> str:
        return _verdict(Provenance(tmp_path / "x.png", "image/png", credentials_, **more))

    assert "CHANGED after it was signed (assertion.dataHash.mismatch)" in said(
        Credentials("broken", problems=("assertion.dataHash.mismatch",))
    )
    assert "cannot be read" in said(Credentials("unreadable"))
    assert "not known to this house" in said(Credentials("intact", signer="Somebody"))
    assert "unproven" in said(Credentials(), embedded=Embedded(source_type=GENERATED))


def test_speech_carries_the_marks_of_its_house(empty_paths: Paths, tmp_path: Path) -> None:
    from tools.speech.audio_files import read_info, write_sound

    samples = np.sin(np.arange(8000) / 20).astype(np.float32) * 0.3
    for suffix in (".wav", ".flac", ".mp3"):
        file = tmp_path / f"words{suffix}"
        write_sound(file, samples, 16000, maker="voice joe, Piper", paths=empty_paths)
        found = provenance(file, empty_paths)
        assert found.credentials.ours and found.credentials.state == "intact" and found.machine_made
        assert read_info(file).generated
    write_sound(tmp_path / "words.ogg", samples, 16000, maker="voice joe", paths=empty_paths)
    assert provenance(tmp_path / "words.ogg", empty_paths).machine_made
