"""Fakes of what publishing needs from outside."""

import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence

import msgspec
from chalicelib.blog.pages.site import Site
from chalicelib.blog.photos.model import Photo
from chalicelib.blog.posts.model import NewPost, Post, new_post
from chalicelib.blog.publishing.model import KindHeaders, Report, StoredObject
from chalicelib.blog.publishing.publisher import Publisher

from common.values import timestamp
from tests.unit.blog.moments import at

SITE = Site("MyBlog", "https://blog.example", "Notes", "en", "Ada")
LOG = logging.getLogger("test_publishing")


class Crash(Exception):
    """The function ended in the middle."""


class State:
    """Posts, and the notes of publishing."""

    def __init__(self) -> None:
        self.posts: dict[str, Post] = {}
        self.paths: list[str] = []
        self.reports: dict[str, Report] = {}
        self.noted_headers: Mapping[str, KindHeaders] = {}

    def published(self) -> list[Post]:
        public = [post for post in self.posts.values() if post.is_published]
        return sorted(public, key=lambda post: post.published_at or "", reverse=True)

    def unfinished(self) -> list[str]:
        return self.paths

    def begin(self, paths: Sequence[str]) -> None:
        self.paths = list(paths)

    def finish(self) -> None:
        self.paths = []

    def report(self, request: str, report: Report) -> None:
        self.reports[request] = report

    def headers(self) -> Mapping[str, KindHeaders]:
        return self.noted_headers

    def note_headers(self, headers: Mapping[str, KindHeaders]) -> None:
        self.noted_headers = headers


class Shelf(dict[str, Photo]):
    """The photos that are ready."""

    def ready(self, photo_ids: Collection[str]) -> dict[str, Photo]:
        return {one: self[one] for one in photo_ids if one in self}


class Replicas:
    """All photos were made in this region."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def replicate(self, photo_id: str, photo: Photo | None) -> None:
        self.calls.append(f"replicate {photo_id}")

    def purge(self, photo_id: str) -> None:
        self.calls.append(f"purge {photo_id}")


class Clock:
    """The time in seconds since 1970."""

    def __init__(self) -> None:
        self.seconds = 1_000_000

    def now(self) -> int:
        return self.seconds


class Bucket:
    """Objects, when each was written, and how often."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.contents: dict[str, bytes] = {}
        self.times: dict[str, int] = {}
        self.written: list[str] = []
        self.writes_left = 10_000

    def objects(self) -> dict[str, StoredObject]:
        return {
            key: StoredObject(hashlib.md5(content).hexdigest(), self.times.get(key, self._clock.now()))
            for key, content in self.contents.items()
        }

    def put(self, key: str, content: bytes) -> None:
        if not self.writes_left:
            raise Crash
        self.writes_left -= 1
        self.contents[key] = content
        self.times[key] = self._clock.now()
        self.written.append(key)

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.contents.pop(key, None)


class Cdn:
    """What was invalidated; it may be out of order."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.broken = False

    def invalidate(self, paths: Sequence[str]) -> None:
        if self.broken:
            raise Crash
        self.paths += paths


class Fakes:
    """A publisher, and the fakes that it uses."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.state, self.photos, self.bucket, self.cdn = State(), Shelf(), Bucket(self.clock), Cdn()
        self.replicas = Replicas()
        self.publisher = Publisher(
            posts=self.state,
            notes=self.state,
            photos=self.photos,
            replicas=self.replicas,
            site=SITE,
            store=self.bucket,
            edge=self.cdn,
            log=LOG,
            now=self.clock.now,
        )

    def write(self, slug: str, hour: int, tags: Sequence[str] = (), body: str = "Text") -> Post:
        post = new_post(NewPost(title=slug, slug=slug, tags=list(tags), body_markdown=body), at(hour))
        return self.put(msgspec.structs.replace(post, status="published", published_at=timestamp(at(hour))))

    def put(self, post: Post) -> Post:
        self.state.posts[post.id] = post
        return post

    def change(self, old: Post, **changes: object) -> tuple[Post, Post]:
        return old, self.put(msgspec.structs.replace(old, version=old.version + 1, **changes))

    def forget_traces(self) -> None:
        self.bucket.written.clear()
        self.cdn.paths.clear()
