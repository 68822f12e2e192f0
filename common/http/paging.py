"""Lists in pages: a Link header has the address of the next page, whose query has a cursor.

https://www.rfc-editor.org/rfc/rfc8288
"""

from typing import Annotated, Any, Protocol
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from common.http.cursors import MAX_LENGTH, Cursors, InvalidCursor
from common.http.problems import invalid_query

# The parameters that may differ between pages of the same list.
_OF_A_PAGE = ("cursor", "limit")

Cursor = Annotated[
    str,
    Meta(max_length=MAX_LENGTH, description="An opaque text from a `Link` header.", examples=["c2lnbmF0dXJl"]),
]


def page_size(things: str, *, default: int, maximum: int) -> Meta:
    """Describe the query parameter `limit` of a list.

    In the query's struct: `limit: Annotated[int, page_size("videos", default=20, maximum=100)] | None = None`.
    """
    return Meta(
        ge=1,
        le=maximum,
        description=f"The maximum number of {things}.",
        examples=[default],
        extra_json_schema={"default": default},
    )


class Paged(Protocol):
    """The query of a list in pages, a struct; its other fields than `limit` and `cursor` filter the list."""

    @property
    def cursor(self) -> str | None:
        """The cursor of the page, None for the first one."""


def next_link(cursors: Cursors, url: str, owner: str, query: Paged, after: str) -> dict[str, str]:
    """Write the Link header to the page after a position; `owner` identifies the list."""
    parameters = _parameters(query)
    cursor = cursors.sign(after, owner, _binding(parameters))
    return {"Link": f'<{url}?{urlencode({**parameters, "cursor": cursor})}>; rel="next"'}


def position(cursors: Cursors, owner: str, query: Paged) -> str | None:
    """Return the position that a query's cursor holds; None without a cursor.

    Raises
    ------
    Problem
        400: the cursor is not from a link to this list with these filters.
    """
    if query.cursor is None:
        return None
    try:
        return cursors.position(query.cursor, owner, _binding(_parameters(query)))
    except InvalidCursor as error:
        raise invalid_query("cursor", "is not from a Link header of this list with these filters") from error


def _parameters(query: Paged) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(query).items() if value is not None}


def _binding(parameters: dict[str, Any]) -> str:
    filters = {name: value for name, value in parameters.items() if name not in _OF_A_PAGE}
    return msgspec.json.encode(filters, order="deterministic").decode()
