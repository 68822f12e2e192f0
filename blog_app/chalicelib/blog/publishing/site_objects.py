"""All objects of the site: each one's key, and the function that renders it from the published posts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from html import escape

from chalicelib.blog.pages import feeds, forms, lists, posts, site
from chalicelib.blog.pages.assets import assets, icons
from chalicelib.blog.pages.site import Site, index_path, object_key, post_path, tag_path
from chalicelib.blog.photos.model import Photo
from chalicelib.blog.posts.model import Post
from chalicelib.blog.publishing.tagged_posts import TaggedPosts
from chalicelib.blog.search.search_index import search_index

PAGE_LENGTH = 10
ASSETS = "assets/"
# Objects below these prefixes are deleted when the site no longer has them. Assets are not: somebody may still read an
# old page that names them.
REMOVABLE_PREFIXES = ("page/", "posts/", "tags/")

Render = Callable[[], str | bytes]
Photos = Mapping[str, Photo]


def site_objects(facts: Site, published: Sequence[Post], photos: Photos) -> dict[str, Render]:
    """Return all objects of the site by key.

    Objects come before the pages that name them. `published` are the site's posts, the newest first; `photos` are those
    that they show, by id.
    """
    tagged = TaggedPosts(published)
    return {
        **{object_key(asset.path): partial(bytes, asset.content) for asset in assets().values()},
        **{object_key(path): partial(bytes, content) for path, content in icons().items()},
        **_posts(facts, published, photos, tagged),
        **_redirects(facts, published),
        **_lists(facts, published, photos, tagged.by_tag),
        **_fixed(facts, published, photos),
    }


def cached_paths(key: str) -> list[str]:
    """Return the paths under which the CDN caches an object."""
    return [f"/{key}", f"/{key.removesuffix('index.html')}"] if key.endswith("index.html") else [f"/{key}"]


def post_keys(posts: Iterable[Post]) -> set[str]:
    """Return the keys of posts' own objects: their pages, and the redirects from their former addresses."""
    return {object_key(post_path(slug)) for post in posts for slug in (post.slug, *post.former_slugs)}


class AffectedKeys:
    """The keys of the objects that a change of some posts may change."""

    def __init__(self, published: Sequence[Post], changed: Sequence[Post]) -> None:
        """`published` are the site's posts as they are now, `changed` the changed ones before and after."""
        ids = {post.id for post in changed}
        dates = [post.published_at or "" for post in changed]
        slugs = {post.slug for post in published if post.id in ids}
        slugs |= {post.slug for date in dates for post in _around(published, date)}
        tagged = TaggedPosts(published)
        slugs |= {post.slug for one in changed for post in tagged.affected(one)}
        tags = {tag for post in changed for tag in post.tags}
        self._keys = post_keys(changed) | {object_key(post_path(slug)) for slug in slugs}
        self._folders = tuple(object_key(tag_path(tag)).removesuffix("index.html") for tag in tags)

    def __call__(self, key: str) -> bool:
        """Whether this object may change. Pages of other posts and lists of other tags do not."""
        if key.startswith("posts/"):
            return key in self._keys
        if key.startswith("tags/") and key != object_key(site.TAGS):
            return key.startswith(self._folders)
        return True


def _around(published: Sequence[Post], date: str) -> list[Post]:
    """Return the posts of a date, and the one before and after: each may link to a post of that date."""
    newer = [post for post in published if (post.published_at or "") > date][-1:]
    same = [post for post in published if (post.published_at or "") == date]
    older = [post for post in published if (post.published_at or "") < date][:1]
    return newer + same + older


def _posts(facts: Site, published: Sequence[Post], photos: Photos, tagged: TaggedPosts) -> dict[str, Render]:
    newer = [None, *published][: len(published)]
    older = [*published[1:], None][: len(published)]
    display = posts.Display(photos)

    def rendered(post: Post, before: Post | None, after: Post | None) -> str:
        linked = {one.id for one in (before, after) if one}
        neighbours = posts.Neighbours(before, after, tagged.related(post, without=linked))
        return posts.render_post(facts, post, neighbours, display)

    return {
        object_key(post_path(post.slug)): partial(rendered, post, before, after)
        for post, after, before in zip(published, newer, older, strict=True)
    }


def _redirects(facts: Site, published: Sequence[Post]) -> dict[str, Render]:
    return {
        object_key(post_path(slug)): partial(_redirect, facts, post) for post in published for slug in post.former_slugs
    }


def _redirect(facts: Site, post: Post) -> str:
    """Write a page that redirects: a bucket behind a CDN cannot answer with a redirect."""
    url = escape(facts.at(post_path(post.slug)))
    return (
        f'<!doctype html>\n<html lang="{escape(facts.language)}">\n<meta charset="utf-8">\n'
        f'<title>{escape(post.title)}</title>\n<meta http-equiv="refresh" content="0; url={url}">\n'
        f'<link rel="canonical" href="{url}">\n<meta name="robots" content="noindex">\n'
        f'<p>This post is now at <a href="{url}">{url}</a>.</p>\n</html>\n'
    )


def _lists(
    facts: Site, published: Sequence[Post], photos: Photos, tags: Mapping[str, Sequence[Post]]
) -> dict[str, Render]:
    pages = _pages(published)
    objects: dict[str, Render] = {
        object_key(index_path(number)): partial(
            lists.render_index, facts, of_page, page=number, pages=len(pages), photos=photos
        )
        for number, of_page in enumerate(pages, 1)
    }
    for tag, tagged in tags.items():
        pages = _pages(tagged)
        for number, of_page in enumerate(pages, 1):
            key = object_key(tag_path(tag, number))
            place = {"count": len(tagged), "page": number, "pages": len(pages)}
            objects[key] = partial(lists.render_tag, facts, tag, of_page, **place, photos=photos)
    counts = {tag: len(tagged) for tag, tagged in tags.items()}
    objects[object_key(site.TAGS)] = partial(lists.render_tags, facts, counts)
    objects[object_key(site.ARCHIVE)] = partial(lists.render_archive, facts, published)
    return objects


def _fixed(facts: Site, published: Sequence[Post], photos: Photos) -> dict[str, Render]:
    return {
        object_key(site.FEED): partial(feeds.atom_feed, facts, published, photos),
        object_key(site.SITEMAP): partial(feeds.sitemap, facts, published),
        object_key(site.ROBOTS): partial(feeds.robots, facts),
        object_key(site.NOT_FOUND): partial(forms.not_found, facts),
        object_key(site.SEARCH): partial(forms.render_search, facts),
        object_key(site.SUBSCRIBE): partial(forms.render_subscribe, facts),
        object_key(site.SEARCH_INDEX): partial(search_index, published),
    }


def _pages(published: Sequence[Post]) -> list[Sequence[Post]]:
    """Cut a list into pages; the first page exists even without posts."""
    return [published[start : start + PAGE_LENGTH] for start in range(0, len(published), PAGE_LENGTH)] or [[]]
