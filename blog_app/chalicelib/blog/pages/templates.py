"""The jinja2 templates, with everything escaped that is not markup already and nothing undefined let through."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.blog.pages import photos, site
from chalicelib.blog.pages.assets import assets
from chalicelib.blog.pages.site import Site
from chalicelib.blog.pages.text_normalization import printable
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_MONTHS = ["January", "February", "March", "April", "May", "June"]
_MONTHS += ["July", "August", "September", "October", "November", "December"]


def render(name: str, facts: Site, path: str, **values: Any) -> str:
    """Write one page from its template; `path` is where it is served."""
    return _environment().get_template(name).render(site=facts, path=path, canonical=facts.at(path), **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        # Files beside this one: they are there in a checkout and in a function's unpacked zip.
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_final,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["day"] = _day
    environment.globals.update(paths=site, assets=assets(), picture=photos.picture)
    environment.globals.update(CARD=photos.CARD, COLUMN=photos.COLUMN, WIDE=photos.WIDE)
    return environment


def _final(value: Any) -> Any:
    """Values as they go into a page: without the characters that HTML forbids."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _day(timestamp: str) -> str:
    """Write a timestamp as readers write its day: '23 November 2026'."""
    moment = datetime.fromisoformat(timestamp)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
