"""Kokoro behind the same interface as Piper: the real engine on its 8-bit model; styles in both layouts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from runtime.errors import ModelCorruptError, UnknownNameError
from runtime.house import House
from runtime.settings import Settings, SpeechSettings
from tools.speech.audio_files import read_info
from tools.speech.kokoro_styles import kokoro_models, language_of_style, style_names
from tools.speech.listen import transcribe
from tools.speech.speak import say_to_file
from tools.speech.voices import installed_voices, preferred_voice, voice_named


@pytest.fixture
def home(environment: dict[str, str], need_model: Callable[[str], Path]) -> House:
    """A house whose voice is Kokoro."""
    need_model("kokoro-82m-int8")
    settings = Settings(speech=SpeechSettings(voice="kokoro-82m-int8/jf_alpha"))
    return House.open(environment, settings=settings)


def test_it_speaks_and_is_understood(home: House, tmp_path: Path, need_model: Callable[[str], Path]) -> None:
    need_model("whisper-base")
    with home:
        made = say_to_file(home, "Good evening. Dinner is ready at 7:30.", tmp_path / "k.flac", play=False)
        assert (made.voice, made.language) == ("kokoro-82m-int8/jf_alpha", "en")
        info = read_info(made.path)
        assert info.sample_rate == 24000 and info.generated and "kokoro-onnx" in info.comment
        heard = transcribe(home, made.path, language="en").text.lower()
        assert "good evening" in heard and "dinner is ready" in heard


def test_one_model_serves_all_its_speakers(home: House, tmp_path: Path) -> None:
    with home:
        first = preferred_voice(home)
        other = voice_named(home, "kokoro-82m-int8/jm_kumo")
        assert other is not None and other.spec.key == first.spec.key and other != first
        with home.residency.lease(first.spec) as worker:
            ((_, alpha),) = worker.stream("speak", ["Hello there."], "jf_alpha")
            ((_, kumo),) = worker.stream("speak", ["Hello there."], "jm_kumo")
            assert len(alpha) > 12000 and (len(alpha) != len(kumo) or not np.allclose(alpha, kumo))
            assert next(iter(worker.stream("speak", [""], "jf_alpha")))[1].size == 0
            with pytest.raises(UnknownNameError, match="jf_alpha"):
                worker.call("info", "jf_alfa")


def test_styles_are_found_in_both_layouts(tmp_path: Path) -> None:
    style = np.zeros((510, 1, 256), np.float32)
    one = tmp_path / "kokoro-82m" / "onnx" / "model.onnx"
    one.parent.mkdir(parents=True)
    one.touch()
    (tmp_path / "kokoro-82m" / "voices").mkdir()
    for name in ("zf_xiaobei", "am_adam", "af_heart", "ef_dora"):
        style.tofile(tmp_path / "kokoro-82m" / "voices" / f"{name}.bin")
    other = tmp_path / "mine" / "kokoro-v1.0.onnx"
    other.parent.mkdir()
    other.touch()
    np.savez(tmp_path / "mine" / "voices-v1.0.npz", bf_emma=style, pm_alex=style)
    assert kokoro_models(tmp_path) == [one, other]
    assert list(style_names(one)) == ["af_heart", "ef_dora", "am_adam", "zf_xiaobei"]
    assert set(style_names(other)) == {"bf_emma", "pm_alex"}
    spoken = {name: language_of_style(name) for name in (*style_names(one), *style_names(other))}
    assert spoken == {
        "af_heart": "en", "ef_dora": "es", "am_adam": "en", "zf_xiaobei": "en", "bf_emma": "en", "pm_alex": "pt",
    }  # fmt: skip


def test_a_broken_model_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "kokoro-82m"
    (folder / "voices").mkdir(parents=True)
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").write_bytes(b"no model")
    np.zeros((510, 1, 256), np.float32).tofile(folder / "voices" / "af_heart.bin")
    environ = {"HAUSGEIST_HOME": str(tmp_path), "HAUSGEIST_MODELS": str(tmp_path / "models")}
    with House.open(environ) as house:
        (voice,) = installed_voices(house)
        assert (voice.id, voice.language) == ("kokoro-82m/af_heart", "en")
        with (
            pytest.raises(ModelCorruptError, match=r"model\.onnx cannot be loaded"),
            house.residency.lease(voice.spec) as worker,
        ):
            worker.call("info")
