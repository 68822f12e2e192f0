"""Unpacks each deployment package once for all environments that run it, read-only as on Lambda."""

import hashlib
import io
import os
import shutil
import stat
import threading
import zipfile
from pathlib import Path


class Packages:
    """A folder of unpacked packages. Their names are hashes of their content."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def unpack(self, data: bytes) -> Path:
        """Unpack a package unless it is unpacked already; returns its folder."""
        target = self._folder / hashlib.sha256(data).hexdigest()
        with self._lock:
            if not target.exists():
                _unpack(data, target)
        return target


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
