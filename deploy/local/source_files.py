"""The files that determine what a deployment of an app does, and whether they have changed."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from deploy.apps import App

# Below these folders every file counts; `vendor` has links to what apps share.
_FOLDERS = ("chalicelib", "vendor", "web/dist")
_FILES = ("app.py", "tasks.py", "openapi.json")
# Templates, settings, and requirements; a stage may have more of them.
_PATTERNS = ("*.yaml", "*requirements*.txt")
_LEFT_OUT = {"__pycache__", "node_modules"}
# What editors write beside a file while it is open: https://vimhelp.org/recover.txt.html and Emacs's lock files.
_EDITORS = (".swp", ".swo", ".swx", "~", ".tmp", "#")
_Stamp = tuple[int, int, int] | None


def source_files(app: App) -> Iterator[Path]:
    """The files of an app that are deployed, or that say how."""
    yield from (app.folder.resolve() / name for name in _FILES)
    yield from (path for pattern in _PATTERNS for path in sorted(app.folder.resolve().glob(pattern)))
    for folder in _folders(app):
        yield from (Path(entry.path) for entry in os.scandir(folder) if _is_source(entry))


def digests(app: App) -> dict[str, str]:
    """The digest of each source file's content, by its path from the checkout's folder."""
    contents, root = {}, app.folder.resolve().parent
    for path in source_files(app):
        with suppress(OSError):
            name = path.relative_to(root) if path.is_relative_to(root) else path
            contents[name.as_posix()] = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    return contents


def changed_names(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """The files that were added, removed or written between two results of `digests`."""
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


class FileWatch:
    """Notices by their times and sizes that source files of some apps have changed.

    It reads no file, and lists a folder again only after something has changed: a look takes 1 to 2 ms. Events of the
    kernel would take no time, but do not arrive from every kind of mounted folder.
    """

    def __init__(self, apps: Iterable[App]) -> None:
        self._stamps: dict[str, _Stamp] = {}
        self.watch(apps)

    def watch(self, apps: Iterable[App]) -> None:
        """Watch these apps from now on."""
        self._apps = list(apps)
        self._stamps = {path: _stamp(path) for app in self._apps for path in _watched(app)}

    def has_changed(self) -> bool:
        """Whether something has changed since the last call."""
        if all(_stamp(path) == stamp for path, stamp in self._stamps.items()):
            return False
        self.watch(self._apps)
        return True


def _watched(app: App) -> Iterator[str]:
    yield from map(str, (app.folder, *_folders(app), *source_files(app)))


def _folders(app: App) -> Iterator[Path]:
    for name in _FOLDERS:
        for root, folders, _ in os.walk(app.folder / name, followlinks=True):
            folders[:] = sorted(folder for folder in folders if folder not in _LEFT_OUT and not folder.startswith("."))
            # What apps share is the same folder in each of them.
            yield Path(root).resolve()


def _is_source(entry: os.DirEntry[str]) -> bool:
    return entry.is_file() and not entry.name.startswith(".") and not entry.name.endswith((".pyc", *_EDITORS))


def _stamp(path: str) -> _Stamp:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
