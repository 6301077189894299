"""Whether a recording is still being written. Owns no waiting.

Linux tells it of local files: a read lease is refused for a file that any process has open for writing (`fcntl(2)`,
`F_SETLEASE`). Where leases are not to be had (network file systems, files of another user), a file counts as finished
when it has not been written to for a while.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
from pathlib import Path

_F_SETLEASE, _F_SETSIG = 1024, 10
QUIET_S = 3.0
"""A file that nobody has open must also have rested so long: some writers close and open it again for each part."""


def being_written(path: Path) -> bool | None:
    """Whether some process has `path` open for writing; None where the system does not tell."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.fcntl(descriptor, _F_SETSIG, signal.SIGURG)  # what breaks the lease is told by a signal that is ignored
        fcntl.fcntl(descriptor, _F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, _F_SETLEASE, fcntl.F_UNLCK)
    except OSError as problem:
        return True if problem.errno == errno.EAGAIN else None
    finally:
        os.close(descriptor)
    return False


def still_growing(path: Path, now: float, settle_s: float) -> bool:
    """Whether a recording of a folder that grows has to be left for later.

    `now` is Unix seconds. Where the system does not tell who writes, `settle_s` seconds without a write count as the
    end; where it does, `QUIET_S` do.
    """
    try:
        age = now - path.stat().st_mtime
    except OSError:
        return True
    if 0 <= age < QUIET_S:
        return True
    written = being_written(path)
    if written is None:
        return 0 <= age < settle_s
    return written
