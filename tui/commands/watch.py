"""`hausgeist cameras watch`: runs a watch, and writes its events as lines. Owns no watching."""

from __future__ import annotations

import signal
import threading
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from runtime.worker import Cancellation
from tools.finder.index import open_store
from tools.finder.watching.events import WatchEvent
from tools.finder.watching.watch import Watch
from tui.commands.common import open_house
from tui.output import print_json, say


def watch(options: Namespace) -> int:
    """Watch until Ctrl-C or SIGTERM, which end it cleanly: exit status 0."""
    tell = _tell_json if options.json else _tell
    with open_house(options) as house, open_store(house) as store, _until_signalled() as cancellation:
        Watch(house, store, options.names or None, tell, cancellation).run()
    return 0


def _tell(event: WatchEvent) -> None:
    say(event.words)


def _tell_json(event: WatchEvent) -> None:
    print_json(event.as_json())


@contextmanager
def _until_signalled() -> Iterator[Cancellation]:
    """A cancellation that the first SIGINT or SIGTERM raises; a second one ends the program at once."""
    cancellation = Cancellation()

    def stop(number: int, *_: object) -> None:
        for each in before:
            signal.signal(each, signal.SIG_DFL)
        # in a thread of its own: the interrupted code may hold the locks that cancelling takes
        threading.Thread(target=cancellation.cancel, daemon=True).start()

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    if threading.current_thread() is threading.main_thread():
        for number in before:
            signal.signal(number, stop)
    try:
        yield cancellation
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)
