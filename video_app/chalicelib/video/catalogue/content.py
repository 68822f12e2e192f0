"""Where a video's files are: in the buckets, and behind the distribution."""

import re

from chalicelib.video.catalogue.model import Video

CONTENT = "content/"
MEDIA = "media/"
MANIFEST = "master.m3u8"
FILE = "video.mp4"
_MANIFEST_KEY = re.compile(rf"{CONTENT}(?P<video_id>[0-9a-f]{{28}})/(?P<folder>[0-9a-f]{{32}})/{re.escape(MANIFEST)}")


def content_prefix(video: Video) -> str:
    """Return the prefix of the content's keys.

    It ends in a slash, so that no other video's folder begins with it, and part of it cannot be guessed.
    """
    return f"{CONTENT}{video.id}/{video.folder}/"


def media_prefix(video: Video) -> str:
    """Return the prefix of the keys of poster and preview, which are public."""
    return f"{MEDIA}{video.id}/"


def manifest_of(key: str) -> tuple[str, str] | None:
    """Return the video's id and its folder, if a key is that of a manifest; None for any other key."""
    match = _MANIFEST_KEY.fullmatch(key)
    return (match["video_id"], match["folder"]) if match else None


def content_url(public_url: str, video: Video) -> str:
    """Return the address of the content's folder."""
    return f"{public_url}/{content_prefix(video)}"


def manifest_url(public_url: str, video: Video) -> str:
    """Return the address of the HLS playlist: https://www.rfc-editor.org/rfc/rfc8216"""
    return content_url(public_url, video) + MANIFEST


def file_url(public_url: str, video: Video) -> str:
    """Return the address of the video in one file."""
    return content_url(public_url, video) + FILE
