"""A site, its posts, and all its pages."""

from typing import Any

from chalicelib.blog.pages import forms, lists, posts
from chalicelib.blog.pages.site import Site
from chalicelib.blog.photos.model import Photo, Rendition
from chalicelib.blog.posts.model import Post
from chalicelib.blog.search.search_index import search, search_index

SITE = Site("Slow Water", "https://blog.example/", "Walks and light", "en", "Ada")
# A text with everything that a text can have, and so long that it has contents.
LONG = (
    "We went *on*.[^1] [see](#the-lock)\n\n## The lock\n\n```python\nreturn 1\n```\n\n    x = 1\n\n### Herons\n\n"
    '![a](photo:p1)\n![b](photo:p1 "At dawn")\n\n![c](photo:p1#wide)\n\n'
    "| a |\n|---|\n| 1[^1] |\n\n## The way back\n\n" + "We went on and on. " * 200 + "\n\n[^1]: At *dawn*.\n"
)
NASTY = "</title><script>alert(1)</script>\"'&amp;<b onload=x>"


def photo(photo_id: str = "p1", **changes: Any) -> Photo:
    renditions = [
        Rendition(f"/media/{photo_id}/{width}.{kind}", width, width * 2 // 3, kind)
        for width in (480, 960, 1600)
        for kind in ("webp", "jpeg")
    ]
    values = {"alt": "A heron", "width": 1600, "height": 1066, "placeholder": "data:image/webp;base64,UklGRg=="}
    return Photo(**{"id": photo_id, **values, "renditions": renditions, **changes})


def post(**changes: Any) -> Post:
    values = {
        "id": "019a2f3b7c40a1b2c3d4e5f60718",
        "slug": "a-walk",
        "title": "A walk",
        "summary": "Herons, mostly.",
        "body_markdown": "We left *early*.",
        "tags": ["walks", "light"],
        "author": "Bea",
        "status": "published",
        "published_at": "2026-11-23T06:30:00.000Z",
        "updated_at": "2026-11-24T08:00:00.000Z",
        "version": 3,
        "cover_photo_id": "p1",
    }
    return Post(**{**values, **changes})


def every_page(site: Site = SITE, shown: Post | None = None, word: str = "walk") -> dict[str, str]:
    """Every page, with one post in each place for posts."""
    one = shown or post()
    neighbours = posts.Neighbours(older=one, newer=one, related=[one])
    long = post(body_markdown=LONG, title=one.title, revised_at="2026-12-01T10:00:00.000Z")
    photos = {"p1": photo()}
    return {
        "post": posts.render_post(site, one, neighbours, posts.Display(photos)),
        "long post": posts.render_post(site, long, neighbours, posts.Display(photos)),
        "first post": posts.render_post(site, one, posts.Neighbours(), posts.Display(photos)),
        "preview": posts.render_post(site, one, posts.Neighbours(), posts.Display(photos, preview=True)),
        "index": lists.render_index(site, [one, one], 1, 3, photos),
        "second page": lists.render_index(site, [one], 2, 3),
        "empty index": lists.render_index(site, [], 1, 1),
        "tag": lists.render_tag(site, "walks", [one], count=11, page=2, pages=2, photos=photos),
        "empty tag": lists.render_tag(site, word, [], count=0),
        "tags": lists.render_tags(site, {"walks": 2, word: 1}),
        "no tags": lists.render_tags(site, {}),
        "archive": lists.render_archive(site, [one]),
        "empty archive": lists.render_archive(site, []),
        "search": forms.render_search(site),
        "found": forms.render_search(site, word, search(search_index([one]), one.title)),
        "nothing found": forms.render_search(site, word),
        "subscribe": forms.render_subscribe(site),
        "refused": forms.render_refused(site, word),
        "subscribed": forms.render_subscribed(site),
        "confirm": forms.render_confirm(site, token=word),
        "confirmed": forms.render_confirmed(site),
        "unsubscribe": forms.render_unsubscribe(site, token=word),
        "unsubscribed": forms.render_unsubscribed(site),
        "problem": forms.render_problem(site, word, word),
        "not found": forms.not_found(site),
        "unavailable": forms.render_unavailable(site, "The region is away."),
    }
