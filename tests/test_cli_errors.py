"""What goes wrong is said in one line with the remedy, and with the right exit status."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from runtime.errors import UsageError
from tests.cli_driver import ENTRY, ROOT, Cli, Ran, on_terminal, with_root
from tools.finder.zones import parse_zone, parse_zones


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a real, small H.264 recording."""
    import av
    import numpy as np

    file = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(20):
            pixels = np.full((120, 160, 3), 90 + number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return file


def one_line(ran: Ran, status: int, *says: str) -> None:
    """The run failed as it should: one clear line, the exit status, nothing like a traceback."""
    assert ran.status == status, (ran.out, ran.err)
    assert ran.err.startswith("hausgeist: ") and ran.err.count("\n") == 1, ran.err
    for words in says:
        assert words in ran.err, ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("find", "watch", "--camera", "kichen"),
        ("cameras", "events", "kichen"),
        ("cameras", "index", "kichen"),
        ("cameras", "remove", "kichen"),
    ],
    ids=" ".join,
)
def test_no_such_camera(cli: Cli, clip: Path, arguments: tuple[str, ...]) -> None:
    assert cli("cameras", "add", "kitchen", str(clip)).status == 0
    one_line(cli(*arguments), 2, "'kichen'", "Did you mean 'kitchen'?")
    failed = cli(*arguments, "--json")
    assert failed.status == 2 and set(failed.json) == {"error", "remedy", "exit_status"}


def test_a_camera_is_checked_before_it_is_added(cli: Cli, clip: Path, tmp_path: Path) -> None:
    empty, broken, text = tmp_path / "empty.mp4", tmp_path / "broken.mp4", tmp_path / "notes.mp4"
    empty.touch()
    broken.write_bytes(clip.read_bytes()[:400])
    text.write_text("this is no video")
    (tmp_path / "folder").mkdir()
    for file in (empty, broken, text):
        one_line(cli("cameras", "add", "a", str(file)), 1, file.name)
    one_line(cli("cameras", "add", "a", str(tmp_path / "gone.mp4")), 2, "gone.mp4")
    one_line(cli("cameras", "add", "a", str(tmp_path / "folder")), 2, "folder")
    one_line(cli("cameras", "add", "a/b", str(clip)), 2, "a/b")
    one_line(cli("cameras", "add", "a", str(clip), "--start", "half past six"), 2, "half past six", "ISO 8601")
    assert cli("cameras", "list", "--json").json["cameras"] == []
    assert cli("cameras", "add", "a", str(clip), "--start", "2026-03-01 18:00").status == 0
    one_line(cli("cameras", "add", "A", str(clip)), 2, "exists already")


