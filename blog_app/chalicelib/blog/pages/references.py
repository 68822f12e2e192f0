"""The references of a text: each leads to the same place on its page, in a preview and in a feed.

A browser resolves a reference against the address at which it finds the text. This is not always the post's page: a
preview is below `/api/`, and a feed reader shows the text anywhere. So references are resolved against the address of
the post's page when the text is rendered (https://www.rfc-editor.org/rfc/rfc3986#section-5).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urldefrag, urljoin, urlsplit

from chalicelib.blog.pages.headings import Headings
from markdown_it.rules_core import StateCore
from markdown_it.token import Token


@dataclass(frozen=True)
class Place:
    """Where a text is shown.

    `page` is the URL of its post's page; without it, references stay as they are. `is_elsewhere` says that the text is
    shown outside this site, where every address must be absolute.
    """

    page: str = ""
    is_elsewhere: bool = False

    @property
    def origin(self) -> str:
        """The origin of the site, without a slash at the end."""
        parts = urlsplit(self.page)
        return f"{parts.scheme}://{parts.netloc}" if self.page else ""

    @property
    def base(self) -> str:
        """What is put before paths of this site."""
        return self.origin if self.is_elsewhere else ""

    def here(self, fragment: str) -> str:
        """Return the address of a place in this text."""
        return f"{self.page if self.is_elsewhere else ''}#{fragment}"


def resolve_references(state: StateCore) -> None:
    """Resolve the addresses of links and pictures."""
    place = state.env.get("place", Place())
    for token in state.tokens:
        _resolve(token.children or (), place, state.env["headings"])


def _resolve(children: Iterable[Token], place: Place, headings: Headings) -> None:
    for token in children:
        if token.type == "link_open":
            token.attrSet("href", _resolved(str(token.attrs["href"]), place, headings))
        elif token.type == "image":
            # Our own pictures stay paths until the sanitiser has passed them.
            token.attrSet("src", _resolved(str(token.attrs["src"]), Place(place.page), headings))


def _resolved(reference: str, place: Place, headings: Headings) -> str:
    if reference.startswith("//"):
        return reference
    try:
        url = urljoin(place.page, reference)
        address, fragment = urldefrag(url)
    except ValueError:
        # Not a valid URL, such as `http://[`: it leads nowhere from any page.
        return reference
    if reference.startswith("#") or (fragment and address == place.page):
        return place.here(quote(headings.id_named(fragment)) or fragment)
    return _shortened(url, place)


def _shortened(url: str, place: Place) -> str:
    """Return a URL of this site as a path, unless the text is shown elsewhere."""
    is_ours = place.page and url.startswith(place.origin + "/")
    return url[len(place.origin) :] if is_ours and not place.is_elsewhere else url
