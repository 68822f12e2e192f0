"""The style sheet and the icon. Their paths contain a hash of their content, so that caches keep them for good."""

import hashlib
from functools import cache
from pathlib import Path

import msgspec

_FOLDER = Path(__file__).parent / "assets"
_CONTENT_TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
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
    return {file.name: _asset(file) for file in sorted(_FOLDER.iterdir()) if file.suffix in _CONTENT_TYPES}


def _asset(file: Path) -> Asset:
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Asset(f"/assets/{file.stem}.{digest}{file.suffix}", content, _CONTENT_TYPES[file.suffix])
