"""Mails as text and HTML."""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from chalicelib.blog.pages.site import CONFIRM_ACTION, UNSUBSCRIBE_ACTION, Site, post_path
from chalicelib.blog.pages.templates import day, final
from chalicelib.blog.pages.text_normalization import printable
from chalicelib.blog.photos.model import Photo
from chalicelib.blog.posts.model import Post
from chalicelib.blog.subscribers.model import Subscriber, link_token

# A picture is at most 580 CSS pixels wide in a mail, and should be sharp on phones.
COVER_WIDTH_PX = 750
LEAD_CHARS = 280


class Mail(msgspec.Struct, frozen=True):
    """One mail, ready to be sent."""

    subject: str
    text: str
    html: str
    headers: dict[str, str]


def welcome(site: Site, subscriber: Subscriber) -> Mail:
    """Write the mail that welcomes an address and asks it to confirm."""
    confirm = f"{site.at(CONFIRM_ACTION)}?token={link_token(subscriber)}"
    return _mail("welcome", site, subscriber, f"Welcome to {site.title}: please confirm", confirm=confirm)


def new_post(site: Site, post: Post, cover: Photo | None, subscriber: Subscriber) -> Mail:
    """Write the mail about a new post."""
    return _mail(
        "new_post",
        site,
        subscriber,
        printable(post.title),
        post=post,
        url=site.at(post_path(post.slug)),
        cover=_cover_url(site, cover),
        alt=cover.alt if cover else "",
        lead=post.summary or _beginning(post.body_markdown),
    )


def _mail(name: str, site: Site, subscriber: Subscriber, subject: str, **values: Any) -> Mail:
    """Write both parts of a mail.

    One POST to the address in List-Unsubscribe unsubscribes: https://www.rfc-editor.org/rfc/rfc8058
    """
    unsubscribe = f"{site.at(UNSUBSCRIBE_ACTION)}?token={link_token(subscriber)}"
    values |= {"site": site, "unsubscribe": unsubscribe}
    return Mail(
        subject=subject,
        text=_rendered(f"{name}.txt", values),
        html=_rendered(f"{name}.html", values),
        headers={"List-Unsubscribe": f"<{unsubscribe}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )


def _cover_url(site: Site, cover: Photo | None) -> str:
    """Return the URL of the smallest JPEG that is wide enough; mail programs do not all show WebP."""
    jpegs = [one for one in cover.renditions if one.format == "jpeg"] if cover else []
    if not jpegs:
        return ""
    wide = [one for one in jpegs if one.width >= COVER_WIDTH_PX]
    return site.at(min(wide or jpegs, key=lambda one: one.width if wide else -one.width).url)


@cache
def _beginning(markdown: str) -> str:
    """Return the first words of a text, for a post without a summary. All mails about a post have the same."""
    from chalicelib.blog.pages.markdown import plain_text  # noqa: PLC0415 - the welcome mail has no Markdown

    text = " ".join(plain_text(markdown).split())
    return text if len(text) <= LEAD_CHARS else text[:LEAD_CHARS].rsplit(" ", 1)[0].rstrip(" ,;:.–-") + " …"


def _rendered(name: str, values: dict[str, Any]) -> str:
    text: str = _environment().get_template(name).render(values)
    return text


@cache
def _environment() -> Any:
    import jinja2  # noqa: PLC0415 - only two functions write mail

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "mail_templates"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        finalize=final,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["day"] = day
    return environment
