"""The style sheet, the script and the pictures of all pages; `icon.svg` is the source of the others.

Their paths contain a hash of their content, so that caches keep them for good.
"""

import hashlib
from functools import cache
from pathlib import Path

import msgspec

_FOLDER = Path(__file__).parent / "assets"
_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
# Clients ask for these two at fixed addresses, also where no page names them.
_ICONS = ("favicon.ico", "apple-touch-icon.png")
IMMUTABLE = "public, max-age=31536000, immutable"


class Asset(msgspec.Struct, frozen=True):
    """One file. Its `path` changes when its content changes."""

    path: str
    content: bytes
    content_type: str
    cache_control: str = IMMUTABLE


@cache
def assets() -> dict[str, Asset]:
    """Return every asset by its file name. Assets must be in the site bucket before the pages that name them."""
    files = (file for file in sorted(_FOLDER.iterdir()) if file.suffix in _CONTENT_TYPES and file.name not in _ICONS)
    return {file.name: _asset(file) for file in files}


def icons() -> dict[str, bytes]:
    """Return the icons that clients ask for at the root of a site, by path."""
    return {f"/{name}": (_FOLDER / name).read_bytes() for name in _ICONS}


def _asset(file: Path) -> Asset:
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Asset(f"/assets/{file.stem}.{digest}{file.suffix}", content, _CONTENT_TYPES[file.suffix])
