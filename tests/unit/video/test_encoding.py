"""Which files the encoder opens: films, and no file that makes ffmpeg open others."""

import subprocess

import imageio_ffmpeg
import pytest
from encoder import Encoder, EncodingFailed

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
# https://ffmpeg.org/ffmpeg-formats.html#concat-1 and #hls-2
LISTS = {
    "film.mov": "ffconcat version 1.0\nfile 'secret.mp4'\nduration 1\n",
    "film.m3u8": "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.ts\n#EXT-X-ENDLIST\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a film of one second, in two formats."""
    folder = tmp_path_factory.mktemp("films")
    source = ["-f", "lavfi", "-i", "testsrc2=s=128x96:r=8:d=1"]
    for name in ("secret.mp4", "secret.ts"):
        subprocess.run([FFMPEG, "-v", "error", *source, "-pix_fmt", "yuv420p", folder / name], check=True)
    return folder


@pytest.fixture
def encoder():
    return Encoder(FFMPEG, lambda name, done: None)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_other_files_is_no_film(encoder, folder, name):
    (folder / name).write_text(LISTS[name])
    with pytest.raises(EncodingFailed, match="no video that ffmpeg can read"):
        encoder.read(folder / name)


def test_a_file_whose_name_looks_like_a_protocol_is_encoded(encoder, folder, monkeypatch):
    named = folder / "film: part 1.mp4"
    named.write_bytes((folder / "secret.mp4").read_bytes())
    monkeypatch.chdir(folder)
    source = encoder.read(named.relative_to(folder))
    assert (source.width, source.height) == (128, 96)
    encoder.encode(source, folder / "encoded")
    assert (folder / "encoded/media/poster.jpg").is_file()
    assert (folder / "encoded/content/master.m3u8").is_file()
