"""Hands memory that was freed back to the system, where the C library can. Owns no memory of its own."""

from __future__ import annotations

import ctypes


def give_memory_back() -> None:
    """Ask glibc to return what it keeps for later (malloc_trim(3)); other C libraries are left as they are.

    Reading a model or a long recording frees much at once; without this a worker holds it while others need it.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
