"""What all pages depend on beside posts and photos: the code that renders them, and the site's settings."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

_APP = Path(__file__).parents[3]
_FOLDERS = ("pages", "photos", "posts", "publishing", "search")
_SITE_OUTPUTS = ("PublicUrl", "SiteTitle", "SiteDescription", "SiteLanguage", "SiteAuthor")


def rendering_version(outputs: Mapping[str, str]) -> str:
    """Return a hash that changes when unchanged posts may have other pages; `outputs` are the stack's."""
    digest = hashlib.sha256()
    folders = [_APP / "chalicelib/blog" / name for name in _FOLDERS]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    for path in [_APP / "requirements.txt", *sorted(files)]:
        digest.update(path.relative_to(_APP).as_posix().encode() + b"\0" + path.read_bytes())
    digest.update("\0".join(outputs.get(name, "") for name in _SITE_OUTPUTS).encode())
    return digest.hexdigest()
