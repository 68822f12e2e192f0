"""The pages that list posts: index, tags, archive."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from chalicelib.blog.pages import site as paths
from chalicelib.blog.pages import templates
from chalicelib.blog.pages.site import Site
from chalicelib.blog.photos.model import Photo
from chalicelib.blog.posts.model import Post

Photos = Mapping[str, Photo]


def render_index(site: Site, posts: Sequence[Post], page: int, pages: int, photos: Photos | None = None) -> str:
    """Write one page of the index, counted from 1; `posts` are those on it, newest first, `photos` their covers."""
    links = _links([paths.index_path(number) for number in range(1, pages + 1)], page)
    values = {"posts": posts, "photos": photos or {}, "page": page, "pages": pages, "links": links}
    return templates.render("index.html", site, paths.index_path(page), **values)


def render_tag(
    site: Site,
    tag: str,
    posts: Sequence[Post],
    *,
    count: int,
    page: int = 1,
    pages: int = 1,
    photos: Photos | None = None,
) -> str:
    """Write one page of the `count` posts with a tag, newest first; `photos` are their covers."""
    links = _links([paths.tag_path(tag, number) for number in range(1, pages + 1)], page)
    values = {"posts": posts, "photos": photos or {}, "page": page, "pages": pages, "links": links}
    return templates.render("tag.html", site, paths.tag_path(tag, page), tag=tag, count=count, **values)


def render_tags(site: Site, counts: Mapping[str, int]) -> str:
    """Write the page of all tags, each with its number of posts."""
    return templates.render("tags.html", site, paths.TAGS, counts=sorted(counts.items()))


def render_archive(site: Site, posts: Sequence[Post]) -> str:
    """Write the page of all posts by year; `posts` newest first."""
    years = [(year, list(group)) for year, group in groupby(posts, key=lambda post: (post.published_at or "")[:4])]
    return templates.render("archive.html", site, paths.ARCHIVE, years=years, count=len(posts))


def _links(pages: Sequence[str], page: int) -> dict[str, str]:
    """Return the paths of the newer and the older page, if they exist."""
    newer = {"newer": pages[page - 2]} if page > 1 else {}
    return newer | ({"older": pages[page]} if page < len(pages) else {})
