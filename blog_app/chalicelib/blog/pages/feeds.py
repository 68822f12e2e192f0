"""The Atom feed (RFC 4287), the sitemap (sitemaps.org) and robots.txt (RFC 9309)."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from xml.etree import ElementTree

from chalicelib.blog.pages import markdown
from chalicelib.blog.pages import site as paths
from chalicelib.blog.pages.failing_posts import skip_failing
from chalicelib.blog.pages.references import Place
from chalicelib.blog.pages.site import Site
from chalicelib.blog.pages.text_normalization import printable
from chalicelib.blog.photos.model import Photo
from chalicelib.blog.posts.model import Post

FEED_LENGTH = 20
_ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
# The limit of one file: https://www.sitemaps.org/protocol.html
_MAX_SITEMAP_URLS = 50_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).isoformat().replace("+00:00", "Z")


def atom_feed(site: Site, posts: Sequence[Post], photos: Mapping[str, Photo] | None = None) -> str:
    """Write the feed of the newest published posts with their full text; `photos` are those that the texts show.

    Posts whose text cannot be rendered are left out.
    """
    newest = list(islice(skip_failing(posts, lambda post: _entry(site, post, photos or {})), FEED_LENGTH))
    feed = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": site.language})
    _add(feed, "id", site.at(paths.HOME))
    _add(feed, "title", site.title)
    _add(feed, "subtitle", site.description)
    _add(feed, "updated", max((post.updated_at for post, _ in newest), default=_EPOCH))
    _add(feed, "link", rel="self", type="application/atom+xml", href=site.at(paths.FEED))
    _add(feed, "link", rel="alternate", type="text/html", href=site.at(paths.HOME))
    _add(_add(feed, "author"), "name", site.author)
    feed.extend(entry for _, entry in newest)
    return _document(feed)


def sitemap(site: Site, posts: Sequence[Post]) -> str:
    """Write the addresses of the site's pages; of too many `posts`, which are newest first, the oldest are left out."""
    tags = sorted({tag for post in posts for tag in post.tags})
    fixed = [paths.HOME, paths.ARCHIVE, paths.TAGS, *map(paths.tag_path, tags)][:_MAX_SITEMAP_URLS]
    root = ElementTree.Element("urlset", {"xmlns": _SITEMAP})
    for path in fixed:
        _add(_add(root, "url"), "loc", site.at(path))
    for post in posts[: _MAX_SITEMAP_URLS - len(fixed)]:
        url = _add(root, "url")
        _add(url, "loc", site.at(paths.post_path(post.slug)))
        _add(url, "lastmod", post.updated_at)
    return _document(root)


def robots(site: Site) -> str:
    """Allow crawlers all pages, but not the API."""
    return f"User-agent: *\nDisallow: /api/\n\nSitemap: {site.at(paths.SITEMAP)}\n"


def _entry(site: Site, post: Post, photos: Mapping[str, Photo]) -> ElementTree.Element:
    entry = ElementTree.Element("entry")
    # The id does not change with the slug or the site's address: https://www.rfc-editor.org/rfc/rfc4287#section-4.2.6
    _add(entry, "id", uuid.uuid5(uuid.NAMESPACE_OID, f"quartet-blog:{post.id}").urn)
    _add(entry, "title", post.title)
    _add(entry, "link", rel="alternate", type="text/html", href=site.at(paths.post_path(post.slug)))
    _add(entry, "published", post.published_at or post.updated_at)
    _add(entry, "updated", post.updated_at)
    _add(_add(entry, "author"), "name", post.author or site.author)
    _add_each(entry, "category", ({"term": tag} for tag in post.tags))
    if post.summary:
        _add(entry, "summary", post.summary)
    text = markdown.render(post.body_markdown, photos, Place(site.at(paths.post_path(post.slug)), is_elsewhere=True))
    _add(entry, "content", text.html, type="html")
    return entry


def _add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, name, {key: printable(value) for key, value in attributes.items()})
    element.text = printable(text) or None
    return element


def _add_each(parent: ElementTree.Element, name: str, each: Iterable[dict[str, str]]) -> None:
    for attributes in each:
        _add(parent, name, **attributes)


def _document(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
