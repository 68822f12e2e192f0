"""HLS playlists, as far as it takes to find the files that they name: https://www.rfc-editor.org/rfc/rfc8216"""

import posixpath
import re
from collections.abc import Iterator

_URI = re.compile(r'[:,]URI="([^"]*)"')


class InvalidPlaylist(Exception):
    """The text is not a playlist, or it names a file outside of its folder."""


def named_files(playlist: str, path: str) -> list[str]:
    """Return the paths of the files that a playlist names, relative to where `path`, its own, is relative to.

    Raises
    ------
    InvalidPlaylist
    """
    if not playlist.startswith("#EXTM3U"):
        raise InvalidPlaylist(f"{path} is not a playlist")
    return [_resolved(uri, path) for uri in _uris(playlist)]


def _uris(playlist: str) -> Iterator[str]:
    for line in map(str.strip, playlist.splitlines()):
        if line.startswith("#"):
            # Keys and initialisation segments are named by an attribute of a tag.
            yield from _URI.findall(line)
        elif line:
            yield line


def _resolved(uri: str, path: str) -> str:
    if uri.startswith("/") or ":" in uri or "?" in uri or "%" in uri:
        raise InvalidPlaylist(f"{path} names {uri}, which is not a file beside it")
    resolved = posixpath.normpath(posixpath.join(posixpath.dirname(path), uri))
    if resolved.startswith(".."):
        raise InvalidPlaylist(f"{path} names {uri}, which is not in its folder")
    return resolved
