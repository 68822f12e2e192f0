"""Entries of a zip that are taken over from an older one: unchanged files are neither compiled nor compressed again."""

import copy
import importlib.util
import struct
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path, PurePosixPath

# Zip's local file header: the last two fields are the lengths of the name and of the extra field that follow it.
_HEADER = struct.Struct("<26xHH")


class OldEntries:
    """The entries of an older package; none if there is no such file."""

    def __init__(self, path: Path | None) -> None:
        self._archive = _opened(path)
        self._entries = {entry.filename: entry for entry in self._archive.infolist()} if self._archive else {}

    def has(self, name: str, data: bytes) -> bool:
        """Whether the entry of this name has this content; of a module its bytecode must be there too."""
        entry = self._entries.get(name)
        is_equal = entry is not None and entry.file_size == len(data) and zlib.crc32(data) == entry.CRC
        return is_equal and (not name.endswith(".py") or bytecode_name(name) in self._entries)

    def copy(self, name: str, target: zipfile.ZipFile) -> None:
        """Write one entry as it is, compressed, to the end of another archive."""
        source, out = (self._archive.fp if self._archive else None), target.fp
        assert source is not None  # noqa: S101 - both are open
        assert out is not None  # noqa: S101
        old = self._entries[name]
        source.seek(old.header_offset)
        source.seek(sum(_HEADER.unpack(source.read(_HEADER.size))), 1)
        entry = copy.copy(old)
        out.seek(target.start_dir)
        entry.header_offset = out.tell()
        out.write(entry.FileHeader())
        out.write(source.read(old.compress_size))
        target.start_dir = out.tell()
        target.filelist.append(entry)
        target.NameToInfo[name] = entry

    def close(self) -> None:
        """Close the older package."""
        if self._archive:
            self._archive.close()


def bytecode_name(name: str) -> str:
    """The name of a module's bytecode in a zip: `a/b.py` becomes `a/__pycache__/b.cpython-311.pyc`."""
    path = PurePosixPath(name)
    tag = importlib.util.cache_from_source(path.name).rpartition("/")[2]
    return (path.parent / "__pycache__" / tag).as_posix()


def _opened(path: Path | None) -> zipfile.ZipFile | None:
    if path is not None:
        with suppress(OSError, zipfile.BadZipFile):
            return zipfile.ZipFile(path)
    return None
