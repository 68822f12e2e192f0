"""A photo as responsive HTML: the browser chooses the smallest rendition that is sharp enough."""

from collections.abc import Sequence
from html import escape

from chalicelib.blog.photos.model import Photo, Rendition
from markupsafe import Markup

# The widths of pictures in a post's column, at its top, in a row and in lists, as in the style sheet.
COLUMN = "(min-width: 46rem) 42rem, calc(100vw - 2.5rem)"
WIDE = "(min-width: 64rem) 60rem, calc(100vw - 2.5rem)"
ROW = "(min-width: 64rem) 30rem, 50vw"
CARD = "(min-width: 46rem) 20rem, calc(100vw - 2.5rem)"


def picture(photo: Photo, alt: str | None = None, sizes: str = COLUMN, base: str = "", eager: bool = False) -> Markup:
    """Return the markup of one photo; `alt` replaces the photo's own, `base` is put before the paths of its files."""
    jpegs = _of_format(photo, "jpeg") or _of_format(photo, "webp")
    text = escape(photo.alt if alt is None else alt)
    if not jpegs:
        return Markup(text)  # noqa: S704 - escaped
    webps = _of_format(photo, "webp")
    loading = 'fetchpriority="high"' if eager else 'loading="lazy" decoding="async"'
    source = f'<source type="image/webp" srcset="{_srcset(webps, base)}" sizes="{sizes}">' if webps else ""
    fallback = jpegs[len(jpegs) // 2]
    return Markup(  # noqa: S704 - each value in it is escaped or a number
        f'<span class="photo">{_blur(photo)}<picture>{source}'
        f'<img src="{_url(fallback, base)}" srcset="{_srcset(jpegs, base)}" sizes="{sizes}" width="{photo.width:d}"'
        f' height="{photo.height:d}" alt="{text}" {loading}></picture></span>'
    )


def largest(photo: Photo) -> Rendition | None:
    """Return the largest JPEG, for formats that take only one file, such as Open Graph."""
    return max(_of_format(photo, "jpeg"), key=lambda rendition: rendition.width, default=None)


def _of_format(photo: Photo, name: str) -> Sequence[Rendition]:
    return sorted((one for one in photo.renditions if one.format == name), key=lambda one: one.width)


def _srcset(renditions: Sequence[Rendition], base: str) -> str:
    return ", ".join(f"{_url(rendition, base)} {rendition.width:d}w" for rendition in renditions)


def _url(rendition: Rendition, base: str) -> str:
    # A comma or a space would end the address in a `srcset`.
    url = rendition.url.replace(" ", "%20").replace(",", "%2C")
    return escape(base + url if url.startswith("/") else url)


def _blur(photo: Photo) -> str:
    """Return the placeholder behind a photo that is loading; an element, since the policy forbids inline styles."""
    if not (photo.placeholder or "").startswith("data:image/"):
        return ""
    return (
        f'<img class="blur" src="{escape(photo.placeholder)}" alt="" width="{photo.width:d}" height="{photo.height:d}">'
    )
