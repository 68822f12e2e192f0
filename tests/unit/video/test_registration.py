"""A video enters the catalogue when its manifest and everything that it names are there."""

import json

import pytest
from chalicelib.video.catalogue.content import content_prefix
from chalicelib.video.catalogue.playlists import InvalidPlaylist, named_files

from tests.unit.aws import aws_client

MASTER = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n360p/index.m3u8\n"
VARIANT = "#EXTM3U\n#EXTINF:6,\n00000.ts\n#EXTINF:6,\n00001.ts\n#EXT-X-ENDLIST\n"
FILES = {
    "master.m3u8": MASTER,
    "360p/index.m3u8": VARIANT,
    "360p/00000.ts": "G",
    "360p/00001.ts": "G",
    "video.mp4": "m",
}


@pytest.fixture
def upload(video_app):
    """Upload files of a video, and deliver the event of its manifest."""

    def put(video, files=FILES):
        s3 = aws_client("s3")
        for name, text in files.items():
            s3.put_object(Bucket="content", Key=content_prefix(video) + name, Body=text.encode())
        return arrive(video_app, content_prefix(video) + "master.m3u8")

    return put


def arrive(video_app, key):
    event = video_app.client.events.generate_s3_event(bucket="content", key=key)
    return video_app.client.lambda_.invoke("complete_video", event)


def titles(video_app):
    return [video["title"] for video in video_app.call("GET", "/videos", user=None).json["videos"]]


def test_a_complete_video_is_shown(video_app, upload):
    upload(video_app.add("Tides", status="uploading"))
    assert titles(video_app) == ["Tides"]


@pytest.mark.parametrize("missing", sorted(FILES.keys() - {"master.m3u8"}))
def test_a_video_is_not_shown_while_a_file_is_missing(video_app, upload, missing):
    video = video_app.add(status="uploading")
    # Chalice's test client lets the function's errors through, as Lambda reports them for another attempt.
    with pytest.raises(Exception, match=r"lacks|NoSuchKey"):
        upload(video, {name: text for name, text in FILES.items() if name != missing})
    assert titles(video_app) == []


def test_a_second_event_changes_nothing(video_app, upload):
    video = video_app.add("Tides", status="uploading")
    upload(video)
    before = video_app.items("videos")
    upload(video, {})
    assert video_app.items("videos") == before


@pytest.mark.parametrize("key", ["content/x/master.m3u8", f"content/{'0' * 28}/{'0' * 32}/master.m3u8", "master.m3u8"])
def test_a_manifest_of_no_video_is_ignored(video_app, key):
    arrive(video_app, key)
    assert video_app.items("videos") == []


def test_another_folder_with_the_videos_id_does_not_complete_it(video_app):
    video = video_app.add(status="uploading")
    arrive(video_app, f"content/{video.id}/{'0' * 32}/master.m3u8")
    assert titles(video_app) == []


def test_files_are_named_by_lines_and_by_attributes():
    playlist = '#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:6,\nx/1.m4s\r\n\n../2.m4s\n'
    assert named_files(playlist, "a/b/index.m3u8") == ["a/b/init.mp4", "a/b/x/1.m4s", "a/2.m4s"]


@pytest.mark.parametrize(
    "line", ["/etc/passwd", "https://evil.example/1.ts", "../1.ts", "../../x", "1.ts?x", "%2e%2e/1.ts", "a:b"]
)
def test_a_file_outside_of_the_folder_is_refused(line):
    with pytest.raises(InvalidPlaylist):
        named_files(f"#EXTM3U\n{line}\n", "index.m3u8")


def test_what_is_no_playlist_is_refused():
    with pytest.raises(InvalidPlaylist):
        named_files(json.dumps({}), "index.m3u8")
