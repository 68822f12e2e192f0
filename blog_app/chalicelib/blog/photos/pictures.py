"""Renditions of an uploaded picture: upright, in sRGB, in a few widths.

The file is decoded once. A JPEG is decoded at the smallest of libjpeg's scales (1/1, 1/2, 1/4, 1/8) that is wide
enough, and each width is made from the next larger one. Renditions contain nothing of the file but its pixels: no
metadata, no colour profile, and no data that is hidden in the file.
"""

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from chalicelib.blog.photos.model import MAX_PHOTO_BYTES
from PIL import Image, ImageCms, UnidentifiedImageError

# The widest is about half of 3024 x 4032, the size of 12 megapixel cameras, which libjpeg can decode at half scale.
WIDTHS = (375, 750, 1500)
# A picture that is at most this much wider than required is not resized, which would cost time and sharpness.
_NEAR = 1.05
MAX_BYTES = MAX_PHOTO_BYTES
# A JPEG is decoded at a smaller scale. In other formats every pixel takes four bytes of memory.
MAX_JPEG_PIXELS = 50_000_000
MAX_OTHER_PIXELS = 25_000_000
# A progressive JPEG has about ten scans. Decoding each takes as long as decoding a whole picture.
_MAX_JPEG_SCANS = 100
_JPEG_SCAN = b"\xff\xda"
# Only the width has a limit, and WebP allows at most 16,383 pixels.
_MAX_TALLNESS = 5
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
# Pillow calls a JPEG with more pictures in it, such as previews and depth maps, MPO. It is not an animation.
_JPEGS = ("JPEG", "MPO")
_ORIENTATION = 0x0112
# https://www.cipa.jp/std/documents/e/DC-X008-Translation-2019-E.pdf, 4.6.4 A: what makes each orientation upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)
_ENCODINGS = {
    # Methods above 2 take twice the time and 15 MB more memory, and make files only 3 % smaller.
    "webp": {"format": "WEBP", "quality": 78, "method": 2},
    "jpeg": {"format": "JPEG", "quality": 80, "progressive": True, "optimize": True},
}
# The names of the usual sRGB profiles. Other profiles named sRGB may have another tone curve.
_SRGB = ("sRGB IEC61966-2", "sRGB built-in")
_PLACEHOLDER_PX = 16


class PictureRefused(Exception):
    """The blog cannot show a file; the text tells the author why."""


@dataclass(frozen=True)
class File:
    """One size of a picture in one format, `webp` or `jpeg`."""

    width: int
    height: int
    format: str
    content: bytes


@dataclass(frozen=True)
class Picture:
    """A picture in all its sizes; `width` and `height` are the original's, upright, in pixels."""

    width: int
    height: int
    placeholder: str
    files: list[File]


def make_renditions(data: bytes) -> Picture:
    """Make the sizes of an uploaded picture, none wider than it is, and its placeholder as a `data:` address.

    Raises
    ------
    PictureRefused
    """
    width, height, sizes = scaled(data)
    try:
        files = [
            File(size.width, size.height, name, _encoded(size, name))
            for size in sorted(sizes, key=lambda size: size.width)
            for name in _ENCODINGS
        ]
        return Picture(width, height, _placeholder(sizes[-1]), _worthwhile(files))
    except (OSError, ValueError) as error:
        # Pillow raises these for pictures that it cannot write. Other exceptions are faults of the code or the machine.
        raise PictureRefused("The picture can be read, but cannot be written in the sizes of the blog.") from error


def _worthwhile(files: Sequence[File]) -> list[File]:
    """Leave out the WebP files unless each is smaller than the JPEG of its width: browsers prefer WebP in any size."""
    jpegs = {file.width: file for file in files if file.format == "jpeg"}
    are_smaller = all(len(one.content) < len(jpegs[one.width].content) for one in files if one.format == "webp")
    return list(files) if are_smaller else list(jpegs.values())


