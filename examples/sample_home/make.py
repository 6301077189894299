"""Make the sample home in a folder: `python examples/sample_home/make.py FOLDER`. The rooms and the story are in
`tools/finder/sample_home/`; what the files mean is in the README beside this script."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from runtime.errors import HausgeistError
from tools.finder.sample_home import ensure_sample_home


def main() -> int:
    """Make it, and say how to add its cameras."""
    parser = argparse.ArgumentParser(description="Render the sample home: two recordings and their truth.")
    parser.add_argument("folder", type=Path, help="where to put the files")
    folder = parser.parse_args().folder
    try:
        home = ensure_sample_home(folder, lambda share: print(f"\r{share:4.0%}", end="", file=sys.stderr, flush=True))
    except HausgeistError as problem:
        print(f"\n{problem}", file=sys.stderr)
        return problem.exit_status
    print(file=sys.stderr)
    for camera in home.cameras:
        zones = " ".join(
            f'--zone "{zone.name}:{";".join(f"{x:g},{y:g}" for x, y in zone.polygon)}"' for zone in camera.zones
        )
        print(f"hausgeist cameras add {camera.name} {camera.path} --start {camera.start.isoformat()} {zones}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
