"""A photo of 12 megapixels, as a phone makes it: held upright, stored on its side."""

import io

from PIL import Image, ImageFilter

_SIZE = (4032, 3024)
_ORIENTATION, _SIDEWAYS = 0x0112, 6


def photograph(*, progressive: bool = False) -> bytes:
    """Make a JPEG of some 4 MB: a sky and a ground with grain, since what is flat decodes faster than any photo."""
    grain = Image.effect_noise(_SIZE, 60).filter(ImageFilter.GaussianBlur(0.8))
    slope = Image.linear_gradient("L").resize(_SIZE)
    bands = [Image.blend(part, grain, 0.3) for part in (slope, slope.transpose(Image.Transpose.ROTATE_180), grain)]
    exif = Image.Exif()
    exif[_ORIENTATION] = _SIDEWAYS
    file = io.BytesIO()
    Image.merge("RGB", bands).save(file, "JPEG", quality=90, exif=exif, progressive=progressive)
    return file.getvalue()
