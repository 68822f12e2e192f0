"""What the use cases of posts need from outside."""

from typing import Protocol

from chalicelib.blog.posts.model import Post, Status

from common.values import Page


class PostStore(Protocol):
    """Keeps posts and their slugs. Each slug leads to one post, which has it now or had it before."""

    def get(self, post_id: str) -> Post:
        """Return one post, or raise PostNotFound."""

    def by_slug(self, slug: str) -> Post:
        """Return the post that a slug leads to, or raise PostNotFound."""

    def page(self, status: Status, limit: int, after: str | None, tag: str | None = None) -> Page[Post]:
        """Read posts of one status without their text, the newest first."""

    def add(self, post: Post) -> bool:
        """Add a post and take its slug; False if another change interfered. Raises SlugTaken."""

    def replace(self, old: Post, new: Post) -> bool:
        """Replace a post if it still has the old one's version; False if not. Raises SlugTaken."""

    def delete(self, post: Post) -> bool:
        """Delete a post and free its slugs if it still has this version; False if not."""
