"""Makes thumbnails of one photo in the functions' own interpreter: for each line on stdin, one way, once.

A line is a way and its arguments: the recipe's are the widths, so that it makes the same as ours.

The answer to a line is `{"cpu_ms": ..., "peak_mb": ...}`; the peak is above what the process needs before the first
picture. `ours` is blog_app's own code, `resized` its part before encoding; `floor` is one decode at the scale of the
widest size; `recipe` is what one finds everywhere: the whole picture, EXIF first, a copy of it per size.
"""

import importlib
import io
import json
import os
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])

from PIL import Image, ImageOps

pictures = importlib.import_module("chalicelib.blog.photos.pictures")
PHOTO = Path(os.environ["BENCH_PHOTO"])
STATUS = Path("/proc/self/status")


def ours(data: bytes) -> list[tuple[int, int, str]]:
    """Everything that blog_app does with a photo."""
    return [(file.width, file.height, file.format) for file in pictures.make_renditions(data).files]


def resized(data: bytes) -> None:
    """The same without encoding."""
    pictures.scaled(data)


def floor(data: bytes) -> None:
    """One decode, by libjpeg's own scaling, to what the widest size needs at least."""
    with Image.open(io.BytesIO(data)) as picture:
        # The photo lies on its side: its height is the width of what is shown.
        scale = pictures.WIDTHS[-1] / picture.height
        picture.draft(None, (round(picture.width * scale), round(picture.height * scale)))
        picture.load()


def recipe(data: bytes, *widths: str) -> list[tuple[int, int, str]]:
    """Upright first, then each size from a copy of the whole."""
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    made = []
    for width in widths:
        copy = picture.copy()
        copy.thumbnail((int(width), picture.height), Image.Resampling.LANCZOS)
        for name, options in pictures._ENCODINGS.items():
            copy.save(io.BytesIO(), **options)
            made.append((copy.width, copy.height, name))
    return made


def memory_mb(name: str) -> float:
    """VmRSS is what is resident now, VmHWM the most that ever was: https://docs.kernel.org/filesystems/proc.html."""
    found = re.search(rf"{name}:\s+(\d+) kB", STATUS.read_text())
    if found is None:
        raise RuntimeError(f"no {name} in {STATUS}")
    return int(found[1]) / 1000


WAYS = {"ours": ours, "resized": resized, "floor": floor, "recipe": recipe}
idle_mb = memory_mb("VmRSS")
for line in sys.stdin:
    content = PHOTO.read_bytes()
    started = time.process_time()
    way, *arguments = line.split()
    result = WAYS[way](content, *arguments)
    cpu_ms = (time.process_time() - started) * 1000
    answer = {"cpu_ms": cpu_ms, "peak_mb": memory_mb("VmHWM") - idle_mb, "made": result}
    print(json.dumps(answer), flush=True)