def scaled(data: bytes) -> tuple[int, int, list[Image.Image]]:
    """Return the upright width and height of a picture, and its sizes, the widest first, decoded but not encoded.

    Raises
    ------
    PictureRefused
    """
    _check_bytes(data)
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            _check_header(picture, data)
            return _all_sizes(picture)
    except (PictureRefused, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise PictureRefused("This is not a JPEG, PNG, WebP or GIF picture.") from error
    except Image.DecompressionBombError as error:
        raise PictureRefused(_too_large(MAX_JPEG_PIXELS)) from error
    except Exception as error:
        # Pillow raises any exception for a damaged file.
        raise PictureRefused("The picture is damaged, or its end is missing.") from error


def _check_bytes(data: bytes) -> None:
    if not data:
        raise PictureRefused("The file is empty.")
    if len(data) > MAX_BYTES:
        raise PictureRefused(f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
    if b"<svg" in data[:1000].lower():
        raise PictureRefused("SVG files can contain scripts. Send the picture as PNG.")


def _check_header(picture: Image.Image, data: bytes) -> None:
    """Check the header before any pixel is decoded."""
    most = MAX_JPEG_PIXELS if picture.format in _JPEGS else MAX_OTHER_PIXELS
    if picture.width * picture.height > most:
        raise PictureRefused(_too_large(most))
    if "progressive" in picture.info and data.count(_JPEG_SCAN) > _MAX_JPEG_SCANS:
        raise PictureRefused("The JPEG has too many scans.")
    if picture.format not in _JPEGS and getattr(picture, "is_animated", False):
        raise PictureRefused("Animated pictures are not supported. Send one of its pictures.")


def _too_large(most: int) -> str:
    return f"The picture has more than {most // 1_000_000} million pixels."


def _all_sizes(picture: Image.Image) -> tuple[int, int, list[Image.Image]]:
    orientation = _orientation(picture)
    sideways = orientation in _SIDEWAYS
    width, height = (picture.height, picture.width) if sideways else picture.size
    if height > width * _MAX_TALLNESS:
        raise PictureRefused(f"The picture is more than {_MAX_TALLNESS} times as high as it is wide.")
    widths = sorted({min(width, target) for target in WIDTHS}, reverse=True)
    profile = picture.info.get("icc_profile")
    scale = widths[0] / width
    picture.draft(None, (math.ceil(picture.width * scale), math.ceil(picture.height * scale)))
    picture.load()
    decoded = picture.height if sideways else picture.width
    if decoded <= widths[0] * _NEAR:
        widths[0] = decoded
    sizes = [_size(width, height, target) for target in widths]
    widest = _resized(_plain(picture), sizes[0][::-1] if sideways else sizes[0])
    if orientation in _UPRIGHT:
        widest = widest.transpose(_UPRIGHT[orientation])
    widest = _on_white(_in_srgb(widest, profile))
    widest.info = {}
    return width, height, list(accumulate(sizes[1:], _resized, initial=widest))


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:
        # The pixels may still be valid, and a picture in a wrong orientation is better than none.
        return 1


def _size(width: int, height: int, target_width: int) -> tuple[int, int]:
    return target_width, max(1, round(height * target_width / width))


def _resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Resize a picture: by averaging to a size near `size`, then by a filter that is as sharp as the bicubic one."""
    return picture if picture.size == size else picture.resize(size, Image.Resampling.HAMMING, reducing_gap=1.0)


def _plain(picture: Image.Image) -> Image.Image:
    """Convert a picture to a mode that can be resized: without palette, and grey of 16 bits to 8 bits."""
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if picture.mode == "P" or "transparency" in picture.info:
        return picture.convert("RGBA" if "transparency" in picture.info else picture.palette.mode)  # type: ignore[union-attr]
    return picture.convert("L") if picture.mode in ("1", "F") else picture


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert colours to sRGB by the file's profile, if it has one that fits its pixels."""
    alpha = picture.getchannel("A") if picture.mode in ("RGBA", "LA") else None
    colours = picture.convert(picture.mode[:-1]) if alpha else picture
    if profile and colours.mode in ("RGB", "CMYK", "L"):
        colours = _converted(colours, profile)
    colours = colours if colours.mode == "RGB" else colours.convert("RGB")
    if alpha:
        colours.putalpha(alpha)
    return colours


def _converted(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if ImageCms.getProfileDescription(source).strip().startswith(_SRGB):
            return picture
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return converted or picture


def _on_white(picture: Image.Image) -> Image.Image:
    """Put a transparent picture on white, since JPEG has no transparency."""
    if picture.mode != "RGBA":
        return picture
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _encoded(picture: Image.Image, name: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, **_ENCODINGS[name])  # type: ignore[arg-type]
    return file.getvalue()


def _placeholder(picture: Image.Image) -> str:
    """Return a picture of a few pixels, which is shown blurred while the photo loads; about 200 characters."""
    file = io.BytesIO()
    picture.resize(_placeholder_size(picture)).save(file, format="WEBP", quality=30, method=6)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


def _placeholder_size(picture: Image.Image) -> tuple[int, int]:
    """Return a size of at least one pixel on each side; `ImageOps.contain` would leave none of a narrow strip."""
    scale = _PLACEHOLDER_PX / max(picture.size)
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
