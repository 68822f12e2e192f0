"""Memory and CPU of a process and all that it started."""

import os
from collections import defaultdict
from pathlib import Path

_PROC = Path("/proc")


def proportional_mb(root: int, proc: Path = _PROC) -> float:
    """Sum the proportional set sizes: a page that several processes share counts once in the sum.

    https://docs.kernel.org/filesystems/proc.html, `smaps_rollup`
    """
    return sum(_pss_kb(proc / str(pid)) for pid in descendants(root, proc)) / 1000


def cpu_seconds(root: int, proc: Path = _PROC) -> float:
    """Sum the CPU time of the processes, and of those of their children that have ended."""
    return sum(_ticks(proc / str(pid)) for pid in descendants(root, proc)) / os.sysconf("SC_CLK_TCK")


def descendants(root: int, proc: Path = _PROC) -> list[int]:
    """List the process itself, its children, theirs, and so on."""
    children: dict[int, list[int]] = defaultdict(list)
    for folder in proc.iterdir():
        if folder.name.isdigit() and (parent := _parent(folder)) is not None:
            children[parent].append(int(folder.name))
    found = [root]
    for pid in found:
        found += children[pid]
    return found


def _parent(process: Path) -> int | None:
    try:
        # The name before it is in brackets and may hold anything, brackets too.
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def _ticks(process: Path) -> int:
    """Fields 14 to 17 of https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html."""
    try:
        return sum(map(int, (process / "stat").read_text().rpartition(")")[2].split()[11:15]))
    except OSError:
        return 0


def _pss_kb(process: Path) -> int:
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        # It ended meanwhile, or is a zombie.
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
