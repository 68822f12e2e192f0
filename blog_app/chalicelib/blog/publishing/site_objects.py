"""Everything that the site bucket holds, each by its key and the function that renders it from the published posts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from html import escape

from chalicelib.blog.pages import feeds, forms, lists, posts, site
from chalicelib.blog.pages.assets import assets
from chalicelib.blog.pages.search import search_index
from chalicelib.blog.pages.site import Site, index_path, object_key, post_path, tag_path
from chalicelib.blog.posts.model import Photo, Post
from chalicelib.blog.posts.ports import SEARCH_INDEX

PAGE_LENGTH = 10
ASSETS = "assets/"
# What is here and not in the plan is deleted. Not assets: pages that somebody still reads name those of their time.
COMING_AND_GOING = ("page/", "posts/", "tags/")

Render = Callable[[], str | bytes]
Photos = Mapping[str, Photo]


def plan(facts: Site, published: Sequence[Post], photos: Photos) -> dict[str, Render]:
    """Return all objects of the site; `published` are its posts, newest first, `photos` those that they show, by id.

    Pages come after what they name.
    """
    return {
        **{object_key(asset.path): partial(bytes, asset.content) for asset in assets().values()},
        **_posts(facts, published, photos),
        **_moved(facts, published),
        **_lists(facts, published, photos),
        **_fixed(facts, published, photos),
    }


def paths_of(key: str) -> list[str]:
    """Return the paths under which the CDN keeps an object."""
    return [f"/{key}", f"/{key.removesuffix('index.html')}"] if key.endswith("index.html") else [f"/{key}"]


def pages_of(posts: Iterable[Post]) -> set[str]:
    """Return the objects that are these posts' own: their pages, and what leads on from their former addresses."""
    return {object_key(post_path(slug)) for post in posts for slug in (post.slug, *post.former_slugs)}


class Affected:
    """Which objects a change of some posts may change."""

    def __init__(self, published: Sequence[Post], changed: Sequence[Post]) -> None:
        """`published` are the site's posts as they are now, `changed` the changed ones as they were and as they are."""
        ids = {post.id for post in changed}
        dates = [post.published_at or "" for post in changed]
        slugs = {post.slug for post in published if post.id in ids}
        slugs |= {post.slug for date in dates for post in _around(published, date)}
        tags = {tag for post in changed for tag in post.tags}
        self._keys = pages_of(changed) | {object_key(post_path(slug)) for slug in slugs}
        self._folders = tuple(object_key(tag_path(tag)).removesuffix("index.html") for tag in tags)

    def __call__(self, key: str) -> bool:
        """Whether this object may change: other posts' pages and other tags' lists do not."""
        if key.startswith("posts/"):
            return key in self._keys
        if key.startswith("tags/") and key != object_key(site.TAGS):
            return key.startswith(self._folders)
        return True


def _around(published: Sequence[Post], date: str) -> list[Post]:
    """The posts of a moment and those just before and after it: any may name what was published then as a neighbour."""
    newer = [post for post in published if (post.published_at or "") > date][-1:]
    same = [post for post in published if (post.published_at or "") == date]
    older = [post for post in published if (post.published_at or "") < date][:1]
    return newer + same + older


def _posts(facts: Site, published: Sequence[Post], photos: Photos) -> dict[str, Render]:
    newer = [None, *published][: len(published)]
    older = [*published[1:], None][: len(published)]
    shown = posts.Shown(photos)
    return {
        object_key(post_path(post.slug)): partial(
            posts.render_post, facts, post, posts.Neighbours(before, after), shown
        )
        for post, after, before in zip(published, newer, older, strict=True)
    }


def _moved(facts: Site, published: Sequence[Post]) -> dict[str, Render]:
    return {
        object_key(post_path(slug)): partial(_redirect, facts, post) for post in published for slug in post.former_slugs
    }


def _redirect(facts: Site, post: Post) -> str:
    """A page that leads on: a bucket behind a CDN cannot answer with a redirect of its own."""
    url = escape(facts.at(post_path(post.slug)))
    return (
        f'<!doctype html>\n<html lang="{escape(facts.language)}">\n<meta charset="utf-8">\n'
        f'<title>{escape(post.title)}</title>\n<meta http-equiv="refresh" content="0; url={url}">\n'
        f'<link rel="canonical" href="{url}">\n<meta name="robots" content="noindex">\n'
        f'<p>This post is now at <a href="{url}">{url}</a>.</p>\n</html>\n'
    )


def _lists(facts: Site, published: Sequence[Post], photos: Photos) -> dict[str, Render]:
    pages = _pages(published)
    found: dict[str, Render] = {
        object_key(index_path(number)): partial(lists.render_index, facts, some, number, len(pages), photos)
        for number, some in enumerate(pages, 1)
    }
    tags = {tag: [post for post in published if tag in post.tags] for post in published for tag in post.tags}
    for tag, tagged in tags.items():
        pages = _pages(tagged)
        for number, some in enumerate(pages, 1):
            key = object_key(tag_path(tag, number))
            found[key] = partial(lists.render_tag, facts, tag, some, number, len(pages), photos)
    counts = {tag: len(tagged) for tag, tagged in tags.items()}
    found[object_key(site.TAGS)] = partial(lists.render_tags, facts, counts)
    found[object_key(site.ARCHIVE)] = partial(lists.render_archive, facts, published)
    return found


def _fixed(facts: Site, published: Sequence[Post], photos: Photos) -> dict[str, Render]:
    return {
        object_key(site.FEED): partial(feeds.atom_feed, facts, published, photos),
        object_key(site.SITEMAP): partial(feeds.sitemap, facts, published),
        object_key(site.ROBOTS): partial(feeds.robots, facts),
        object_key(site.NOT_FOUND): partial(forms.not_found, facts),
        object_key(site.UNAVAILABLE): partial(forms.unavailable, facts),
        object_key(site.SEARCH): partial(forms.render_search, facts),
        object_key(site.SUBSCRIBE): partial(forms.render_subscribe, facts),
        SEARCH_INDEX: partial(search_index, published),
    }


def _pages(published: Sequence[Post]) -> list[Sequence[Post]]:
    """Cut into pages; there is always a first."""
    return [published[start : start + PAGE_LENGTH] for start in range(0, len(published), PAGE_LENGTH)] or [[]]
