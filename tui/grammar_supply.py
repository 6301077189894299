"""The grammar of what the program is made of: licences and the bill of materials. Imports only argparse."""

from __future__ import annotations

from tui.parser import Commands, json_command


def supply(commands: Commands) -> None:
    """Add `licences` and `sbom`."""
    about = "licences of all installed packages and models"
    licences = json_command(commands, "licences", "supply:licences", about, "hausgeist licences --check")
    licences.add_argument("--check", action="store_true", help="only those that are not allowed; status 1 for any")
    about = "write a software bill of materials (CycloneDX)"
    sbom = json_command(commands, "sbom", "supply:sbom", about, "hausgeist sbom sbom.json")
    sbom.add_argument("file", metavar="FILE", help="the JSON file to write")
