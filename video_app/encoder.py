"""Encodes a video file for streaming: an HLS ladder, the video in one file, a poster and a preview.

The task `publish_video` uses it, on an operator's machine. Each part that is finished is kept, so that a second run
goes on where the first one ended. ffmpeg comes with the package imageio-ffmpeg.
"""

import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

MANIFEST, FILE, POSTER, PREVIEW = "master.m3u8", "video.mp4", "poster.jpg", "preview.mp4"
SEGMENT_SECONDS = 6
PREVIEW_SECONDS = 10
# Formats of one file. Others, such as a playlist or a list of files, make ffmpeg open the files that they name.
# https://ffmpeg.org/ffmpeg-formats.html#Format-Options
FORMATS = "asf,avi,flv,gxf,matroska,mov,mpeg,mpegts,mxf,nut,ogg,yuv4mpegpipe"
# Called with a part's name and how much of it is done, from 0 to 1.
Report = Callable[[str, float], None]


class EncodingFailed(ValueError):
    """ffmpeg cannot read the file, or failed; the text has its last lines."""


@dataclass(frozen=True)
class Rung:
    """One variant of the ladder: its height in pixels, bits a second, and H.264 level with its name in CODECS."""

    height: int
    bits: int
    level: str
    codecs: str

    @property
    def name(self) -> str:
        """The name of its folder."""
        return f"{self.height}p"


LADDER = (
    Rung(1080, 5_000_000, "4.0", "avc1.640028,mp4a.40.2"),
    Rung(720, 2_800_000, "3.1", "avc1.64001f,mp4a.40.2"),
    Rung(480, 1_400_000, "3.1", "avc1.64001f,mp4a.40.2"),
    Rung(360, 800_000, "3.0", "avc1.64001e,mp4a.40.2"),
    Rung(240, 400_000, "2.1", "avc1.640015,mp4a.40.2"),
)
AUDIO_BITS = 128_000
# A video in one file is for downloads and old players; it has at most this height.
FILE_HEIGHT = 720


@dataclass(frozen=True)
class Source:
    """What ffmpeg says of a file: its length in seconds, its picture's size in pixels, and whether it has sound."""

    path: Path
    seconds: float
    width: int
    height: int
    has_audio: bool

    def ladder(self) -> list[Rung]:
        """The rungs that are not larger than the picture; the lowest one at least."""
        return [rung for rung in LADDER if rung.height <= self.height] or [LADDER[-1]]


