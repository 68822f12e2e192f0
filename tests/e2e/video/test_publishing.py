"""Publishing: an operator's file becomes a video that subscribers watch."""

import subprocess
from urllib.parse import urljoin

import imageio_ffmpeg
import pytest
import requests

from tests.e2e.video.viewer import APP, Viewer, lines

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A film of two seconds without sound."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=s=320x240:r=12:d=2"]
    subprocess.run([FFMPEG, "-v", "error", *source, "-pix_fmt", "yuv420p", path], check=True)
    return path


def test_a_film_is_published_once_and_plays_in_a_real_player(stage, film):
    def publish():
        done = stage.deploy("task", APP, "publish-video", str(film), "--title", "A Film", "--price", "9.90")
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[-1]

    assert "is in the catalogue" in publish()
    assert "published before" in publish()
    viewer = Viewer(stage, "vera", "film-device")
    (video,) = (video for video in viewer.videos() if video["title"] == "A Film")
    assert video["price"] == {"amount": 990, "currency": "eur"}
    assert requests.get(video["posterUrl"]).content[:2] == b"\xff\xd8"
    url = viewer.play(video).json()["url"]
    cookies = "; ".join(f"{name}={value}" for name, value in viewer.cookies.items())
    player = [FFMPEG, "-v", "error", "-headers", f"Cookie: {cookies}\r\n", "-i", url, "-f", "null", "-"]
    done = subprocess.run(player, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert subprocess.run([FFMPEG, "-v", "error", "-i", url, "-f", "null", "-"], capture_output=True).returncode
    (variant,) = lines(viewer.fetch(url).text)
    assert viewer.fetch(urljoin(url, variant)).status_code == 200


def test_what_is_no_film_is_refused_with_one_line(stage, tmp_path):
    (tmp_path / "film.mp4").write_text("no film")
    done = stage.deploy("task", APP, "publish-video", str(tmp_path / "film.mp4"), "--title", "A Film")
    assert done.returncode == 1
    assert "has no video that ffmpeg can read" in done.stderr
    assert "Traceback" not in done.stderr
