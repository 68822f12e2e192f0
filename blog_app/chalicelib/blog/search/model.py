"""What a search returns."""

import msgspec
from chalicelib.blog.search.snippets import Piece


class SearchResult(msgspec.Struct, frozen=True, array_like=True):
    """A post in search results."""

    slug: str
    title: str
    summary: str
    published_at: str
    tags: list[str]
    author: str = ""
    minutes: int = 0


class Hit(msgspec.Struct, frozen=True):
    """A post that a search has found: its title, and the passage of its text or summary with the words."""

    post: SearchResult
    title: list[Piece]
    passage: list[Piece]

    @property
    def excerpt(self) -> str:
        """The passage as text."""
        return "".join(piece.text for piece in self.passage)


class Found(msgspec.Struct, frozen=True):
    """What a search has found, the best first; `corrected` are the searched words if one of them was mistyped."""

    hits: list[Hit]
    corrected: str = ""
