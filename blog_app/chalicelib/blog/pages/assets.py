"""Files that pages name by their content, so that browsers and the edge keep them for good."""

import hashlib
from functools import cache
from pathlib import Path

import msgspec

_FOLDER = Path(__file__).parent / "assets"
_CONTENT_TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
IMMUTABLE = "public, max-age=31536000, immutable"


class Asset(msgspec.Struct, frozen=True):
    """One file; `path` changes with every change of its content."""

    path: str
    content: bytes
    content_type: str
    cache_control: str = IMMUTABLE


@cache
def assets() -> dict[str, Asset]:
    """Every asset by its plain name; all belong into the site bucket before any page that names them."""
    return {file.name: _asset(file) for file in sorted(_FOLDER.iterdir()) if file.suffix in _CONTENT_TYPES}


def _asset(file: Path) -> Asset:
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Asset(f"/assets/{file.stem}.{digest}{file.suffix}", content, _CONTENT_TYPES[file.suffix])
