"""Uploads an encoded video and registers it; the function `complete_video` then shows it in the catalogue."""

import mimetypes
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from chalicelib.video.catalogue.content import MANIFEST, content_prefix, media_prefix
from chalicelib.video.catalogue.model import Video
from chalicelib.video.operators import Operator
from encoder import Report

TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t"}
# What is uploaded never changes: another version of a video has another folder.
CACHING = "public, max-age=31536000, immutable"
COMPLETION_SECONDS = 120


def remembered(video: Video, work: Path) -> Video:
    """Return the video with the id, the folder and the time of the first run, so that a second one goes on with it.

    What the operator has typed is that of the last run. `work` is the folder of the encoded parts.
    """
    record = work / "video.json"
    work.mkdir(parents=True, exist_ok=True)
    if record.exists():
        first = msgspec.json.decode(record.read_bytes(), type=Video)
        video = msgspec.structs.replace(video, id=first.id, folder=first.folder, created_at=first.created_at)
    record.write_bytes(msgspec.json.encode(video))
    return video


class Publisher:
    """Publishes videos with an operator's credentials."""

    def __init__(self, context: Any, operator: Operator, report: Report) -> None:
        self._s3 = context.client("s3")
        self._content_bucket = context.outputs["ContentBucketName"]
        self._media_bucket = context.outputs["MediaBucketName"]
        self._videos = operator.videos
        self._report = report

    def publish(self, video: Video, folder: Path) -> bool:
        """Publish a video whose files are in `content/` and `media/` of a folder; False if it was published before.

        It can be called again after an interruption: it uploads what is not there yet.

        Raises
        ------
        TimeoutError
            The video is not in the catalogue after some time; the log of the function says why.
        """
        registered = self._videos.get(video.id)
        if registered is not None and registered.is_ready:
            return False
        self._videos.put(video)
        self._upload(self._media_bucket, folder / "media", media_prefix(video))
        self._upload(self._content_bucket, folder / "content", content_prefix(video))
        deadline = time.monotonic() + COMPLETION_SECONDS
        while time.monotonic() < deadline:
            current = self._videos.get(video.id)
            if current is not None and current.is_ready:
                return True
            time.sleep(0.1)
        raise TimeoutError(f"not in the catalogue after {COMPLETION_SECONDS} s; see the log of complete_video")

    def _upload(self, bucket: str, folder: Path, prefix: str) -> None:
        """Upload a folder, the manifest last and in any case: its arrival completes the video."""
        files = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.name == MANIFEST)
        present = dict(self._present(bucket, prefix))
        for number, file in enumerate(files, 1):
            key = prefix + file.relative_to(folder).as_posix()
            if file.name == MANIFEST or present.get(key) != file.stat().st_size:
                content_type = (
                    TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
                )
                headers = {"ContentType": content_type, "CacheControl": CACHING}
                self._s3.upload_file(str(file), bucket, key, ExtraArgs=headers)
            self._report(f"upload {folder.name}", number / len(files))

    def _present(self, bucket: str, prefix: str) -> Iterator[tuple[str, int]]:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            yield from ((file["Key"], file["Size"]) for file in page.get("Contents", []))
