"""The jinja2 templates. They escape everything that is not markup, and an undefined name is an error.

jinja2 is imported when the first page is rendered: most requests to the API render none.
"""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.blog.pages import site
from chalicelib.blog.pages.assets import assets
from chalicelib.blog.pages.reading_time import minutes
from chalicelib.blog.pages.site import Site
from chalicelib.blog.pages.text_normalization import printable, words

_MONTHS = ["January", "February", "March", "April", "May", "June"]
# The longest article, "the".
_ARTICLE_CHARS = 3
_MONTHS += ["July", "August", "September", "October", "November", "December"]


def render(name: str, facts: Site, path: str, **values: Any) -> str:
    """Write one page from its template; `path` is where it is served."""
    page: str = _environment().get_template(name).render(site=facts, path=path, canonical=facts.at(path), **values)
    return page


@cache
def _environment() -> Any:
    import jinja2  # noqa: PLC0415 - see above
    from chalicelib.blog.pages import photos  # noqa: PLC0415 - it imports markupsafe

    environment = jinja2.Environment(
        # These files are beside this one, in a checkout and in a function's unpacked zip.
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=final,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(day=day, day_of_year=_day_of_year, initial=_initial, minutes=minutes)
    environment.globals.update(paths=site, assets=assets(), picture=photos.picture)
    environment.globals.update(CARD=photos.CARD, COLUMN=photos.COLUMN, WIDE=photos.WIDE)
    return environment


def final(value: Any) -> Any:
    """Remove the characters that HTML forbids from a value that is not markup."""
    return printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def day(timestamp: str) -> str:
    """Write a timestamp's day as '23 November 2026'."""
    return f"{_day_of_year(timestamp)} {datetime.fromisoformat(timestamp).year}"


def _day_of_year(timestamp: str) -> str:
    """Write a timestamp's day as '23 November'."""
    moment = datetime.fromisoformat(timestamp)
    return f"{moment.day} {_MONTHS[moment.month - 1]}"


def _initial(title: str) -> str:
    """Return the first letter of a title's first long word, since many titles begin with an article."""
    all_words = words(title)
    return next((word for word in all_words if len(word) > _ARTICLE_CHARS), "".join(all_words))[:1].upper()
