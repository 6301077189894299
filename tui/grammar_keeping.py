"""The grammar of keeping what the owner has: backup, restore, doctor. Imports only argparse."""

from __future__ import annotations

from tui.parser import Commands, json_command


def keeping(commands: Commands) -> None:
    """Add the commands."""
    about = "write all that the house keeps to one verified file, also while it is in use"
    example = "hausgeist backup /media/disk/house.zip"
    backup = json_command(commands, "backup", "keeping:backup", about, example)
    backup.add_argument("file", metavar="FILE", help="the backup; an older one of that name is replaced at the end")
    secrets = "also passwords of cameras, tokens, keys: guard the file then"
    backup.add_argument("--with-secrets", action="store_true", help=secrets)
    recordings = "leave out what was recorded from live cameras"
    backup.add_argument("--without-recordings", action="store_true", help=recordings)
    about = "put the house back as a backup has it; the state before is kept beside"
    restore = json_command(commands, "restore", "keeping:restore", about, "hausgeist restore /media/disk/house.zip")
    restore.add_argument("file", metavar="FILE", help="a file that `hausgeist backup` wrote")
    into = "make a house of its own there instead (HAUSGEIST_HOME names it later)"
    restore.add_argument("--into", metavar="FOLDER", help=into)
    restore.add_argument("--check", action="store_true", help="only read the backup and compare every byte's hash")
    about = "what is installed, missing or resident, and the remedies"
    doctor = json_command(commands, "doctor", "house:doctor", about, "hausgeist doctor --repair")
    repair = "put right what is damaged: databases, settings, word indexes, vectors; what is damaged is kept aside"
    doctor.add_argument("--repair", action="store_true", help=repair)
