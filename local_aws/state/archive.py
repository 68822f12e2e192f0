"""Writes the saved state into one file, and reads it again: for another machine, a bug report, a demonstration.

The file is a gzipped tar. Its first member, `manifest.json`, has the version of the format and of MiniStack, the apps,
and the SHA-256 sum of each other member. What belongs to a machine is not in it: logs, unpacked functions, and the keys
of the authority for https.
"""

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

from local_aws.state.snapshots import Snapshots

_FORMAT = 1
_MANIFEST = "manifest.json"
# Of the state folder; what is not named here is not exported.
_FOLDERS = ("services", "s3", "redshift")


class UnusableArchive(Exception):
    """The file is not an exported state, is damaged, or is of another version."""


class StateExists(Exception):
    """There is a state already."""


def export(state_dir: Path, file: Path, apps: list[str]) -> int:
    """Write the saved state into `file`; returns the number of files. A server may run on the state.

    Raises
    ------
    StateExists
        `file` exists.
    DamagedState
        The saved state is damaged.
    """
    if file.exists():
        raise StateExists(f"{file} exists: name another file")
    with tempfile.TemporaryDirectory(dir=state_dir, prefix="export-") as folder:
        copy = Path(folder)
        _link_all(state_dir, copy)
        paths = sorted(
            path for path in copy.rglob("*") if path.is_symlink() or path.is_file() or not any(path.iterdir())
        )
        members = {path.relative_to(copy).as_posix(): _content_sum(path) for path in paths}
        manifest = {"format": _FORMAT, "ministack": version("ministack"), "apps": apps, "members": members}
        partial = file.with_name(f"{file.name}.partial")
        try:
            with tarfile.open(partial, "w:gz", compresslevel=3) as archive:
                _add(archive, _MANIFEST, json.dumps(manifest, indent=1).encode())
                for path in paths:
                    archive.add(path, path.relative_to(copy).as_posix(), recursive=False)
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)
    return len(paths)


def _link_all(source: Path, target: Path) -> None:
    """Make a copy of hard links, in which nothing changes: the server replaces files and never changes them."""
    current = os.readlink(source / "services" / "current")

    def ignored(folder: str, names: list[str]) -> list[str]:
        others = [name for name in names if name.startswith("current") or (name.isdigit() and name != current)]
        return [name for name in names if name.endswith(".tmp")] + (others if folder == services else [])

    services = str(source / "services")
    for name in _FOLDERS:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, symlinks=True, ignore=ignored, copy_function=_link)
    (target / "services" / "current").symlink_to(current)
    Snapshots(target / "services").verify_current()


def _link(source: str, target: str) -> None:
    # The server may delete a file meanwhile.
    with suppress(FileNotFoundError):
        os.link(source, target, follow_symlinks=False)


def _content_sum(path: Path) -> str:
    """The sum of a file, the target of a link, or nothing for an empty folder."""
    if path.is_symlink():
        return f"link:{os.readlink(path)}"
    if path.is_dir():
        return "folder"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def load(file: Path, state_dir: Path, *, replace: bool) -> dict[str, Any]:
    """Make the state in `file` that of the folder, which no server may use; returns the manifest.

    Nothing is changed before the whole file has been read and checked.

    Raises
    ------
    StateExists
        There is a state, and `replace` is false.
    UnusableArchive
        The message says what is wrong.
    """
    if not replace and any((state_dir / name).exists() for name in _FOLDERS):
        raise StateExists(f"{state_dir} has a state already: --replace deletes it")
    with tempfile.TemporaryDirectory(dir=state_dir, prefix="import-") as folder:
        try:
            manifest = _unpack(file, Path(folder))
        except (OSError, EOFError, ValueError, KeyError, TypeError, tarfile.TarError, zlib.error) as error:
            raise UnusableArchive(
                f"{file} is damaged or not an exported state; nothing was changed ({error})"
            ) from error
        for name in _FOLDERS:
            shutil.rmtree(state_dir / name, ignore_errors=True)
            if (Path(folder) / name).exists():
                (Path(folder) / name).rename(state_dir / name)
    return manifest


def _unpack(file: Path, folder: Path) -> dict[str, Any]:
    with tarfile.open(file, "r:gz") as archive:
        first = archive.next()
        content = archive.extractfile(first) if first and first.name == _MANIFEST else None
        if content is None:
            raise ValueError(f"it does not begin with {_MANIFEST}")
        manifest: dict[str, Any] = json.loads(content.read())
        if manifest["format"] != _FORMAT or manifest["ministack"] != version("ministack"):
            raise ValueError(f"it is of format {manifest['format']} and MiniStack {manifest['ministack']}")
        names = set(_unpack_members(archive, folder, manifest["members"]))
        if lost := set(manifest["members"]) - names:
            raise ValueError(f"{min(lost)} is missing")
    return manifest


def _unpack_members(archive: tarfile.TarFile, folder: Path, sums: dict[str, str]) -> Iterator[str]:
    while member := archive.next():
        parts = PurePosixPath(member.name).parts
        if member.name not in sums or parts[0] not in _FOLDERS or ".." in parts:
            raise ValueError(f"{member.name} is not in the manifest")
        path = folder / member.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if member.issym():
            # The only link is the one to the current generation, beside it.
            path.symlink_to(Path(member.linkname).name)
        elif member.isdir():
            path.mkdir()
        elif content := archive.extractfile(member):
            with path.open("wb") as target:
                shutil.copyfileobj(content, target)
        if _content_sum(path) != sums[member.name]:
            raise ValueError(f"{member.name} is not what was exported")
        yield member.name
