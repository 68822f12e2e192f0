"""Gives memory that is no longer used back to the system, and looks for garbage where there may be some.

glibc keeps freed memory, for each thread in an arena of its own, and raises the size from which on it maps memory
separately when a large block is freed (https://man7.org/linux/man-pages/man3/mallopt.3.html). A deployment of packages
of 9 MB leaves holes in the heap in which nothing fits.

asyncio takes 256 KB of memory twice for each read from a TLS connection, and gives it back. A block of memory that the
system gives anew each time takes ten times as long as the decryption.
"""

import asyncio
import ctypes
import gc
from collections.abc import Callable

_REGULAR_SECONDS = 60.0
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_SEPARATELY_FROM_BYTES = 512 * 1024
# What is free at a heap's end is given back from this size on, and each minute.
_TRIMMED_FROM_BYTES = 1024 * 1024
_ARENAS = 2
_libc = ctypes.CDLL(None)
_expiries: list[Callable[[], None]] = []


def configure_allocator() -> None:
    """Let large blocks be mapped separately, and threads share arenas. Call this before threads start."""
    # Other systems' allocators lack mallopt and malloc_trim.
    if hasattr(_libc, "mallopt"):
        _libc.mallopt(_M_MMAP_THRESHOLD, _SEPARATELY_FROM_BYTES)
        _libc.mallopt(_M_TRIM_THRESHOLD, _TRIMMED_FROM_BYTES)
        _libc.mallopt(_M_ARENA_MAX, _ARENAS)


def collect_seldom() -> None:
    """Look for garbage in what is made from now on only, and not after every 700 new objects.

    The modules and the loaded state have half a million objects that stay. To look through them stops all threads for
    some hundred milliseconds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def expire_regularly(expire: Callable[[], None]) -> Callable[[], None]:
    """Register a function that removes what has expired. It is called each minute, between two requests."""
    _expiries.append(expire)
    return expire


async def release_regularly() -> None:
    """Remove what has expired and release free memory each minute, until cancelled."""
    while True:
        await asyncio.sleep(_REGULAR_SECONDS)
        for expire in _expiries:
            expire()
        if hasattr(_libc, "malloc_trim"):
            await asyncio.get_running_loop().run_in_executor(None, _libc.malloc_trim, 0)
