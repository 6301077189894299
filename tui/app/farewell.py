"""Notices that the terminal has gone, and leaves. Owns no leaving: that is the app's.

A window that is closed tells its own session's programs by SIGHUP, and takes everybody's terminal away: reading it then
says "end", and what is drawn can wait for ever. So a thread watches for the hang-up (poll(2), POLLHUP), asks the app
to leave, and ends the process where it cannot.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

GRACE_S = 10.0
"""Seconds that the app is given to leave by itself."""
HANGUP_STATUS = 128 + signal.SIGHUP


class Farewell:
    """Calls `leave` on the running loop once the terminal behind `descriptor` is gone, or a signal asks for it."""

    def __init__(self, leave: Callable[[], object], descriptor: int) -> None:
        self._leave, self._descriptor = leave, descriptor

    def begin(self) -> None:
        """Watch from now on; for the loop's thread."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM):
            with suppress(ValueError, RuntimeError):  # not in the main thread: then others own the signals
                loop.add_signal_handler(number, self._leave)
        threading.Thread(target=self._watch, args=(loop,), name="terminal", daemon=True).start()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        watched = select.poll()
        watched.register(self._descriptor, 0)  # hang-ups and errors are told always, input is not asked for
        watched.poll()
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(self._leave)
        time.sleep(GRACE_S)
        os._exit(HANGUP_STATUS)  # the loop waits for a terminal that takes nothing any more
