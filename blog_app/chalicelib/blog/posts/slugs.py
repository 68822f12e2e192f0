"""Slugs: the words by which a post is addressed."""

import re

from chalicelib.blog.pages.text_normalization import fold

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*(?!\n)$"
LONGEST = 80
# Names that mean something else in an address, now or one day.
RESERVED = frozenset(
    {
        *("admin", "api", "archive", "assets", "author", "authors", "drafts", "feed", "index", "media", "new", "page"),
        *("posts", "preview", "previews", "robots", "rss", "search", "sitemap", "static", "subscribe", "subscribers"),
        *("subscriptions", "tag", "tags", "unsubscribe"),
    }
)


def slug_of(title: str) -> str:
    """Return the words of a title in the letters and digits of ASCII, spelled as search spells them; may be empty.

    A post keeps its slug: this is used once, when the post is written.
    """
    plain = fold(title).replace("'", "").replace("’", "")
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:LONGEST].strip("-")


def numbered(slug: str, number: int) -> str:
    """Return the slug that is tried when `slug` is taken."""
    ending = f"-{number}"
    return slug[: LONGEST - len(ending)].strip("-") + ending
