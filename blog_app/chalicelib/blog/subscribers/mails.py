"""Mails as text and HTML."""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from chalicelib.blog.pages.site import CONFIRM_ACTION, UNSUBSCRIBE_ACTION, Site
from chalicelib.blog.subscribers.model import Subscriber, link_token


class Mail(msgspec.Struct, frozen=True):
    """One mail, ready to be sent."""

    subject: str
    text: str
    html: str
    headers: dict[str, str]


def welcome(site: Site, subscriber: Subscriber) -> Mail:
    """Write the mail that welcomes an address and asks it to confirm.

    One POST to the address in List-Unsubscribe unsubscribes: https://www.rfc-editor.org/rfc/rfc8058
    """
    confirm = f"{site.at(CONFIRM_ACTION)}?token={link_token(subscriber)}"
    unsubscribe = f"{site.at(UNSUBSCRIBE_ACTION)}?token={link_token(subscriber)}"
    values = {"site": site, "confirm": confirm, "unsubscribe": unsubscribe}
    return Mail(
        subject=f"Welcome to {site.title}: please confirm",
        text=_rendered("welcome.txt", values),
        html=_rendered("welcome.html", values),
        headers={"List-Unsubscribe": f"<{unsubscribe}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )


def _rendered(name: str, values: dict[str, Any]) -> str:
    text: str = _environment().get_template(name).render(values)
    return text


@cache
def _environment() -> Any:
    import jinja2  # noqa: PLC0415 - only one function writes mail

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "mail_templates"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
