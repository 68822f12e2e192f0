"""Uploads become upright, small sRGB pictures without metadata, or are refused with a reason."""

import base64
import io
import struct
import zlib
from contextlib import suppress
from functools import cache

import pytest
from chalicelib.blog.photos import pictures
from chalicelib.blog.photos.pictures import WIDTHS, PictureRefused, make_renditions
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

SECRET = b"48.8584 N 2.2945 E"


def quarters(width: int = 2000, height: int = 1200, mode: str = "RGB") -> Image.Image:
    """A picture that shows which way is up: red, green above, blue, white below."""
    picture = Image.new("RGB", (width, height), "white")
    picture.paste("#d02020", (0, 0, width // 2, height // 2))
    picture.paste("#20d020", (width // 2, 0, width, height // 2))
    picture.paste("#2020d0", (0, height // 2, width // 2, height))
    return picture.convert(mode)


def encoded(picture: Image.Image, kind: str = "JPEG", **options) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def corners(content: bytes) -> list[str]:
    """The colours of the four quarters, by name."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    width, height = picture.size
    names = {"red": (208, 32, 32), "green": (32, 208, 32), "blue": (32, 32, 208), "white": (255, 255, 255)}
    places = [(x * width // 4, y * height // 4) for y in (1, 3) for x in (1, 3)]
    return [
        min(names, key=lambda name: sum(abs(a - b) for a, b in zip(picture.getpixel(at), names[name], strict=True)))
        for at in places
    ]


UPRIGHT = ["red", "green", "blue", "white"]


def test_every_width_comes_in_both_formats():
    made = make_renditions(encoded(quarters()))
    assert [(file.width, file.height, file.format) for file in made.files] == [
        (width, width * 3 // 5, name) for width in WIDTHS for name in ("webp", "jpeg")
    ]
    for file in made.files:
        picture = Image.open(io.BytesIO(file.content))
        assert (picture.size, picture.mode) == ((file.width, file.height), "RGB")
        assert picture.format == file.format.upper()
        assert corners(file.content) == UPRIGHT
    assert (made.width, made.height) == (2000, 1200)


def test_only_jpegs_are_made_of_a_noisy_picture_whose_webps_would_be_larger():
    made = make_renditions(encoded(Image.effect_noise((1600, 1000), 30), "PNG"))
    assert [(file.width, file.format) for file in made.files] == [(width, "jpeg") for width in WIDTHS]


@pytest.mark.parametrize(
    ("width", "widths"),
    [
        (1600, [375, 750, 1500]),
        (1512, [375, 750, 1512]),
        (790, [375, 750, 790]),
        (700, [375, 700]),
        (375, [375]),
        (30, [30]),
    ],
)
def test_nothing_is_larger_than_the_original(width, widths):
    made = make_renditions(encoded(quarters(width, width)))
    assert [file.width for file in made.files[::2]] == widths


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_orientation_becomes_upright(orientation, kind):
    stored_as = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = quarters(600, 400)
    stored = upright.transpose(stored_as[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = make_renditions(encoded(stored, kind, exif=exif))
    assert (made.width, made.height) == (600, 400)
    assert [(file.width, file.height) for file in made.files[::2]] == [(375, 250), (600, 400)]
    assert all(corners(file.content) == UPRIGHT for file in made.files)


def test_renditions_contain_nothing_of_the_file_but_its_pixels():
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(quarters(), exif=exif, comment=SECRET, xmp=b"<x>" + SECRET + b"</x>", icc_profile=profile)
    assert SECRET in data
    files = make_renditions(data + b"<script>" + SECRET).files
    assert files
    for file in files:
        picture = Image.open(io.BytesIO(file.content))
        assert SECRET not in file.content
        assert not {"exif", "xmp", "icc_profile", "comment"} & picture.info.keys()
        assert not picture.getexif()


def test_the_placeholder_is_a_few_bytes_of_picture():
    placeholder = make_renditions(encoded(quarters())).placeholder
    kind, _, data = placeholder.partition(",")
    assert kind == "data:image/webp;base64"
    assert len(placeholder) < 400
    assert max(Image.open(io.BytesIO(base64.b64decode(data))).size) == 16


@pytest.mark.parametrize(
    ("size", "kind"),
    [
        ((3300, 100), "JPEG"),
        ((2000, 20), "PNG"),
        ((1500, 1), "PNG"),
        ((50, 1), "JPEG"),
        ((1, 1), "WEBP"),
        ((60_000, 300), "JPEG"),
    ],
)
def test_every_rendition_of_a_wide_picture_is_at_least_one_pixel_high(size, kind):
    made = make_renditions(encoded(Image.new("RGB", size, "red"), kind))
    assert (made.width, made.height) == size
    assert made.files
    assert all(min(Image.open(io.BytesIO(file.content)).size) >= 1 for file in made.files)
    placeholder = Image.open(io.BytesIO(base64.b64decode(made.placeholder.partition(",")[2])))
    assert max(placeholder.size) == 16


def test_a_picture_that_cannot_be_encoded_is_refused_and_other_faults_are_raised(monkeypatch):
    """A refusal is final, but memory may be sufficient when the event is delivered again."""

    def fails(error):
        def encode(*_):
            raise error

        monkeypatch.setattr(pictures, "_encoded", encode)
        make_renditions(JPEG)

    with pytest.raises(PictureRefused, match="cannot be written"):
        fails(OSError("encoder error -2"))
    with pytest.raises(PictureRefused, match="cannot be written"):
        fails(ValueError("height and width must be > 0"))
    for not_the_pictures in (MemoryError(), TypeError("ours")):
        with pytest.raises(type(not_the_pictures)):
            fails(not_the_pictures)


def test_a_lack_of_memory_does_not_refuse_a_picture(monkeypatch):
    def load(*_):
        raise MemoryError

    monkeypatch.setattr(pictures, "_all_sizes", load)
    with pytest.raises(MemoryError):
        make_renditions(JPEG)


def grey_of_16_bits() -> bytes:
    ramp = Image.new("I;16", (600, 400), 40_000)
    return encoded(ramp, "PNG")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def rgb_of_16_bits() -> bytes:
    """Pillow writes no such PNG: each line is a filter byte and six bytes a pixel."""

    line = b"\0" + struct.pack(">3H", 40_000, 40_000, 40_000) * 60
    header = struct.pack(">2I5B", 60, 40, 16, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(line * 40)) + chunk(b"IEND", b"")
    )


def palette_with_transparency(kind: str) -> bytes:
    picture = Image.new("P", (600, 400), 1)
    picture.putpalette([0, 0, 0, 208, 32, 32, 32, 208, 32])
    picture.paste(0, (300, 0, 600, 400))
    return encoded(picture, kind, transparency=0)


@pytest.mark.parametrize(
    ("data", "left", "right"),
    [
        (encoded(Image.new("CMYK", (600, 400), (0, 0, 0, 0))), 255, 255),
        (encoded(Image.new("CMYK", (600, 400), (0, 0, 0, 255))), 0, 0),
        (grey_of_16_bits(), 156, 156),
        (rgb_of_16_bits(), 156, 156),
        (encoded(Image.new("L", (600, 400), 90)), 90, 90),
        (encoded(Image.new("1", (600, 400), 1), "PNG"), 255, 255),
        (encoded(Image.new("LA", (600, 400), (90, 0)), "PNG"), 255, 255),
        (encoded(Image.new("RGBA", (600, 400), (0, 0, 0, 128)), "PNG"), 127, 127),
        (encoded(Image.new("RGBA", (600, 400), (9, 9, 9, 0)), "WEBP"), 255, 255),
        (palette_with_transparency("PNG"), None, 255),
        (palette_with_transparency("GIF"), None, 255),
    ],
    ids=[
        "cmyk-white",
        "cmyk-black",
        "grey16",
        "rgb16",
        "grey",
        "bits",
        "grey-alpha",
        "alpha",
        "webp-alpha",
        "palette",
        "gif",
    ],
)
def test_every_kind_of_pixel_becomes_rgb_on_white(data, left, right):
    files = make_renditions(data).files
    assert files
    for file in files:
        picture = Image.open(io.BytesIO(file.content))
        assert picture.mode == "RGB"
        for at, expected in ((5, left), (picture.width - 5, right)):
            pixel = picture.getpixel((at, 5))
            assert pixel == pytest.approx((expected,) * 3 if expected is not None else (208, 32, 32), abs=6)


def test_colours_follow_the_files_own_profile():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    renamed = srgb.replace("sRGB".encode("utf-16-be"), "ours".encode("utf-16-be"))
    red_is_green = renamed.replace(b"rXYZ", b"....").replace(b"gXYZ", b"rXYZ").replace(b"....", b"gXYZ")
    plain = Image.new("RGB", (100, 100), (160, 40, 40))
    assert pixel_of(encoded(plain)) == pytest.approx((160, 40, 40), abs=6)
    assert pixel_of(encoded(plain, icc_profile=red_is_green)) == pytest.approx((40, 160, 40), abs=6)
    for harmless in (srgb, renamed, b"no profile" * 50):
        assert pixel_of(encoded(plain, icc_profile=harmless)) == pytest.approx((160, 40, 40), abs=6)


def pixel_of(data: bytes) -> tuple[int, ...]:
    return Image.open(io.BytesIO(make_renditions(data).files[1].content)).getpixel((50, 50))


def frames(kind: str) -> bytes:
    some = [Image.new("RGB", (60, 40), colour) for colour in ("red", "green")]
    return encoded(some[0], kind, save_all=True, append_images=some[1:])


@cache
def black_lines() -> bytes:
    return zlib.compress(bytes(10_000_000))


def bomb(width: int, height: int) -> bytes:
    """A few bytes that a reader would unpack to as many black pixels."""
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", black_lines())
    )


JPEG = encoded(quarters(600, 400))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"hello", "not a JPEG, PNG, WebP or GIF"),
        (b"%PDF-1.7\n", "not a JPEG, PNG, WebP or GIF"),
        (b"GIF89a/*" + b"x" * 100 + b"*/=alert(1)", "damaged|not a JPEG"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>', "SVG"),
        (JPEG[: len(JPEG) // 2], "damaged"),
        (JPEG[:20], "damaged|not a JPEG"),
        (encoded(quarters(600, 400), "PNG")[:-500], "damaged"),
        (encoded(quarters(600, 400), "WEBP")[:-500], "damaged"),
        (frames("GIF"), "Animated"),
        (frames("PNG"), "Animated"),
        (frames("WEBP"), "Animated"),
        (bomb(60_000, 60_000), "million pixels"),
        (bomb(8_000, 8_000), "25 million pixels"),
        (encoded(Image.new("1", (9_000, 6_000)), "JPEG"), "50 million pixels"),
        (encoded(quarters(10, 60)), "times as high"),
        (bomb(0, 10), "damaged|not a JPEG"),
        (encoded(quarters(60, 40), "TIFF"), "not a JPEG"),
        (encoded(quarters(60, 40), "BMP"), "not a JPEG"),
        (encoded(quarters(60, 40), progressive=True) + b"\xff\xda\x00\x02" * 200, "too many scans"),
        (JPEG + bytes(20_000_000), "larger than 20 MB"),
    ],
    ids=[
        "empty",
        "text",
        "pdf",
        "gif-script",
        "svg",
        "half-jpeg",
        "jpeg-start",
        "half-png",
        "half-webp",
        "gif-frames",
        "png-frames",
        "webp-frames",
        "bomb",
        "large-png",
        "large-jpeg",
        "tall",
        "no-width",
        "tiff",
        "bmp",
        "scans",
        "bytes",
    ],
)
def test_a_file_that_is_not_a_valid_picture_is_refused_with_a_reason(data, reason):
    with pytest.raises(PictureRefused, match=reason):
        make_renditions(data)


def test_a_photo_with_a_second_picture_is_not_an_animation():
    assert make_renditions(frames("MPO")).width == 60


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, len(JPEG) - 1), byte=st.integers(0, 255), kept=st.integers(1, len(JPEG)))
def test_a_damaged_file_is_made_or_refused(at, byte, kept):
    damaged = bytearray(JPEG[:kept])
    damaged[min(at, kept - 1)] = byte
    with suppress(PictureRefused):
        assert make_renditions(bytes(damaged)).files
