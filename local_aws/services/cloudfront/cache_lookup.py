"""Looks one request up in a distribution's cache, and stores what its origin returns."""

from local_aws.services.cloudfront.cache import EdgeCache, Entry
from local_aws.services.cloudfront.cache_key import Key
from local_aws.services.cloudfront.validators import conditions_for
from local_aws.services.cloudfront.viewer import ViewerRequest


class CacheLookup:
    """A cache lookup: the keys of the requested object, and the cached entry, if there is one."""

    def __init__(self, request: ViewerRequest, cache: EdgeCache, now: float) -> None:
        self.request = request
        self.cache = cache
        self.generation = cache.generation
        self.fetch = 0
        self.is_caching = request.policy.is_caching
        self.object_key: Key = request.key()
        self.request_key: Key = self.object_key
        if request.method == "HEAD":
            self.request_key = ("HEAD", *self.object_key[1:])
        elif "range" in request.headers:
            self.request_key = (*self.object_key, request.headers["range"])
        self.entry_key, self.entry = self._find(now)

    def _find(self, now: float) -> tuple[Key, Entry | None]:
        entries = [(key, entry) for key in (self.object_key, self.request_key) if (entry := self.cache.get(key))]
        fresh = [pair for pair in entries if pair[1].is_fresh(now)]
        no_entry: tuple[Key, Entry | None] = (self.object_key, None)
        return fresh[0] if fresh else entries[0] if entries else no_entry

    def conditions(self) -> dict[str, str] | None:
        """The validators of the cached entry; None if the cache is off and the viewer's are sent."""
        if not self.is_caching:
            return None
        return conditions_for(self.entry.headers) if self.entry and not self.entry.is_error else {}

    def begin_fetch(self) -> None:
        """Note that a fetch from the origin begins now."""
        self.fetch = self.cache.begin_fetch()

    def keep(self, key: Key, entry: Entry) -> None:
        """Put an object into the cache, unless it was invalidated since this lookup, or a newer one is cached."""
        self.cache.put(key, entry, self.generation)

    def discard(self) -> None:
        """Remove the entry, or whatever replaced it before this request's fetch began."""
        self.cache.remove_older(self.entry_key, self.fetch)