def test_a_broken_recording_among_good_ones_is_named(cli: Cli, clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    shutil.copy(clip, folder / "2026-03-01_18-00-00.mp4")
    (folder / "2026-03-01_18-01-00.mp4").write_bytes(clip.read_bytes()[:400])
    assert cli("cameras", "add", "hall", str(folder)).status == 0
    indexed = cli("cameras", "index", "--json")
    assert indexed.status == 1 and "18-01-00.mp4" in indexed.err
    assert indexed.json["indexed"] == 1 and len(indexed.json["broken"]) == 1
    listed = cli("cameras", "list", "--json").json["cameras"][0]
    assert (listed["recordings"], listed["indexed"]) == (2, 1)
    assert listed["broken"][0][0].endswith("18-01-00.mp4")


@pytest.mark.parametrize(
    ("zone", "says"),
    [
        ("10,10;20,10;20,20", "no name"),
        (":10,10;20,10;20,20", "no name"),
        ("table:10,10;20,10", "2 points"),
        ("table:", "0 points"),
        ("table:10,10;20,10;a,b", "'a,b'"),
        ("table:10,10;20,10;20", "'20'"),
        ("table:10,10;20,10;1,2,3", "'1,2,3'"),
        ("table:10,10;20,10;nan,5", "outside the picture"),
        ("table:10,10;20,10;-5,5", "outside the picture"),
        ("table:0,0;10,10;20,20", "no area"),
    ],
)
def test_a_wrong_zone_is_refused(zone: str, says: str, cli: Cli, clip: Path) -> None:
    one_line(cli("cameras", "add", "a", str(clip), "--zone", zone), 2, says)


def test_zones_are_read() -> None:
    zone = parse_zone(" desk: by the window:10,10; 300.5,10;300,200 ")
    assert (zone.name, zone.polygon) == ("desk: by the window", ((10, 10), (300.5, 10), (300, 200)))
    with pytest.raises(UsageError, match="Two zones"):
        parse_zones(["a:0,0;9,0;9,9", "A:0,0;9,0;9,9"])


def test_an_unknown_settings_key_names_the_nearest(
    cli: Cli, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one_line(cli("settings", "--set", "chat.modle=x"), 2, "chat.modle", "Did you mean chat.model?")
    one_line(cli("--set", "chat.threads=many", "settings"), 2, "chat.threads", "'many'")
    one_line(cli("settings", "--set", "chat"), 2, "--set")
    one_line(cli("settings", "--set", "finder.timezone=Europe/Berlni"), 2, "finder.timezone")
    monkeypatch.setenv("HAUSGEIST_SPEECH__VOISE", "x")
    one_line(cli("memory", "list"), 2, "HAUSGEIST_SPEECH__VOISE", "speech.voice")
    monkeypatch.delenv("HAUSGEIST_SPEECH__VOISE")
    file = Path(environment["HAUSGEIST_HOME"]) / "config" / "settings.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[memry]\nrecall_records = 3\n")
    one_line(cli("doctor"), 2, "settings.toml", "memory")
    file.write_text("this is no TOML")
    one_line(cli("settings"), 2, "settings.toml", "TOML")


def test_an_unknown_tool_and_wrong_arguments(cli: Cli) -> None:
    one_line(cli("tools", "call", "speek", "text=hi"), 2, "'speek'", "Did you mean 'speak'?")
    one_line(cli("tools", "call", "speak", "txt=hi"), 2, "txt", "Did you mean text?")
    one_line(cli("tools", "call", "speak"), 2, "text")
    one_line(cli("tools", "call", "speak", "hello"), 2, "key=value")
    one_line(cli("tools", "call", "speak", "text=a", "text=b"), 2, "twice")
    one_line(cli("tools", "call", "generate_image", "prompt=a fox", "width=wide"), 2, "width", "'wide'")
    one_line(cli("image", "a fox", "--size", "big"), 2, "'big'", "512x512")
    one_line(cli("image", "a fox", "--size", "9x9"), 2, "width")
    one_line(cli("image", "a fox", "-o", "fox.bmp"), 2, "fox.bmp", ".png")
    one_line(cli("find", "watch", "--since", "soonish"), 2, "'soonish'")
    one_line(cli("find"), 2, "--photo")


def test_files_that_are_not_there_or_not_what_they_should_be(cli: Cli, tmp_path: Path) -> None:
    text = tmp_path / "memo.wav"
    text.write_text("this is no sound")
    one_line(cli("listen", "--file", str(tmp_path / "gone.wav")), 2, "gone.wav", "does not exist")
    one_line(cli("ask", "what is this?", "--attach", str(tmp_path)), 2, "is a folder")
    one_line(cli("speak", "hello", "-o", str(tmp_path)), 2, "is a folder")
    one_line(cli("find", "--photo", str(tmp_path / "gone.jpg")), 2, "gone.jpg")
    one_line(cli("models", "pull", "--from", str(tmp_path / "gone")), 2, "is no folder")


def test_a_model_that_is_missing_names_the_command_that_gets_it(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sound = tmp_path / "a.wav"
    sound.write_bytes(b"RIFF")
    monkeypatch.setenv("HAUSGEIST_MODELS", str(tmp_path / "none"))
    one_line(cli("ask", "hello"), 1, "hausgeist models pull qwen2.5-coder-1.5b-instruct")
    one_line(cli("speak", "hello"), 1, "hausgeist models pull piper-en-us-joe")
    one_line(cli("listen", "--file", str(sound)), 1, "hausgeist models pull whisper-base")
    one_line(cli("image", "a fox"), 1, "hausgeist models pull")
    one_line(cli("ask", "hello", "--set", f"chat.model={tmp_path}/gone.gguf"), 1, "gone.gguf", "chat.model")
    one_line(cli("models", "verify", "nothing-like-it"), 2, "nothing-like-it")
    failed = cli("ask", "hello", "--json")
    assert failed.status == 1 and failed.json["exit_status"] == 1 and "pull" in failed.json["remedy"]


def test_a_file_in_place_of_the_data_folder(
    cli: Cli, clip: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    for home in (tmp_path / "file", tmp_path / "file" / "below"):
        monkeypatch.setenv("HAUSGEIST_HOME", str(home))
        one_line(cli("cameras", "add", "a", str(clip)), 1, "file", "HAUSGEIST_HOME")


def on_mount(environment: dict[str, str], place: Path, options: str, *arguments: str) -> Ran:
    """Run `hausgeist` where `place` is a small file system of its own; skip where that is not permitted."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("unshare(1) is not installed, so no small file system can be made")
    place.mkdir()
    mount = f"mount -t tmpfs -o {options} none {shlex.quote(str(place))}"
    probe = subprocess.run([unshare, "-rm", "sh", "-c", mount], capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"a file system cannot be mounted here: {probe.stderr.strip()}")
    command = f"{mount} && exec {shlex.join([*ENTRY, *arguments])}"
    environ = with_root({**environment, "HAUSGEIST_HOME": str(place), "TMPDIR": str(place.parent)})
    done = subprocess.run(
        [unshare, "-rm", "sh", "-c", command],
        capture_output=True,
        text=True,
        env=environ,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(("options", "says"), [("size=16k", "space"), ("ro", "read-only")])
def test_a_disk_that_cannot_be_written(
    environment: dict[str, str], clip: Path, tmp_path: Path, options: str, says: str
) -> None:
    added = on_mount(environment, tmp_path / "camera", options, "cameras", "add", "a", str(clip))
    one_line(added, 1, says, "HAUSGEIST_HOME")
    kept = on_mount(environment, tmp_path / "memory", options, "memory", "add", "the key is under the pot")
    one_line(kept, 1, says, "HAUSGEIST_HOME")


def test_a_full_standard_output_is_said_on_standard_error(environment: dict[str, str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*ENTRY, "models", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=with_root(environment),
            cwd=ROOT,
        )
    one_line(Ran(done.returncode, "", done.stderr), 1, "disk is full")


def test_an_unexpected_error_is_one_line_with_the_way_to_its_traceback(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall(options: object) -> int:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("tui.commands.house.settings", fall)
    one_line(cli("settings"), 1, "ZeroDivisionError", "log_level=debug")


def test_ctrl_c_ends_with_130(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("tui.commands.house.settings", interrupted)
    ran = cli("settings")
    assert ran.status == 130 and ran.err == "hausgeist: interrupted\n"


def test_ctrl_c_stops_indexing_and_leaves_nothing_half_done(
    cli: Cli, environment: dict[str, str], shared_data: Path
) -> None:
    assert cli("cameras", "add", "table", str(shared_data / "video" / "bottles.mp4")).status == 0
    done = on_terminal(environment, ["cameras", "index"], [("× real time", "\x03")])
    assert done.status == 130 and "Traceback" not in done.out and "interrupted" in done.out
    state = cli("cameras", "list", "--json").json["cameras"][0]
    assert (state["indexed"], state["waiting"]) == (0, 1)
    assert cli("cameras", "events", "--json").out == ""