class Encoder:
    """Encodes by one ffmpeg program; `report` shows progress."""

    def __init__(self, ffmpeg: str, report: Report) -> None:
        self._ffmpeg = ffmpeg
        self._report = report

    def read(self, path: Path) -> Source:
        """Find out what is in a file.

        Raises
        ------
        EncodingFailed
            There is no video in it that ffmpeg can read, or its length is not known.
        """
        said = subprocess.run(
            [self._ffmpeg, "-hide_banner", *_film(path)], capture_output=True, text=True, check=False
        ).stderr
        length = re.search(r"Duration: (\d+):(\d+):(\d+(?:\.\d+)?)", said)
        size = re.search(r"Stream #\S+.*Video: .*?, (\d{2,5})x(\d{2,5})", said)
        if not length or not size:
            raise EncodingFailed(f"{path} has no video that ffmpeg can read:\n{_last_lines(said)}")
        hours, minutes, seconds = length.groups()
        return Source(
            path=path,
            seconds=int(hours) * 3600 + int(minutes) * 60 + float(seconds),
            width=int(size[1]),
            height=int(size[2]),
            has_audio=bool(re.search(r"Stream #\S+.*Audio: ", said)),
        )

    def encode(self, source: Source, folder: Path) -> None:
        """Write `content/` and `media/` into a folder; parts that are there are kept.

        Raises
        ------
        EncodingFailed
        """
        content, media = folder / "content", folder / "media"
        for made in (content, media):
            made.mkdir(parents=True, exist_ok=True)
        ladder = source.ladder()
        for rung in ladder:
            self._variant(source, rung, content)
        single = next((rung for rung in ladder if rung.height <= FILE_HEIGHT), ladder[-1])
        playlist = content / single.name / "index.m3u8"
        self._part(content / FILE, source.seconds, ["-i", playlist, "-c", "copy", "-movflags", "+faststart"])
        begin = f"{source.seconds / 10:.3f}"
        self._part(media / POSTER, 0, ["-ss", begin, *_film(source.path), *_POSTER])
        self._part(media / PREVIEW, PREVIEW_SECONDS, ["-ss", begin, "-i", content / FILE, *_PREVIEW])
        # Last: it says that the rest is there.
        (content / MANIFEST).write_text(manifest(source, ladder, content))

    def _variant(self, source: Source, rung: Rung, content: Path) -> None:
        """Write one variant's folder, which appears when it is complete."""
        if (content / rung.name).is_dir():
            return
        with tempfile.TemporaryDirectory(dir=content.parent) as temporary:
            made = Path(temporary) / rung.name
            made.mkdir()
            arguments: list[str | Path] = [
                *_film(source.path),
                *("-map", "0:v:0", "-map", "0:a:0?"),
                *("-vf", f"scale=-2:{min(rung.height, source.height // 2 * 2)}"),
                *_h264(rung),
                *("-force_key_frames", f"expr:gte(t,n_forced*{SEGMENT_SECONDS})"),
                *("-f", "hls", "-hls_time", str(SEGMENT_SECONDS), "-hls_playlist_type", "vod"),
                *("-hls_segment_filename", made / "%05d.ts"),
            ]
            self._run([*arguments, made / "index.m3u8"], rung.name, source.seconds)
            made.rename(content / rung.name)

    def _part(self, target: Path, seconds: float, arguments: Sequence[str | Path]) -> None:
        """Write one file, which appears when it is complete."""
        if target.exists():
            return
        unfinished = target.with_stem(f"{target.stem}.part")
        self._run([*arguments, unfinished], target.name, seconds)
        unfinished.rename(target)

    def _run(self, arguments: Sequence[str | Path], name: str, seconds: float) -> None:
        command = [self._ffmpeg, "-nostdin", "-y", "-v", "error", "-progress", "pipe:1", *arguments]
        with tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
            with process:
                for line in process.stdout or ():
                    field, _, value = line.strip().partition("=")
                    if field == "out_time_us" and value.isdigit() and seconds:
                        self._report(name, min(1.0, int(value) / 1_000_000 / seconds))
            if process.returncode:
                errors.seek(0)
                raise EncodingFailed(f"{name}: ffmpeg ended with {process.returncode}:\n{_last_lines(errors.read())}")
        self._report(name, 1.0)


def manifest(source: Source, ladder: list[Rung], content: Path) -> str:
    """Write the multivariant playlist, with the peak bit rate of each variant as it was encoded.

    https://www.rfc-editor.org/rfc/rfc8216#section-4.3.4.2
    """
    lines = ["#EXTM3U", "#EXT-X-VERSION:3"]
    for rung in ladder:
        height = min(rung.height, source.height // 2 * 2)
        width = round(source.width * height / source.height / 2) * 2
        bits = peak_bits(content / rung.name)
        codecs = rung.codecs if source.has_audio else rung.codecs.partition(",")[0]
        lines += [
            f'#EXT-X-STREAM-INF:BANDWIDTH={bits},RESOLUTION={width}x{height},CODECS="{codecs}"',
            f"{rung.name}/index.m3u8",
        ]
    return "\n".join(lines) + "\n"


def peak_bits(variant: Path) -> int:
    """The largest bit rate of a segment, in bits a second."""
    playlist = (variant / "index.m3u8").read_text()
    segments = re.findall(r"#EXTINF:([\d.]+),[^\n]*\n([^#\n]+)", playlist)
    return max(int((variant / name).stat().st_size * 8 / max(float(seconds), 0.1)) for seconds, name in segments)


def _film(path: Path) -> list[str]:
    """Arguments for a file from outside: with `file:`, its name is not taken for a protocol or for options of one."""
    return ["-protocol_whitelist", "file", "-format_whitelist", FORMATS, "-i", f"file:{path}"]


def _h264(rung: Rung) -> list[str]:
    """Arguments for H.264 and AAC, which every browser plays."""
    limit = str(rung.bits)
    video = ["-c:v", "libx264", "-profile:v", "high", "-level", rung.level, "-pix_fmt", "yuv420p"]
    rate = ["-crf", "21", "-maxrate", limit, "-bufsize", str(rung.bits * 2)]
    return [*video, *rate, "-c:a", "aac", "-b:a", str(AUDIO_BITS), "-ac", "2"]


_POSTER = ("-frames:v", "1", "-vf", "scale='min(1280,iw)':-2", "-q:v", "4")
_PREVIEW = (
    *("-t", str(PREVIEW_SECONDS), "-vf", "scale=-2:'min(360,ih)'"),
    *_h264(LADDER[-2]),
    *("-movflags", "+faststart"),
)


def _last_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-4:])
