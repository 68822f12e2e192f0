"""Unpacks each deployment package once for all environments that run it, read-only as on Lambda."""

import hashlib
import io
import os
import shutil
import stat
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


class PackageLost(Exception):
    """The file that had a package is gone or damaged."""


@dataclass(frozen=True)
class Package:
    """A deployment package: the SHA-256 sum of its content in hexadecimal, and what reads it."""

    digest: str
    read: Callable[[], bytes | None]

    @classmethod
    def of(cls, data: bytes) -> "Package":
        """The package with this content."""
        return cls(hashlib.sha256(data).hexdigest(), lambda: data)


class Packages:
    """A folder of unpacked packages. Their names are hashes of their content."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def unpack(self, package: Package) -> Path:
        """Unpack a package unless it is unpacked already; returns its folder.

        Raises
        ------
        PackageLost
            It is not unpacked, and cannot be read.
        """
        target = self._folder / package.digest
        with self._lock:
            if not target.exists():
                _unpack(_content(package), target)
        return target


def _content(package: Package) -> bytes:
    data = package.read()
    if data is None:
        raise PackageLost(package.digest)
    return data


def _unpack(data: bytes, target: Path) -> None:
    building = target.with_suffix(".new")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            path = archive.extract(info, building)
            executable = stat.S_IMODE(info.external_attr >> 16) & 0o111
            if not info.is_dir():
                os.chmod(path, 0o444 | executable)
    for folder, _, _ in os.walk(building, topdown=False):
        os.chmod(folder, 0o555)  # noqa: S103 - readable by all, writable by none
    building.rename(target)
