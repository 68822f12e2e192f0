"""How one request reads and writes the cache."""

from local_aws.services.cloudfront.cache_key import Key
from local_aws.services.cloudfront.store import EdgeCache, Entry
from local_aws.services.cloudfront.validators import conditions_for
from local_aws.services.cloudfront.viewer import ViewerRequest


class Errand:
    """One request's use of the cache: the keys of its object, and the entry that was found."""

    def __init__(self, request: ViewerRequest, cache: EdgeCache, now: float) -> None:
        self.request = request
        self.cache = cache
        self.generation = cache.generation
        self.fetch = 0
        self.is_caching = request.policy.is_caching
        self.whole: Key = request.key()
        self.own: Key = self.whole
        if request.method == "HEAD":
            self.own = ("HEAD", *self.whole[1:])
        elif "range" in request.headers:
            self.own = (*self.whole, request.headers["range"])
        self.found_at, self.entry = self._find(now)

    def _find(self, now: float) -> tuple[Key, Entry | None]:
        found = [(key, entry) for key in (self.whole, self.own) if (entry := self.cache.get(key))]
        fresh = [pair for pair in found if pair[1].is_fresh(now)]
        nothing: tuple[Key, Entry | None] = (self.whole, None)
        return fresh[0] if fresh else found[0] if found else nothing

    def conditions(self) -> dict[str, str] | None:
        """The edge's own conditions for the origin; None if nothing is cached, so that the viewer's are sent."""
        if not self.is_caching:
            return None
        return conditions_for(self.entry.headers) if self.entry and not self.entry.is_error else {}

    def begin_fetch(self) -> None:
        """Remember that the origin is asked now."""
        self.fetch = self.cache.begin_fetch()

    def keep(self, key: Key, entry: Entry) -> None:
        """Put an object into the cache, unless it was invalidated since this errand began, or is newer there."""
        self.cache.put(key, entry, self.generation)

    def withdraw(self) -> None:
        """Remove the object that was found, and any that replaced it before the origin was asked."""
        self.cache.withdraw(self.found_at, self.fetch)
