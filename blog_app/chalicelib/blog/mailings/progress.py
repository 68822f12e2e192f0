"""The progress of mailings, for authors."""

from chalicelib.blog.mailings.model import Mailing, mailing_of
from chalicelib.blog.mailings.ports import MailedPosts, MailingStore


class MailingProgress:
    """Sums up the shards of a mailing."""

    def __init__(self, posts: MailedPosts, store: MailingStore) -> None:
        self._posts = posts
        self._store = store

    def get(self, post_id: str) -> Mailing:
        """Return how far the mailing of a post has come.

        Raises
        ------
        PostNotFound
        """
        return mailing_of(self._posts.get(post_id), self._store.shards(post_id))
