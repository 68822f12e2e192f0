"""Photos in a text: within a line, as a figure, as a wide figure, or several in a row.

Where a photo goes is marked by two private-use characters until the sanitiser has passed the text. No attribute may
contain them, so that they end in text or nowhere.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from chalicelib.blog.pages.markdown_rules import PHOTO_SCHEME
from chalicelib.blog.pages.photos import COLUMN, ROW, WIDE, picture
from chalicelib.blog.photos.model import Photo
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from common.values import is_visible

MARK, END_MARK = "\ue000", "\ue001"
_NUMBER = f"{MARK}([0-9]{{1,4}}){END_MARK}"
# Photos that are alone in a paragraph, or one within a line.
_MARKED = re.compile(f"<p>((?:{MARK}[0-9]{{1,4}}{END_MARK}\\s*)+)</p>|{_NUMBER}")
_STRAY_MARKS = str.maketrans("", "", MARK + END_MARK)
_IS_WIDE = "#wide"
_IN_A_ROW = 3
# Widths in a row are in the ratio of the photos, in tenths; the style sheet has a class for each.
_NARROWEST, _WIDEST = 5, 20


@dataclass(frozen=True)
class Shown:
    """One photo that a text shows, as the author names it."""

    photo_id: str
    alt: str
    caption: str
    is_wide: bool


@dataclass
class Pictures:
    """The photos that one text shows, in order, and how they become HTML."""

    photos: Mapping[str, Photo]
    base: str
    shown: list[Shown] = field(default_factory=list)

    def mark(self, source: str, alt: str, caption: str) -> str:
        """Return the mark of a photo, which is put where its markup will be."""
        address = source.removeprefix(PHOTO_SCHEME)
        alt, caption = (text if is_visible(text) else "" for text in (alt, caption))
        self.shown.append(Shown(photo_id_in(source), alt, caption, address.endswith(_IS_WIDE)))
        return f"{MARK}{len(self.shown) - 1}{END_MARK}"

    def replace_marks(self, html: str) -> str:
        """Write the photos in place of their marks; other marks are removed."""
        return _MARKED.sub(self._written, html).translate(_STRAY_MARKS)

    def _written(self, match: re.Match[str]) -> str:
        numbers = map(int, re.findall(_NUMBER, match[0]))
        shown = [self.shown[number] for number in numbers if number < len(self.shown)]
        if match[1] is None:
            return "".join(self._markup(one, COLUMN) for one in shown)
        if len(shown) == 1:
            is_wide = shown[0].is_wide
            return self._figure(shown[0], WIDE if is_wide else COLUMN, "wide" if is_wide else "")
        rows = ("".join(self._figure(one, ROW, self._width(one)) for one in row) for row in _rows(shown))
        return "".join(f'<div class="photos">{row}</div>' for row in rows)

    def _figure(self, one: Shown, sizes: str, name: str) -> str:
        caption = f"<figcaption>{escape(one.caption)}</figcaption>" if one.caption else ""
        class_name = f' class="{name}"' if name else ""
        return f"<figure{class_name}>{self._markup(one, sizes)}{caption}</figure>"

    def _markup(self, one: Shown, sizes: str) -> str:
        photo = self.photos.get(one.photo_id)
        return str(picture(photo, alt=one.alt or None, sizes=sizes, base=self.base)) if photo else escape(one.alt)

    def _width(self, one: Shown) -> str:
        photo = self.photos.get(one.photo_id)
        tenths = round(photo.width * 10 / photo.height) if photo and photo.height else 10
        return f"r{min(max(tenths, _NARROWEST), _WIDEST)}"


def photo_id_in(source: str) -> str:
    """Return the id of the photo in `photo:ID` or `photo:ID#wide`."""
    return source.removeprefix(PHOTO_SCHEME).removesuffix(_IS_WIDE)


def write_image(renderer: RendererHTML, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
    """Write a picture of the site, or the mark of a photo."""
    token = tokens[at]
    source = str(token.attrs.get("src", ""))
    alt = renderer.renderInlineAsText(token.children, options, environment)
    if source.startswith(PHOTO_SCHEME):
        mark: Callable[[str, str, str], str] = environment["pictures"].mark
        return mark(source, alt, str(token.attrs.get("title", "")))
    token.attrSet("alt", alt)
    return renderer.renderToken(tokens, at, options, environment)


def _rows(shown: Sequence[Shown]) -> Iterator[Sequence[Shown]]:
    """Cut a sequence into rows of three and two, so that none is alone."""
    at = 0
    while at < len(shown):
        left = len(shown) - at
        count = 2 if left in (2, 4) else _IN_A_ROW
        yield shown[at : at + count]
        at += count
