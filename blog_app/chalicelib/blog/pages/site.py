"""The site's title and address, and the paths of its pages."""

from urllib.parse import quote, unquote

import msgspec

HOME = "/"
ARCHIVE = "/archive/"
TAGS = "/tags/"
SEARCH = "/search/"
SUBSCRIBE = "/subscribe/"
FEED = "/feed.xml"
SITEMAP = "/sitemap.xml"
ROBOTS = "/robots.txt"
NOT_FOUND = "/404.html"
SEARCH_INDEX = "/search/index.bin"
# Pages that answer one request have no path on the site.
NO_PATH = ""

# The addresses to which forms are sent.
SEARCH_ACTION = "/api/search"
SUBSCRIBE_ACTION = "/api/subscribers"
CONFIRM_ACTION = "/api/subscribers/confirm"
UNSUBSCRIBE_ACTION = "/api/subscribers/unsubscribe"


class Site(msgspec.Struct, frozen=True):
    """What all pages of a site share. `url` is its public address, with or without a slash at the end."""

    title: str
    url: str
    description: str
    language: str
    author: str

    def at(self, path: str) -> str:
        """Return the absolute URL of a path of this site; other URLs are returned unchanged."""
        return self.url.rstrip("/") + path if path.startswith("/") and not path.startswith("//") else path


def post_path(slug: str) -> str:
    """Return the path of a post's page."""
    return f"/posts/{quote(slug, safe='')}/"


def index_path(page: int) -> str:
    """Return the path of a page of the index; the first is the home page."""
    return HOME if page == 1 else f"/page/{page}/"


def tag_path(tag: str, page: int = 1) -> str:
    """Return the path of a page of the posts with a tag."""
    first = f"{TAGS}{quote(tag, safe='')}/"
    return first if page == 1 else f"{first}page/{page}/"


def object_key(path: str) -> str:
    """Return the key in the site bucket of the object that is served at a path."""
    key = unquote(path.removeprefix("/"))
    return key + "index.html" if key.endswith("/") or not key else key
