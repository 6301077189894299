"""Who gets the processor first: processes that work in the background stand back behind the one a person types into.

Owns no process. Linux puts each session (setsid(2)) into a scheduling group of its own where autogroups are switched on
(sched(7), "The autogroup feature"): `nice` then counts only among the processes of one session, and two sessions get
equal shares whatever their nice values are. So work of low priority is given a session, and its group a nice value.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

GROUP_FROM, GROUP_NICE = 10, 5
"""From that step on a process gets a session of its own, of this nice value: a third of what others get that are busy.
What serves a conversation stays in its session."""
TRIES, PAUSE_S = 5, 0.1
"""Linux takes one new value of an unprivileged group each 0.1 s from all users together."""


def stand_back(niceness: int) -> None:
    """Let this process run `niceness` steps behind its parent; from `GROUP_FROM` on also behind other sessions.

    For a process without threads yet: later ones take over its value. Where the system refuses, nothing happens.
    """
    if niceness <= 0 or not hasattr(os, "nice"):
        return
    with suppress(OSError):
        os.nice(niceness)
        if niceness >= GROUP_FROM and Path("/proc/self/autogroup").exists():
            os.setsid()
            set_group_niceness("self", GROUP_NICE)


def set_group_niceness(process: int | str, nice: int) -> None:
    """Give the autogroup of a process a nice value. Raises `OSError` where there is none, or it may not be changed."""
    for left in range(TRIES, 0, -1):
        try:
            Path(f"/proc/{process}/autogroup").write_text(f"{nice}\n", encoding="ascii")
            return
        except BlockingIOError:
            if left == 1:
                raise
            time.sleep(PAUSE_S)
