"""Memory of a process that runs for long: what makes it cost little at any one moment."""

from __future__ import annotations

import gc
from typing import Final

_COLLECT_AFTER: Final = (10_000, 20, 50)
_PIECE: Final = 31 << 20
"""Bytes: about the largest piece from which glibc learns."""


def collect_seldom() -> None:
    """Look for garbage less often: records live long and make no circles, and looking at them all takes as
    long as everything else. What is here now stays for ever.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


def keep_freed() -> None:
    """Have the C library keep up to 64 MiB of what is freed for what is made next.

    Large pieces it gives back to the system at once, until one is freed that is larger still: from then on it
    takes those for what comes and goes (glibc; others may not care). A decision makes and frees dozens of
    tables of a megabyte, and to have the system clear their pages anew takes longer than to fill them.
    """
    bytearray(_PIECE)
