"""Answers requests from the cache, and fetches from the origin what the cache does not have.

It revalidates expired objects, collapses simultaneous requests, serves stale objects, and caches errors.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from local_aws.services.cloudfront.cache import EdgeCache, Entry
from local_aws.services.cloudfront.cache_control import Freshness, directives, error_seconds, freshness
from local_aws.services.cloudfront.cache_key import Key
from local_aws.services.cloudfront.cache_lookup import CacheLookup
from local_aws.services.cloudfront.compression import compressed, is_compressible
from local_aws.services.cloudfront.forwarding import OriginRequest, bypasses_cache, origin_request
from local_aws.services.cloudfront.origin_client import OriginResponse, RegionCheck, fetch_error_page, fetch_from_origin
from local_aws.services.cloudfront.viewer import ERROR, HIT, MISS, REFRESHED, EdgeResponse, Headers, ViewerRequest

_NOT_MODIFIED, _PARTIAL, _ERRORS_FROM, _SERVER_ERRORS_FROM = 304, 206, 400, 500


class CachingClient:
    """Answers requests from a distribution's cache and its origins."""

    def __init__(self, is_region_down: RegionCheck, clock: Callable[[], float]) -> None:
        self._is_region_down = is_region_down
        self._clock = clock
        self._refreshing: dict[tuple[int, Key], asyncio.Task[EdgeResponse]] = {}

    async def answer(self, request: ViewerRequest, cache: EdgeCache) -> EdgeResponse:
        """Answer one request that the distribution allows."""
        if not request.is_cached_method or bypasses_cache(request):
            sent = origin_request(request, None)
            return (await self._result(request, await fetch_from_origin(request, sent, self._is_region_down)))[0]
        now = self._clock()
        lookup = CacheLookup(request, cache, now)
        entry = lookup.entry
        if entry and entry.is_fresh(now):
            return _from_cache(entry, HIT, now)
        if entry and not entry.is_error and now < entry.fresh_until + entry.freshness.stale_while_revalidate:
            self._refresh(lookup)
            return _from_cache(entry, HIT, now)
        return await self._collapse_fetches(lookup)

    async def refuse(self, request: ViewerRequest, response: OriginResponse) -> EdgeResponse:
        """Answer one request with an error of the edge, or with the custom error page of its status."""
        return (await self._result(request, response))[0]

    def _refresh(self, lookup: CacheLookup) -> None:
        """Revalidate a stale object in the background; viewers get the stale object meanwhile."""
        task_key = (id(lookup.cache), lookup.request_key)
        if task_key not in self._refreshing:
            task = self._refreshing[task_key] = asyncio.create_task(self._collapse_fetches(lookup))
            task.add_done_callback(lambda _: self._refreshing.pop(task_key, None))

    async def _collapse_fetches(self, lookup: CacheLookup) -> EdgeResponse:
        """Fetch once for all simultaneous requests for one object, if its response may be shared."""
        cache, key = lookup.cache, lookup.request_key
        sent = origin_request(lookup.request, lookup.conditions())
        if not lookup.is_caching:
            return (await self._fetch(lookup, sent))[0]
        if in_progress := cache.fetches_in_progress.get(key):
            shared: EdgeResponse | None = await asyncio.shield(in_progress)
            if shared is not None:
                return replace(shared, result=HIT if shared.result == MISS else shared.result)
            return (await self._fetch(lookup, sent))[0]
        fetch = cache.fetches_in_progress[key] = asyncio.get_running_loop().create_future()
        try:
            answer, is_shareable = await self._fetch(lookup, sent)
            # A cookie belongs to one viewer and is not shared: https://www.rfc-editor.org/rfc/rfc6265#section-3
            fetch.set_result(answer if is_shareable and "set-cookie" not in answer.headers else None)
        finally:
            if cache.fetches_in_progress.get(key) is fetch:
                del cache.fetches_in_progress[key]
            if not fetch.done():
                fetch.set_result(None)
        return answer

    async def _fetch(self, lookup: CacheLookup, sent: OriginRequest) -> tuple[EdgeResponse, bool]:
        """Fetch from the origin, and cache the response if allowed; also returns whether viewers may share it."""
        lookup.begin_fetch()
        response = await fetch_from_origin(lookup.request, sent, self._is_region_down)
        if response.status == _NOT_MODIFIED and lookup.is_caching and lookup.entry:
            return self._renew(lookup, lookup.entry, response.headers)
        if response.status >= _ERRORS_FROM:
            return await self._failed(lookup, response)
        return await self._new(lookup, response)

    def _renew(self, lookup: CacheLookup, entry: Entry, headers: Headers) -> tuple[EdgeResponse, bool]:
        """Renew a cached object after a 304. Headers for one viewer only are neither cached nor shared."""
        now = self._clock()
        # RFC 9111 section 4.3.4: the 304's headers replace the cached ones, except those that describe the body.
        body = {"content-length", "content-encoding", "content-type", "etag", "vary"}
        merged = entry.headers | {name: value for name, value in headers.items() if name not in body}
        kept = _cacheable_headers(merged)
        new_freshness = freshness(merged, lookup.request.policy.ttl)
        renewed = replace(entry, headers=kept, stored_at=now, freshness=new_freshness, fetch=lookup.fetch, retry_at=0.0)
        renewed.fresh_until = now + new_freshness.seconds
        if new_freshness.is_storable:
            lookup.keep(lookup.entry_key, renewed)
        else:
            lookup.discard()
        answer = replace(_from_cache(renewed, REFRESHED, now), headers=merged)
        return answer, new_freshness.is_storable and len(kept) == len(merged)

    async def _new(self, lookup: CacheLookup, response: OriginResponse) -> tuple[EdgeResponse, bool]:
        request, headers, body = lookup.request, response.headers, response.body
        if _is_compressed_here(request, response):
            headers, body = await compressed(headers, body)
        answer = EdgeResponse(response.status, headers, body, MISS, response.status)
        new_freshness = freshness(headers, request.policy.ttl)
        is_kept = lookup.is_caching and new_freshness.is_storable and response.status != _NOT_MODIFIED
        # With a minimum TTL, even a response with `Vary: *` is cached until that TTL ends.
        is_kept = is_kept and not (response.varies_on_all and request.policy.ttl.least == 0)
        kept = _cacheable_headers(headers)
        if is_kept:
            key = lookup.request_key if response.status == _PARTIAL or request.method == "HEAD" else lookup.object_key
            lookup.keep(key, self._entry(lookup, key, replace(answer, headers=kept), new_freshness))
        elif lookup.entry:
            lookup.discard()
        return answer, is_kept and new_freshness.seconds > 0 and len(kept) == len(headers)

    async def _failed(self, lookup: CacheLookup, response: OriginResponse) -> tuple[EdgeResponse, bool]:
        """Answer an origin's error with the expired object, or with the error itself, which is cached for its TTL."""
        now, entry = self._clock(), lookup.entry
        seconds = self._error_seconds(lookup.request, response)
        if response.status >= _SERVER_ERRORS_FROM and entry and lookup.is_caching and entry.may_replace_error(now):
            limit = entry.freshness.stale_if_error
            last = now + seconds if limit is None else min(now + seconds, entry.fresh_until + limit)
            entry.retry_at = last
            return _from_cache(entry, REFRESHED, now), True
        if entry and response.status < _SERVER_ERRORS_FROM:
            # The object is gone or forbidden. It must not be served as stale when the origin fails later.
            lookup.discard()
        answer, response = await self._result(lookup.request, response)
        kept = _cacheable_headers(answer.headers)
        if seconds > 0:
            lifetime = Freshness(True, seconds)
            lookup.keep(
                lookup.request_key, self._entry(lookup, lookup.request_key, replace(answer, headers=kept), lifetime)
            )
        return answer, seconds > 0 and len(kept) == len(answer.headers)

    def _error_seconds(self, request: ViewerRequest, response: OriginResponse) -> float:
        least = request.configuration.error_ttls.get(response.status)
        return error_seconds(response.status, response.headers, least, request.policy.ttl.most)

    async def _result(self, request: ViewerRequest, response: OriginResponse) -> tuple[EdgeResponse, OriginResponse]:
        """Build the edge's response from the origin's, with the custom error page of its status if there is one."""
        origin_status = response.status
        page = request.configuration.error_page(origin_status)
        if page:
            response = await fetch_error_page(request, page["page"], self._is_region_down)
            if response.status < _ERRORS_FROM:
                response = replace(response, status=page["response_code"])
        if origin_status >= _ERRORS_FROM and _is_compressed_here(request, response):
            headers, body = await compressed(response.headers, response.body)
            response = replace(response, headers=headers, body=body)
        result = ERROR if origin_status >= _ERRORS_FROM else MISS
        edge_response = EdgeResponse(response.status, response.headers, response.body, result, origin_status)
        return replace(edge_response, is_generated=response.is_generated), response

    def _entry(self, lookup: CacheLookup, key: Key, answer: EdgeResponse, new_freshness: Freshness) -> Entry:
        now = self._clock()
        return Entry(
            key[1],
            answer.status,
            answer.headers,
            answer.body,
            now,
            now + new_freshness.seconds,
            new_freshness,
            answer.origin_status,
            answer.is_generated,
            lookup.fetch,
        )


def _from_cache(entry: Entry, result: str, now: float) -> EdgeResponse:
    age = int(now - entry.stored_at) if result == HIT else None
    if entry.is_error:
        result = ERROR
    return EdgeResponse(entry.status, entry.headers, entry.body, result, entry.origin_status, age, entry.is_generated)


def _cacheable_headers(headers: Headers) -> Headers:
    """The headers without the fields that `Cache-Control: no-cache="Set-Cookie"`, or `private`, excludes."""
    cache_control = directives(headers)
    named = ",".join(cache_control.get(name) or "" for name in ("no-cache", "private"))
    fields = {name.strip() for name in named.lower().split(",")}
    return {name: value for name, value in headers.items() if name not in fields}


def _is_compressed_here(request: ViewerRequest, response: OriginResponse) -> bool:
    encodings = request.policy.accepted_encodings(request.headers) or ""
    return (
        request.behavior["compress"]
        and request.method == "GET"
        and "gzip" in encodings.split(",")
        and not response.is_chunked
        and is_compressible(response.status, response.headers, response.body)
    )
