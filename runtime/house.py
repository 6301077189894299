"""The things that every room needs, made once by the program's entry and handed down: no global state."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from runtime.catalogue import Catalogue
from runtime.clock import system_now
from runtime.footprints import SizeBook
from runtime.inside import Reach
from runtime.keeping.exchange import finish as finish_restoring
from runtime.paths import Paths
from runtime.residency import Residency
from runtime.settings import Settings, load_settings
from runtime.telemetry import forbid_telemetry


@dataclass
class House:
    """Settings, folders, models and the clock of one running program. Close it to end every worker."""

    settings: Settings
    paths: Paths
    catalogue: Catalogue
    residency: Residency
    clock: Callable[[], datetime] = field(default=system_now)
    reach: Reach | None = None
    """Whose files tools may read; None: all, as at the owner's own terminal."""

    @classmethod
    def open(
        cls,
        environ: Mapping[str, str] = os.environ,
        overrides: Iterable[str] = (),
        *,
        settings: Settings | None = None,
    ) -> House:
        """Read the settings and make the objects; loads no model. Raises `SettingsError`."""
        forbid_telemetry()
        paths = Paths.from_environment(environ)
        finish_restoring(paths)
        settings = settings or load_settings(paths.settings_file, environ, overrides)
        residency = Residency(settings.budget, sizes=SizeBook(paths.cache / "footprints.json"))
        return cls(settings, paths, Catalogue.load(paths), residency)

    def now(self) -> datetime:
        """The time now, in the house's zone."""
        zone = self.settings.finder.timezone
        now = self.clock()
        return now.astimezone(ZoneInfo(zone)) if zone else now

    def for_clients(self) -> House:
        """The same house for somebody who is not at the terminal: tools read only files of `serve.folders`."""
        named = (Path(text).expanduser().absolute() for text in self.settings.serve.folders)
        own = (self.paths.config, self.paths.data, self.paths.cache, self.paths.models)
        return replace(self, reach=Reach((*named, self.paths.outputs), own))

    def close(self) -> None:
        """End every worker process."""
        self.residency.close()

    def __enter__(self) -> House:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


__all__ = ["House", "system_now"]
