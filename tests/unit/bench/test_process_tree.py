"""Memory is that of a whole process tree, each shared page counted once."""

import os
from pathlib import Path

import pytest

from bench.process_tree import cpu_seconds, descendants, proportional_mb


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A /proc with 1 -> 10 -> (20, 30 -> 40) and the unrelated 50; 30 is a zombie."""
    processes = {1: (0, 1000), 10: (1, 2000), 20: (10, 3000), 30: (10, None), 40: (30, 4000), 50: (1, 5000)}
    for pid, (parent, pss_kb) in processes.items():
        folder = tmp_path / str(pid)
        folder.mkdir()
        (folder / "stat").write_text(f"{pid} (a ) name 7 8) S {parent} 1 1 0 -1 0 0 0 0 0 100 20 3 1")
        if pss_kb is not None:
            (folder / "smaps_rollup").write_text(
                f"0-f ---p 0 [rollup]\nRss: 99999 kB\nPss: {pss_kb} kB\nPss_Dirty: 1 kB\n"
            )
    (tmp_path / "meminfo").write_text("")
    return tmp_path


def test_the_tree_has_the_process_and_all_below_it(proc: Path):
    assert sorted(descendants(10, proc)) == [10, 20, 30, 40]


def test_memory_is_the_sum_over_the_tree(proc: Path):
    assert proportional_mb(10, proc) == pytest.approx(9.0)


def test_cpu_is_the_sum_over_the_tree_with_children_that_have_ended(proc: Path):
    ticks = 4 * (100 + 20 + 3 + 1)
    assert cpu_seconds(10, proc) == pytest.approx(ticks / os.sysconf("SC_CLK_TCK"))


def test_a_real_process_has_memory():
    assert 1 < proportional_mb(os.getpid()) < 4000
