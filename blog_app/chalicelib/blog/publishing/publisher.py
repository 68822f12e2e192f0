"""Publishing: make the site bucket match the published posts.

An event only says which posts changed. What is rendered are the posts as they are now. So an event may come twice, late
or out of order. The function runs once at a time (its reserved concurrency), so no older state overwrites a newer one.
"""

import hashlib
import logging
from collections.abc import Callable, Collection, Mapping, Sequence

from chalicelib.blog.pages.posts import photos_of
from chalicelib.blog.pages.site import Site
from chalicelib.blog.photos.model import Photo
from chalicelib.blog.photos.ports import MediaReplicas
from chalicelib.blog.posts.model import Post
from chalicelib.blog.publishing.model import Difference, KindHeaders, PhotoChange, Report
from chalicelib.blog.publishing.object_headers import is_outdated, noted_headers
from chalicelib.blog.publishing.ports import EdgeCache, PublishedPosts, PublishingNotes, ReadyPhotos, SiteStore
from chalicelib.blog.publishing.site_objects import (
    REMOVABLE_PREFIXES,
    AffectedKeys,
    Render,
    cached_paths,
    site_objects,
)

# The edge keeps the API's responses about posts, too.
API_PATHS = ("/api/posts*", "/api/tags*", "/api/search*")
# Instead of so many paths, all are invalidated.
MANY_PATHS = 1000
EVERYTHING = ["/*"]
# An item holds 400 KB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
MAX_REPORTED = 100


class RenderingFailed(Exception):
    """Some lists could not be rendered; all other objects are up to date."""


class Publisher:
    """Renders what has changed, and invalidates exactly that at the edge."""

    def __init__(
        self,
        *,
        posts: PublishedPosts,
        notes: PublishingNotes,
        photos: ReadyPhotos,
        replicas: MediaReplicas,
        site: Site,
        store: SiteStore,
        edge: EdgeCache,
        log: logging.Logger,
        now: Callable[[], int],
    ) -> None:
        """`now` tells the time in seconds since 1970."""
        self._posts = posts
        self._notes = notes
        self._photos = photos
        self._replicas = replicas
        self._site = site
        self._store = store
        self._edge = edge
        self._log = log
        self._now = now

    def sync(self, changed: Sequence[Post], photo_ids: Collection[str] = ()) -> Difference:
        """Render what a change of posts and photos may change; `changed` are posts before and after their change.

        Posts' pages that could not be rendered are returned and not raised: the same text would fail again, and hold up
        the stream.

        Raises
        ------
        RenderingFailed
        """
        is_public = any(post.is_published for post in changed)
        if not is_public and not photo_ids:
            return Difference([], [])
        published = self._posts.published()
        showing = [post for post in published if photo_ids and not photos_of(post).isdisjoint(photo_ids)]
        if not is_public and not showing:
            return Difference([], [])
        difference = self._refresh(published, AffectedKeys(published, [*changed, *showing]))
        if failed := [key for key in difference.failed if not key.startswith("posts/")]:
            raise RenderingFailed(f"not rendered: {', '.join(failed[:10])}")
        return difference

    def sync_photo(self, change: PhotoChange) -> list[str]:
        """Bring a photo's files into this region before pages show them; returns the paths that are no longer shown."""
        if change.is_deleted:
            self._replicas.purge(change.id)
        else:
            self._replicas.replicate(change.id, change.after)
        return sorted(_urls(change.before) - _urls(change.after))

    def invalidate(self, paths: Sequence[str]) -> None:
        """Remove files that are no longer shown from the edge, which would keep them for a year."""
        if paths:
            self._edge.invalidate(paths)

    def render_all(self, request: str) -> Difference:
        """Render everything, and report what was not up to date to `request`."""
        published = self._posts.published()
        for photo_id, photo in self._photos.ready({one for post in published for one in photos_of(post)}).items():
            self._replicas.replicate(photo_id, photo)
        difference = self._refresh(published, lambda _key: True)
        keys = difference.keys
        self._notes.report(request, Report(len(keys), keys[:MAX_REPORTED], difference.failed[:MAX_REPORTED]))
        return difference

    def _refresh(self, published: Sequence[Post], is_affected: Callable[[str], bool]) -> Difference:
        stored = self._store.objects()
        photos = self._photos.ready({one for post in published for one in photos_of(post)})
        objects = site_objects(self._site, published, photos)
        headers = self._headers(objects)
        # Absent objects are rendered, too: lists already name posts whose own events come later.
        renders = {key: render for key, render in objects.items() if is_affected(key) or key not in stored}
        rendered, failed = self._rendered(renders)
        changed = {
            key: content
            for key, content in rendered.items()
            if key not in stored or stored[key].etag != _etag(content) or is_outdated(key, stored[key], headers)
        }
        gone = [key for key in stored if key.startswith(REMOVABLE_PREFIXES) and is_affected(key) and key not in objects]
        self._apply(changed, gone)
        return Difference(list(changed), gone, failed)

    def _headers(self, keys: Collection[str]) -> Mapping[str, KindHeaders]:
        """Return the headers by kind of object, and note those that are not as in the run before."""
        noted = self._notes.headers()
        headers = noted_headers(noted, keys, self._now())
        if headers != noted:
            self._notes.note_headers(headers)
        return headers

    def _rendered(self, renders: dict[str, Render]) -> tuple[dict[str, bytes], list[str]]:
        rendered, failed = {}, []
        for key, render in renders.items():
            try:
                content = render()
            except Exception:
                # One post that cannot be rendered does not hold up the others.
                self._log.exception("not rendered", extra={"key": key})
                failed.append(key)
                continue
            rendered[key] = content if isinstance(content, bytes) else content.encode()
        return rendered, failed

    def _apply(self, changed: dict[str, bytes], gone: Sequence[str]) -> None:
        unfinished = self._notes.unfinished()
        paths = sorted({path for key in [*changed, *gone] for path in cached_paths(key)} | set(unfinished))
        if not paths:
            return
        if len(paths) >= MANY_PATHS:
            paths = EVERYTHING
        # If this run is interrupted, the next one finds some objects up to date, and still must invalidate them.
        self._notes.begin(paths)
        for key, content in changed.items():
            self._store.put(key, content)
        self._store.delete(gone)
        self._edge.invalidate(EVERYTHING if EVERYTHING[0] in paths else [*paths, *API_PATHS])
        self._notes.finish()


def _urls(photo: Photo | None) -> set[str]:
    return {one.url for one in photo.renditions} if photo else set()


def _etag(content: bytes) -> str:
    """Return the ETag that S3 gives an object put in one part with SSE-S3: its MD5."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
