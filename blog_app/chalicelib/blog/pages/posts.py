"""A post's page, with metadata for search engines and link previews."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.blog.pages import markdown, photos, reading_time, templates
from chalicelib.blog.pages.headings import Heading
from chalicelib.blog.pages.listings import LISTING
from chalicelib.blog.pages.references import Place
from chalicelib.blog.pages.site import Site, post_path
from chalicelib.blog.photos.model import Photo
from chalicelib.blog.posts.model import Post
from markupsafe import Markup

# Characters that could end a script element: https://html.spec.whatwg.org/#restrictions-for-contents-of-script-elements
_SCRIPT_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


# A text that is shorter, or has fewer headings, has no contents.
_CONTENTS_MINUTES, _CONTENTS_HEADINGS = 3, 3
_MAX_CONTENTS = 40


@dataclass(frozen=True)
class Neighbours:
    """The posts that a post's page leads to: the next older and newer ones, and those with the same tags."""

    older: Post | None = None
    newer: Post | None = None
    related: Sequence[Post] = ()


@dataclass(frozen=True)
class Display:
    """How a post is shown: `photos` are those that it shows, by id; search engines do not list a `preview`."""

    photos: Mapping[str, Photo] = field(default_factory=dict)
    preview: bool = False


def photos_of(post: Post) -> set[str]:
    """Return the ids of the photos that a post shows: its cover and those of its text."""
    # Most posts show none, and need not be parsed.
    named = set(markdown.photo_ids(post.body_markdown)) if "photo:" in post.body_markdown else set()
    return named | ({post.cover_photo_id} if post.cover_photo_id else set())


def render_post(site: Site, post: Post, neighbours: Neighbours, display: Display | None = None) -> str:
    """Write the page of a published post, or the preview of any post."""
    display = display or Display()
    body = markdown.render(post.body_markdown, display.photos, Place(site.at(post_path(post.slug))))
    cover = display.photos.get(post.cover_photo_id or "")
    image = _image(site, cover)
    return templates.render(
        "post.html",
        site,
        post_path(post.slug),
        post=post,
        body=Markup(body.html),  # noqa: S704 - sanitised
        minutes=reading_time.minutes(post.body_markdown),
        contents=_contents(post, body.headings),
        revised_at=_revised_at(post),
        has_listing=LISTING in body.html,
        neighbours=neighbours,
        related=neighbours.related,
        photos=display.photos,
        preview=display.preview,
        cover=cover,
        image=image,
        linked_data=_script_json(_linked_data(site, post, image)),
    )


def _contents(post: Post, headings: Sequence[Heading]) -> Sequence[Heading]:
    """Return the headings that the contents of a long post list; of very many, only those of the first level."""
    if reading_time.minutes(post.body_markdown) < _CONTENTS_MINUTES:
        return ()
    listed = [heading for heading in headings if heading.level <= 3]
    if len(listed) > _MAX_CONTENTS:
        listed = [heading for heading in headings if heading.level == 2]
    return listed if _CONTENTS_HEADINGS <= len(listed) <= _MAX_CONTENTS else ()


def _revised_at(post: Post) -> str:
    """Return when a post was last revised, if this was on a later day than its publication."""
    revised_at = post.revised_at or ""
    return revised_at if revised_at[:10] > (post.published_at or "9")[:10] else ""


def _image(site: Site, cover: Photo | None) -> str:
    rendition = photos.largest(cover) if cover else None
    return site.at(rendition.url) if rendition else ""


def _linked_data(site: Site, post: Post, image: str) -> dict[str, Any]:
    """Describe the post for search engines: https://schema.org/BlogPosting."""
    url = site.at(post_path(post.slug))
    facts = {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "headline": post.title,
        "description": post.summary,
        "url": url,
        "mainEntityOfPage": url,
        "datePublished": post.published_at,
        "dateModified": post.updated_at,
        "author": {"@type": "Person", "name": post.author or site.author},
        "publisher": {"@type": "Organization", "name": site.title, "url": site.at("/")},
        "keywords": post.tags,
        "image": image,
        "inLanguage": site.language,
    }
    return {name: value for name, value in facts.items() if value}


def _script_json(value: Any) -> Markup:
    """Return JSON for a script element, in which HTML's character references have no meaning."""
    return Markup(json.dumps(value, ensure_ascii=False).translate(_SCRIPT_ESCAPES))  # noqa: S704 - escaped here
