"""A post's page, with metadata for search engines and link previews."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.blog.pages import markdown, photos, templates
from chalicelib.blog.pages.references import Place
from chalicelib.blog.pages.site import Site, post_path
from chalicelib.blog.photos.model import Photo
from chalicelib.blog.posts.model import Post
from markupsafe import Markup

# Characters that could end a script element: https://html.spec.whatwg.org/#restrictions-for-contents-of-script-elements
_SCRIPT_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


@dataclass(frozen=True)
class Neighbours:
    """The posts before and after a post; a post's page links to both."""

    older: Post | None = None
    newer: Post | None = None


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
        minutes=body.minutes,
        neighbours=neighbours,
        preview=display.preview,
        cover=cover,
        image=image,
        linked_data=_script_json(_linked_data(site, post, image)),
    )


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
