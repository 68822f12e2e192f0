"""Slugs: the part of a post's address that names the post."""

import re

from chalicelib.blog.pages.text_normalization import fold

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*(?!\n)$"
LONGEST = 80
# Names that the site's other addresses use, or may use later.
RESERVED = frozenset(
    {
        *("admin", "api", "archive", "assets", "author", "authors", "drafts", "feed", "index", "media", "new", "page"),
        *("posts", "preview", "previews", "robots", "rss", "search", "sitemap", "static", "subscribe", "subscribers"),
        *("subscriptions", "tag", "tags", "unsubscribe"),
    }
)


def slug_of(title: str) -> str:
    """Return the words of a title in ASCII letters and digits, spelled as search spells them; may be empty.

    It is called once, when a post is written. Posts keep their slugs.
    """
    plain = fold(title).replace("'", "").replace("’", "")
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:LONGEST].strip("-")


def numbered(slug: str, number: int) -> str:
    """Return the slug that is tried when `slug` is taken."""
    ending = f"-{number}"
    return slug[: LONGEST - len(ending)].strip("-") + ending
