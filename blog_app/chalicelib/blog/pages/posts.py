"""A post's page, with what readers, feed readers, search engines and link previews need."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.blog.pages import markdown, photos, templates
from chalicelib.blog.pages.site import Site, post_path
from chalicelib.blog.photos.model import Photo
from chalicelib.blog.posts.model import Post
from markupsafe import Markup

# What would end a script element or begin another token: https://html.spec.whatwg.org/#restrictions-for-contents-of-script-elements
_SCRIPT_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


@dataclass(frozen=True)
class Neighbours:
    """The posts before and after one in time; both pages name each other."""

    older: Post | None = None
    newer: Post | None = None


@dataclass(frozen=True)
class Shown:
    """How a post is shown: `photos` are those it names, by id; a preview is kept from search engines."""

    photos: Mapping[str, Photo] = field(default_factory=dict)
    preview: bool = False


def photos_of(post: Post) -> set[str]:
    """Return the ids of the photos that a post shows: its cover and those of its text."""
    # Most posts have none, and need not be read for that.
    named = set(markdown.photo_ids(post.body_markdown)) if "photo:" in post.body_markdown else set()
    return named | ({post.cover_photo_id} if post.cover_photo_id else set())


def render_post(site: Site, post: Post, neighbours: Neighbours, shown: Shown | None = None) -> str:
    """Write the page of one post, published or a draft's preview."""
    shown = shown or Shown()
    body = markdown.render(post.body_markdown, shown.photos)
    cover = shown.photos.get(post.cover_photo_id or "")
    image = _image(site, cover)
    return templates.render(
        "post.html",
        site,
        post_path(post.slug),
        post=post,
        body=Markup(body.html),  # noqa: S704 - sanitised
        minutes=body.minutes,
        neighbours=neighbours,
        preview=shown.preview,
        cover=cover,
        image=image,
        linked_data=_script_json(_linked_data(site, post, image)),
    )


def _image(site: Site, cover: Photo | None) -> str:
    made = photos.largest(cover) if cover else None
    return site.at(made.url) if made else ""


def _linked_data(site: Site, post: Post, image: str) -> dict[str, Any]:
    """The post in schema.org's words: https://schema.org/BlogPosting."""
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
    """JSON that may stand in a script element; unlike in other elements, character references mean nothing there."""
    return Markup(json.dumps(value, ensure_ascii=False).translate(_SCRIPT_ESCAPES))  # noqa: S704 - escaped here
