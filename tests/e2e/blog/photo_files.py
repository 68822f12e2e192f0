"""Picture files as cameras make them, and hostile ones."""

import io
from typing import Any

from PIL import Image


def jpeg(size: tuple[int, int], **options: Any) -> bytes:
    """A JPEG that is red at its left and blue at its right."""
    picture = Image.new("RGB", size, (30, 60, 200))
    picture.paste((220, 40, 40), (0, 0, size[0] // 2, size[1]))
    return encoded(picture, "JPEG", **options)


def encoded(picture: Image.Image, name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, name, **options)
    return file.getvalue()


def exif_with_position(orientation: int) -> Image.Exif:
    """EXIF of a photo that was taken in Delft with this orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 0.0, 41.8), 3: "E", 4: (4.0, 21.0, 25.2)})
    return exif


def photo_of(number: int) -> str:
    """The id of a photo that does not exist."""
    return f"{number:028x}"
