"""A photo as responsive HTML: the browser takes the smallest of the renditions that is sharp enough."""

from collections.abc import Sequence
from html import escape

from chalicelib.blog.photos.model import Photo, Rendition
from markupsafe import Markup

# How wide pictures stand in a post's column and at its top; the style sheet's widths.
COLUMN = "(min-width: 46rem) 42rem, calc(100vw - 2.5rem)"
WIDE = "(min-width: 64rem) 60rem, calc(100vw - 2.5rem)"
CARD = "(min-width: 46rem) 20rem, calc(100vw - 2.5rem)"


def picture(photo: Photo, alt: str | None = None, sizes: str = COLUMN, base: str = "", eager: bool = False) -> Markup:
    """Markup of one photo; `alt` in place of the photo's own, `base` before the paths of its files."""
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
    """The rendition to show where only one can be named, as in Open Graph."""
    return max(_of_format(photo, "jpeg"), key=lambda rendition: rendition.width, default=None)


def _of_format(photo: Photo, name: str) -> Sequence[Rendition]:
    return sorted((made for made in photo.renditions if made.format == name), key=lambda made: made.width)


def _srcset(renditions: Sequence[Rendition], base: str) -> str:
    return ", ".join(f"{_url(made, base)} {made.width:d}w" for made in renditions)


def _url(rendition: Rendition, base: str) -> str:
    # A comma or space would end the address within a srcset.
    url = rendition.url.replace(" ", "%20").replace(",", "%2C")
    return escape(base + url if url.startswith("/") else url)


def _blur(photo: Photo) -> str:
    """A few bytes of picture behind the photo until it has come; an element, as the policy forbids inline styles."""
    if not (photo.placeholder or "").startswith("data:image/"):
        return ""
    return (
        f'<img class="blur" src="{escape(photo.placeholder)}" alt="" width="{photo.width:d}" height="{photo.height:d}">'
    )
