"""Publishing: the site bucket is brought to what the published posts say.

Nothing is taken from an event but which posts changed: what is rendered is the state as it is now. So an event may come
twice, late or out of order. The function that does this runs once at a time (its reserved concurrency), so no older
state overwrites a newer one.
"""

import hashlib
import logging
from collections.abc import Callable, Collection, Sequence

import msgspec
from chalicelib.blog.pages.posts import photos_of
from chalicelib.blog.pages.site import Site
from chalicelib.blog.posts.model import PhotoChange, Post
from chalicelib.blog.posts.ports import Copies, Edge, Published, ReadyPhotos, Report, SiteFiles
from chalicelib.blog.publishing.site_objects import COMING_AND_GOING, Affected, Render, paths_of, plan

# What the API answers about posts is kept at the edge, too.
API_PATHS = ("/api/posts*", "/api/tags*", "/api/search*")
MOST_PATHS = 1000
EVERYTHING = ["/*"]


# An item holds 400 KB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
MOST_REPORTED = 100


class Failed(Exception):
    """Some lists could not be rendered; all other objects are as they should be."""


class Difference(msgspec.Struct, frozen=True):
    """What a run has changed in the bucket, and what could not be rendered."""

    written: list[str]
    deleted: list[str]
    failed: list[str] = []

    @property
    def keys(self) -> list[str]:
        """What was changed."""
        return self.written + self.deleted


class Publisher:
    """Renders what has changed, and tells the CDN exactly that."""

    def __init__(
        self,
        state: Published,
        photos: ReadyPhotos,
        copies: Copies,
        site: Site,
        files: SiteFiles,
        edge: Edge,
        log: logging.Logger,
    ) -> None:
        self._state = state
        self._photos = photos
        self._copies = copies
        self._site = site
        self._files = files
        self._edge = edge
        self._log = log

    def follow(self, changed: Sequence[Post], photo_ids: Collection[str] = ()) -> Difference:
        """Render what a change of posts and photos may change; `changed` are posts as they were and as they became.

        Posts' pages that could not be rendered are in the answer, and no failure: the same text fails again, and the
        stream would wait for it.

        Raises
        ------
        Failed
        """
        is_public = any(post.is_published for post in changed)
        if not is_public and not photo_ids:
            return Difference([], [])
        published = self._state.published()
        showing = [post for post in published if photo_ids and not photos_of(post).isdisjoint(photo_ids)]
        if not is_public and not showing:
            return Difference([], [])
        difference = self._refresh(published, Affected(published, [*changed, *showing]))
        if failed := [key for key in difference.failed if not key.startswith("posts/")]:
            raise Failed(f"not rendered: {', '.join(failed[:10])}")
        return difference

    def follow_photo(self, change: PhotoChange) -> list[str]:
        """Have a photo's files in this region before pages show them; returns the paths that are shown no more."""
        if change.is_deleted:
            self._copies.forget(change.id)
        else:
            self._copies.bring(change.id, change.after)
        before, after = (
            {one.url for one in photo.renditions} if photo else set() for photo in (change.before, change.after)
        )
        return sorted(before - after)

    def forget(self, paths: Sequence[str]) -> None:
        """Have the edge forget files that are shown no more; it would keep them for a year."""
        if paths:
            self._edge.invalidate(paths)

    def render_all(self, request: str) -> Difference:
        """Render everything, and report to `request` what was not as it should be."""
        published = self._state.published()
        for photo_id, photo in self._photos.ready({one for post in published for one in photos_of(post)}).items():
            self._copies.bring(photo_id, photo)
        difference = self._refresh(published, lambda _key: True)
        keys = difference.keys
        self._state.report(request, Report(len(keys), keys[:MOST_REPORTED], difference.failed[:MOST_REPORTED]))
        return difference

    def _refresh(self, published: Sequence[Post], affected: Callable[[str], bool]) -> Difference:
        present = self._files.present()
        photos = self._photos.ready({one for post in published for one in photos_of(post)})
        planned = plan(self._site, published, photos)
        # What is not there yet is rendered, too: lists name posts already whose own events come later.
        wanted = {key: render for key, render in planned.items() if affected(key) or key not in present}
        rendered, failed = self._rendered(wanted)
        changed = {key: content for key, content in rendered.items() if present.get(key) != _etag(content)}
        gone = [key for key in present if key.startswith(COMING_AND_GOING) and affected(key) and key not in planned]
        self._apply(changed, gone)
        return Difference(list(changed), gone, failed)

    def _rendered(self, wanted: dict[str, Render]) -> tuple[dict[str, bytes], list[str]]:
        rendered, failed = {}, []
        for key, render in wanted.items():
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
        unfinished = self._state.unfinished()
        paths = sorted({path for key in [*changed, *gone] for path in paths_of(key)} | set(unfinished))
        if not paths:
            return
        if len(paths) >= MOST_PATHS:
            paths = EVERYTHING
        # If this run ends in the middle, the next finds some objects as they should be, and must tell the CDN still.
        self._state.begin(paths)
        for key, content in changed.items():
            self._files.put(key, content)
        self._files.delete(gone)
        self._edge.invalidate(EVERYTHING if EVERYTHING[0] in paths else [*paths, *API_PATHS])
        self._state.finish()


def _etag(content: bytes) -> str:
    """What S3 answers for an object put in one part with SSE-S3: its MD5."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
