"""Stores each save of the state as a generation: the files of all services, which belong together.

A generation is a folder with a file per service and a manifest of their SHA-256 sums. It is written in full and flushed
to disk before the symbolic link `current` changes to it. Whatever kills the server, the loaded state is therefore that
of one save. A file that has not changed since the previous generation is linked, not written. The generation before the
current one is kept, to go back to if the current one is damaged; a file that both have is damaged in both.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

_MANIFEST = "manifest.json"
_CURRENT = "current"


class DamagedState(Exception):
    """The files on disk are not the files that were saved."""

    def __init__(self, folder: Path, reason: str, *, has_previous: bool = False) -> None:
        way_on = "`python -m deploy state restore` goes back to the save before it, `make reset` starts over"
        self.reason = reason
        super().__init__(
            f"the saved state in {folder} is damaged ({reason}): "
            + (way_on if has_previous else "`make reset` starts over")
        )


class Snapshots:
    """The generations in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._link = folder / _CURRENT

    def current(self) -> Path | None:
        """The folder of the newest complete generation."""
        if self._link.is_symlink():
            return self._folder / os.readlink(self._link)
        if any(self._generations()):
            raise DamagedState(self._folder, f"the link {_CURRENT} is gone")
        return None

    def previous(self) -> Path | None:
        """The folder of the generation before the current one, if it is complete."""
        current = self.current() if self._link.is_symlink() else None
        older = [path for path in self._generations() if path != current and (path / _MANIFEST).exists()]
        return max((path for path in older if current is None or path.name < current.name), default=None)

    def verify_current(self) -> Path | None:
        """Check every file of the current generation; returns its folder.

        Raises
        ------
        DamagedState
            A file is missing or differs from its sum. The message offers the previous generation if it is good.
        """
        try:
            generation = self.current()
            if generation:
                self._verify(generation)
        except DamagedState as damage:
            raise self.damaged(damage.reason) from damage
        return generation

    def damaged(self, reason: str) -> DamagedState:
        """The error for the current generation, with the way on."""
        return DamagedState(self._folder, reason, has_previous=self._is_good(self.previous()))

    def restore_previous(self) -> Path:
        """Make the previous generation the current one; returns its folder.

        Raises
        ------
        DamagedState
            There is none, or it is damaged too.
        """
        generation = self.previous()
        if generation is None:
            raise DamagedState(self._folder, "no save before the last one is there")
        self._verify(generation)
        self._link_to(generation)
        return generation

    def _is_good(self, generation: Path | None) -> bool:
        try:
            if generation:
                self._verify(generation)
        except DamagedState:
            return False
        return generation is not None

    def _verify(self, generation: Path) -> None:
        for name, expected in self._sums(generation).items():
            path = generation / name
            if not path.is_file():
                raise DamagedState(self._folder, f"{generation.name}/{name} is missing")
            if _sum(path.read_bytes()) != expected:
                raise DamagedState(self._folder, f"{generation.name}/{name} is not what was saved")

    def save(self, files: Iterable[tuple[str, bytes | None]]) -> bool:
        """Write one generation and make it current; returns False if it equals the current one.

        `files` yields names with contents; None means that a file is unchanged.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        previous = self.current()
        previous_sums = self._sums(previous) if previous else {}
        generation = self._folder / f"{self._highest_number() + 1:08d}"
        shutil.rmtree(generation, ignore_errors=True)
        generation.mkdir()
        sums = {}
        for name, content in files:
            total = previous_sums.get(name) if content is None else _sum(content)
            if total is None:
                continue
            sums[name] = total
            if previous and previous_sums.get(name) == total:
                os.link(previous / name, generation / name)
            elif content is not None:
                _write(generation / name, content)
        if previous and sums == previous_sums:
            shutil.rmtree(generation)
            return False
        _write(generation / _MANIFEST, json.dumps(sums, indent=1).encode())
        self._make_current(generation, previous)
        return True

    def _make_current(self, generation: Path, previous: Path | None) -> None:
        _flush(generation)
        self._link_to(generation)
        for old in self._generations():
            if old not in (generation, previous):
                shutil.rmtree(old, ignore_errors=True)

    def _link_to(self, generation: Path) -> None:
        new_link = self._folder / f"{_CURRENT}.new"
        new_link.unlink(missing_ok=True)
        new_link.symlink_to(generation.name)
        new_link.replace(self._link)
        _flush(self._folder)

    def _generations(self) -> Iterator[Path]:
        if self._folder.is_dir():
            yield from (path for path in self._folder.iterdir() if path.name.isdigit() and path.is_dir())

    def _highest_number(self) -> int:
        """The number of the newest complete generation; one that a kill has left incomplete is written again."""
        return max((int(path.name) for path in self._generations() if (path / _MANIFEST).exists()), default=0)

    def _sums(self, generation: Path) -> dict[str, str]:
        try:
            return dict(json.loads((generation / _MANIFEST).read_bytes()))
        except (OSError, ValueError) as error:
            raise DamagedState(self._folder, f"{generation.name}/{_MANIFEST} cannot be read") from error


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    """Make a folder's own entries durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
