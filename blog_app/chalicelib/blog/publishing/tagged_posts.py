"""The published posts by tag, and which of them are related to a post."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property

from chalicelib.blog.posts.model import Post

MAX_RELATED = 3
# Of each tag, only so many newer and older posts can be related. So a changed post changes the pages of few others.
_REACH = 3


class TaggedPosts:
    """The published posts, newest first, by tag."""

    def __init__(self, published: Sequence[Post]) -> None:
        self.by_tag: dict[str, list[Post]] = {}
        for post in published:
            for tag in post.tags:
                self.by_tag.setdefault(tag, []).append(post)

    def related(self, post: Post, without: Collection[str]) -> list[Post]:
        """Return the posts that share the most tags with a post, the nearest in time first; not those `without`."""
        others: dict[str, Post] = {}
        # How many posts of a tag are between the two. Unlike places in the list of all posts, this does not change when
        # a post appears far away.
        distances: dict[str, int] = {}
        for tag in post.tags:
            place = self._place[tag]
            for other in self._near(tag, place[post.id], place[post.id] + 1):
                distance = abs(place[other.id] - place[post.id])
                others[other.id] = other
                distances[other.id] = min(distance, distances.get(other.id, distance))

        def rank(other: Post) -> tuple[int, int]:
            return -len(own.intersection(other.tags)), distances[other.id]

        own = set(post.tags)
        newest_first = sorted(others.values(), key=lambda other: (other.published_at or "", other.id), reverse=True)
        return sorted((other for other in newest_first if other.id not in without), key=rank)[:MAX_RELATED]

    def affected(self, changed: Post) -> Iterator[Post]:
        """Return the posts whose related posts may change when this post changes, appears or disappears."""
        date = changed.published_at or ""
        for tag in changed.tags:
            tagged = self.by_tag.get(tag, [])
            newer = sum((post.published_at or "") > date for post in tagged)
            same = sum((post.published_at or "") == date for post in tagged)
            yield from self._near(tag, newer, newer + same)
            yield from tagged[newer : newer + same]

    def _near(self, tag: str, begin: int, end: int) -> list[Post]:
        """Return the posts of a tag just before and just after a part of its list."""
        tagged = self.by_tag.get(tag, [])
        return tagged[max(0, begin - _REACH) : begin] + tagged[end : end + _REACH]

    @cached_property
    def _place(self) -> Mapping[str, Mapping[str, int]]:
        """The place of each post in the list of each of its tags."""
        return {tag: {post.id: at for at, post in enumerate(posts)} for tag, posts in self.by_tag.items()}
