"""The screens' words in the reader's language: gettext catalogues under `locale/`. Owns no text of replies."""

from __future__ import annotations

import gettext
import os
from collections.abc import Mapping
from pathlib import Path

DOMAIN = "hausgeist"
FOLDER = Path(__file__).parent / "locale"


def choose_language(setting: str, environ: Mapping[str, str] = os.environ) -> str:
    """ "en" or "zh": the setting, or with "auto" what LANGUAGE, LC_ALL, LC_MESSAGES or LANG say (POSIX order)."""
    if setting != "auto":
        return setting
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(variable, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


class Words:
    """Translates the screens' words; what has no translation stays English."""

    def __init__(self, language: str = "en") -> None:
        self.language = language
        self._catalogue = gettext.translation(DOMAIN, FOLDER, [language], fallback=True)

    def __call__(self, text: str) -> str:
        """`text` in the reader's language."""
        return self._catalogue.gettext(text) if text else ""
