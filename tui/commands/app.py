"""`hausgeist app` and `hausgeist web`: the terminal app, here or in a browser. Owns no screen."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from runtime.errors import UsageError


def app(options: Namespace) -> int:
    """Open the terminal app; needs a terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) and "TEXTUAL_DRIVER" not in os.environ:
        remedy = "Use `hausgeist ask` or `hausgeist chat` in scripts."
        raise UsageError("The app needs a terminal, and there is none.", remedy=remedy)
    from tui.app.main import run

    return run(options.overrides, options.session)


def web(options: Namespace) -> int:
    """Serve the app to a browser on this machine until Ctrl-C."""
    from tui.web import serve

    return serve(options.host, options.port, options.overrides, options.session)
