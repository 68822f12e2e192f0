"""Lists in pages over HTTP: a cursor in the query says where to go on, a Link header leads to the next page.

https://www.rfc-editor.org/rfc/rfc8288
"""

from typing import Any, Protocol
from urllib.parse import urlencode

import msgspec

from common.http.cursors import Cursors, InvalidCursor
from common.http.problems import invalid_query

# What may differ from page to page of the same list.
_OF_A_PAGE = ("cursor", "limit")


class Paged(Protocol):
    """A query of a list in pages, a struct; all its fields but `limit` and `cursor` say what is in the list."""

    @property
    def cursor(self) -> str | None:
        """Where to go on."""


def next_link(cursors: Cursors, url: str, owner: str, query: Paged, after: str) -> dict[str, str]:
    """Write the header that leads to the page after a position; `owner` is whose list it is, or which."""
    given = _given(query)
    cursor = cursors.sign(after, owner, _binding(given))
    return {"Link": f'<{url}?{urlencode({**given, "cursor": cursor})}>; rel="next"'}


def position(cursors: Cursors, owner: str, query: Paged) -> str | None:
    """Read a query's cursor.

    Raises
    ------
    Problem
        400: not made by us for this owner and these filters.
    """
    if query.cursor is None:
        return None
    try:
        return cursors.position(query.cursor, owner, _binding(_given(query)))
    except InvalidCursor as error:
        raise invalid_query("cursor", "is not from a Link header of this list with these filters") from error


def _given(query: Paged) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(query).items() if value is not None}


def _binding(given: dict[str, Any]) -> str:
    filters = {name: value for name, value in given.items() if name not in _OF_A_PAGE}
    return msgspec.json.encode(filters, order="deterministic").decode()
