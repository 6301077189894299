"""The two others: dvr-scan with its default settings, and every frame decoded with the detector twice a second.

Owns no footage. dvr-scan needs an older OpenCV than this program, so it lives in an environment of its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools.finder.looks.ssd_backend import Detector
from tools.finder.scan.probe_backend import opened, video_stream

DVR_SCAN = "dvr-scan==1.8.2.1"


def dvr_scan_program(folder: Path) -> Path:
    """The program `dvr-scan`, installed under `folder` where it is not yet."""
    program = folder / "bin" / "dvr-scan"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, stdout=sys.stderr)
        install = [str(folder / "bin" / "pip"), "install", "--quiet", DVR_SCAN]
        subprocess.run(install, check=True, stdout=sys.stderr)
    return program


def dvr_scan_seconds(program: Path, clip: Path) -> float:
    """Wall seconds of `dvr-scan -i clip` with its defaults."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(program), "--ignore-user-config", "--input", str(clip), "--output-dir", folder, "--quiet"]
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return time.perf_counter() - started


def every_frame_seconds(detector_folder: Path, clip: Path) -> float:
    """Wall seconds of decoding every frame of `clip` and running the detector on two frames a second."""
    detector = Detector(detector_folder)
    started, due = time.perf_counter(), 0.0
    with opened(clip) as container:
        stream = video_stream(container, clip)
        stream.thread_type = "AUTO"
        for frame in container.decode(stream):
            if frame.time is not None and frame.time >= due:
                due = frame.time + 0.5
                detector.whole(frame.to_ndarray(format="bgr24"))
    return time.perf_counter() - started
