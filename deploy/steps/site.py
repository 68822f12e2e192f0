"""Step 6: the web client's built files to the site bucket."""

import hashlib
import mimetypes
import re
import time
from pathlib import Path

from deploy.apps import App
from deploy.progress import Progress, counted
from deploy.target import Target

# Vite puts a hash of the content into these names, so they never change.
_HASHED = re.compile(r"-[A-Za-z0-9_-]{8,}\.\w+$")
_FOREVER = "public, max-age=31536000, immutable"
_ASK_EACH_TIME = "no-cache"
# Without the types of this machine's files, so that every machine uploads the same.
_TYPES = mimetypes.MimeTypes()


def built_site(app: App) -> Path | None:
    """The folder of built files, or None if there is no built web client."""
    folder = app.folder / "web" / "dist"
    return folder if (folder / "index.html").is_file() else None


def upload_site(app: App, target: Target, outputs: dict[str, str], progress: Progress) -> None:
    """Upload the files that differ, in content or headers, and invalidate changed pages.

    Pages are uploaded last, so that no page names a file that is not there yet.
    """
    folder, bucket = built_site(app), outputs.get("SiteBucketName")
    if folder is None or bucket is None:
        return
    etags = _etags(target, bucket)
    files = sorted(
        (path for path in folder.rglob("*") if path.is_file()), key=lambda path: (not _is_hashed(path), path)
    )
    changed = [path for path in files if _differs(target, bucket, _key(folder, path), path, etags)]
    for path in changed:
        _upload(target, bucket, _key(folder, path), path)
    pages = [f"/{_key(folder, path)}" for path in changed if not _is_hashed(path)]
    if changed:
        progress.change(f"{counted(len(changed), 'file')} of the site uploaded")
    if pages and "DistributionId" in outputs:
        _invalidate(target, outputs["DistributionId"], pages)


def _etags(target: Target, bucket: str) -> dict[str, str]:
    pages = target.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"]: item["ETag"].strip('"') for page in pages for item in page.get("Contents", [])}


def _differs(target: Target, bucket: str, key: str, path: Path, etags: dict[str, str]) -> bool:
    """Whether a file has other content or other headers than its object."""
    if etags.get(key) != _etag(path):
        return True
    stored = target.client("s3").head_object(Bucket=bucket, Key=key)
    return any(stored.get(name) != value for name, value in _headers(path).items())


def _key(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _etag(path: Path) -> str:
    """The ETag that S3 gives a file uploaded in one part with SSE-S3: its MD5."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _is_hashed(path: Path) -> bool:
    return path.parent.name == "assets" and bool(_HASHED.search(path.name))


def _headers(path: Path) -> dict[str, str]:
    return {
        "ContentType": _TYPES.guess_type(path.name)[0] or "application/octet-stream",
        "CacheControl": _FOREVER if _is_hashed(path) else _ASK_EACH_TIME,
    }


def _upload(target: Target, bucket: str, key: str, path: Path) -> None:
    target.client("s3").put_object(Bucket=bucket, Key=key, Body=path.read_bytes(), **_headers(path))


def _invalidate(target: Target, distribution: str, paths: list[str]) -> None:
    batch = {"Paths": {"Quantity": len(paths), "Items": paths}, "CallerReference": str(time.time_ns())}
    target.client("cloudfront").create_invalidation(DistributionId=distribution, InvalidationBatch=batch)
