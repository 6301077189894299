"""Run as a program (`python -m runtime.pip_links NAME==VERSION…`): where pip's own finder sees those wheels.

Prints one JSON object: "name==version" as given to `{"url", "sha256"}`. It downloads nothing, which `pip install
--dry-run` does not promise. The finder is pip's inner part, reached by name so that a pip that lacks it is noticed:
the exit status is then 3, and `runtime.wheels` takes the public way instead.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

OTHER_PIP, NOT_FOUND = 3, 1
OPTIONS = ["--quiet", "--no-input", "--only-binary", ":all:", "--retries", "1", "--timeout", "20"]


def find(requirements: list[str]) -> dict[str, dict[str, str]]:
    """The link of each requirement. Raises `LookupError` naming one that has no wheel for this machine."""
    command: Any = importlib.import_module("pip._internal.commands").create_command("download")
    options, _ = command.parse_args([*OPTIONS, *requirements])
    parse: Any = importlib.import_module("pip._vendor.packaging.requirements").Requirement
    links = {}
    with command.main_context():
        session = command.get_default_session(options)
        finder = command._build_package_finder(options, session)
        for text in requirements:
            wanted = parse(text)
            best = finder.find_best_candidate(wanted.name, wanted.specifier).best_candidate
            if best is None:
                raise LookupError(f"No matching distribution found for {text}")
            sha256 = best.link.hash if best.link.hash_name == "sha256" else ""
            links[text] = {"url": best.link.url_without_fragment, "sha256": sha256}
    return links


def main() -> int:
    """Print the links, or the reason on the standard error stream."""
    try:
        print(json.dumps(find(sys.argv[1:])))
    except LookupError as problem:
        print(f"ERROR: {problem}", file=sys.stderr)
        return NOT_FOUND
    except (ImportError, AttributeError, TypeError) as problem:
        print(f"ERROR: this pip is unlike those known: {problem}", file=sys.stderr)
        return OTHER_PIP
    return 0


if __name__ == "__main__":
    sys.exit(main())
