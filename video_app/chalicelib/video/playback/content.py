"""Where a video's content is: in the bucket, and behind the distribution."""

from chalicelib.video.catalogue.model import Video

CONTENT = "content/"
MANIFEST = "master.m3u8"
FILE = "video.mp4"


def content_prefix(video: Video) -> str:
    """Return the prefix of the content's keys; it ends in a slash, so that no other video's folder begins with it."""
    return f"{CONTENT}{video.folder}/"


def content_url(public_url: str, video: Video) -> str:
    """Return the address of the content's folder."""
    return f"{public_url}/{content_prefix(video)}"


def manifest_url(public_url: str, video: Video) -> str:
    """Return the address of the HLS playlist: https://www.rfc-editor.org/rfc/rfc8216"""
    return content_url(public_url, video) + MANIFEST


def file_url(public_url: str, video: Video) -> str:
    """Return the address of the video in one file."""
    return content_url(public_url, video) + FILE
