"""The cache between viewers and origins: hits, revalidation, collapsing, stale answers, cached errors."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from local_aws.services.cloudfront.cache_control import Freshness, directives, error_seconds, freshness
from local_aws.services.cloudfront.cache_key import Key
from local_aws.services.cloudfront.cache_lookup import Errand
from local_aws.services.cloudfront.compression import compressed, is_compressible
from local_aws.services.cloudfront.forwarding import OriginRequest, origin_request, passes_by
from local_aws.services.cloudfront.origin_client import OriginAnswer, Outage, ask, ask_for_page
from local_aws.services.cloudfront.store import EdgeCache, Entry
from local_aws.services.cloudfront.viewer import ERROR, HIT, MISS, REFRESHED, Answer, Headers, ViewerRequest

_NOT_MODIFIED, _PARTIAL, _ERRORS_FROM, _SERVER_ERRORS_FROM = 304, 206, 400, 500


class Fetcher:
    """Answers requests from a distribution's cache and its origins."""

    def __init__(self, outage: Outage, clock: Callable[[], float]) -> None:
        self._outage = outage
        self._clock = clock
        self._refreshing: dict[tuple[int, Key], asyncio.Task[Answer]] = {}

    async def answer(self, request: ViewerRequest, cache: EdgeCache) -> Answer:
        """The answer to one request that has passed the gates."""
        if not request.is_cached_method or passes_by(request):
            sent = origin_request(request, None)
            return (await self._result(request, await ask(request, sent, self._outage)))[0]
        now = self._clock()
        errand = Errand(request, cache, now)
        entry = errand.entry
        if entry and entry.is_fresh(now):
            return _from_cache(entry, HIT, now)
        if entry and not entry.is_error and now < entry.fresh_until + entry.freshness.stale_while_revalidate:
            self._refresh(errand)
            return _from_cache(entry, HIT, now)
        return await self._collapsed(errand)

    def _refresh(self, errand: Errand) -> None:
        """Get a stale object anew while viewers still get the old one."""
        place = (id(errand.cache), errand.own)
        if place not in self._refreshing:
            task = self._refreshing[place] = asyncio.create_task(self._collapsed(errand))
            task.add_done_callback(lambda _: self._refreshing.pop(place, None))

    async def _collapsed(self, errand: Errand) -> Answer:
        """One fetch for all who ask for the same object at the same time, if its answer may be shared."""
        cache, key = errand.cache, errand.own
        sent = origin_request(errand.request, errand.conditions())
        if not errand.is_caching:
            return (await self._fetched(errand, sent))[0]
        if under_way := cache.flights.get(key):
            shared: Answer | None = await asyncio.shield(under_way)
            if shared is not None:
                return replace(shared, result=HIT if shared.result == MISS else shared.result)
            return (await self._fetched(errand, sent))[0]
        flight = cache.flights[key] = asyncio.get_running_loop().create_future()
        try:
            answer, is_shareable = await self._fetched(errand, sent)
            # A cookie is for the one who asked: https://www.rfc-editor.org/rfc/rfc6265#section-3
            flight.set_result(answer if is_shareable and "set-cookie" not in answer.headers else None)
        finally:
            if cache.flights.get(key) is flight:
                del cache.flights[key]
            if not flight.done():
                flight.set_result(None)
        return answer

    async def _fetched(self, errand: Errand, sent: OriginRequest) -> tuple[Answer, bool]:
        """The answer from an origin, cached if it may be; and whether others may have it."""
        errand.begin_fetch()
        response = await ask(errand.request, sent, self._outage)
        if response.status == _NOT_MODIFIED and errand.is_caching and errand.entry:
            return self._still_current(errand, errand.entry, response.headers)
        if response.status >= _ERRORS_FROM:
            return await self._failed(errand, response)
        return await self._new(errand, response)

    def _still_current(self, errand: Errand, entry: Entry, headers: Headers) -> tuple[Answer, bool]:
        """The object that a 304 renewed. What its headers say for one viewer only, neither cache nor others get."""
        now = self._clock()
        # RFC 9111 section 4.3.4: the 304's headers replace those kept, but not what describes the kept body.
        body = {"content-length", "content-encoding", "content-type", "etag", "vary"}
        merged = entry.headers | {name: value for name, value in headers.items() if name not in body}
        kept = _kept_headers(merged)
        fresh = freshness(merged, errand.request.policy.ttl)
        renewed = replace(entry, headers=kept, stored_at=now, freshness=fresh, fetch=errand.fetch, retry_at=0.0)
        renewed.fresh_until = now + fresh.seconds
        if fresh.is_storable:
            errand.keep(errand.found_at, renewed)
        else:
            errand.withdraw()
        answer = replace(_from_cache(renewed, REFRESHED, now), headers=merged)
        return answer, fresh.is_storable and len(kept) == len(merged)

    async def _new(self, errand: Errand, response: OriginAnswer) -> tuple[Answer, bool]:
        request, headers, body = errand.request, response.headers, response.body
        if _is_compressed_here(request, response):
            headers, body = await compressed(headers, body)
        answer = Answer(response.status, headers, body, MISS, response.status)
        fresh = freshness(headers, request.policy.ttl)
        is_kept = errand.is_caching and fresh.is_storable and response.status != _NOT_MODIFIED
        # With a minimum, each viewer gets it until that is over.
        is_kept = is_kept and not (response.varies_on_all and request.policy.ttl.least == 0)
        kept = _kept_headers(headers)
        if is_kept:
            key = errand.own if response.status == _PARTIAL or request.method == "HEAD" else errand.whole
            errand.keep(key, self._entry(errand, key, replace(answer, headers=kept), fresh))
        elif errand.entry:
            errand.withdraw()
        return answer, is_kept and fresh.seconds > 0 and len(kept) == len(headers)

    async def _failed(self, errand: Errand, response: OriginAnswer) -> tuple[Answer, bool]:
        """An origin's error: the expired object in its place, or the error itself, kept for a while."""
        now, entry = self._clock(), errand.entry
        seconds = self._error_seconds(errand.request, response)
        if response.status >= _SERVER_ERRORS_FROM and entry and errand.is_caching and entry.outlives_error(now):
            limit = entry.freshness.stale_if_error
            last = now + seconds if limit is None else min(now + seconds, entry.fresh_until + limit)
            entry.retry_at = last
            return _from_cache(entry, REFRESHED, now), True
        if entry and response.status < _SERVER_ERRORS_FROM:
            # It is gone or hidden, and must not come back should the origin fail later.
            errand.withdraw()
        answer, response = await self._result(errand.request, response)
        kept = _kept_headers(answer.headers)
        if seconds > 0:
            lifetime = Freshness(True, seconds)
            errand.keep(errand.own, self._entry(errand, errand.own, replace(answer, headers=kept), lifetime))
        return answer, seconds > 0 and len(kept) == len(answer.headers)

    def _error_seconds(self, request: ViewerRequest, response: OriginAnswer) -> float:
        least = request.configuration.error_ttls.get(response.status)
        return error_seconds(response.status, response.headers, least, request.policy.ttl.most)

    async def _result(self, request: ViewerRequest, response: OriginAnswer) -> tuple[Answer, OriginAnswer]:
        """An uncached response as an answer: with the custom error page of its status, if there is one."""
        origin_status = response.status
        page = request.configuration.error_page(origin_status)
        if page:
            response = await ask_for_page(request, page["page"], self._outage)
            if response.status < _ERRORS_FROM:
                response = replace(response, status=page["response_code"])
        if origin_status >= _ERRORS_FROM and _is_compressed_here(request, response):
            headers, body = await compressed(response.headers, response.body)
            response = replace(response, headers=headers, body=body)
        result = ERROR if origin_status >= _ERRORS_FROM else MISS
        made = Answer(response.status, response.headers, response.body, result, origin_status)
        return replace(made, is_generated=response.is_generated), response

    def _entry(self, errand: Errand, key: Key, answer: Answer, fresh: Freshness) -> Entry:
        now = self._clock()
        return Entry(
            key[1],
            answer.status,
            answer.headers,
            answer.body,
            now,
            now + fresh.seconds,
            fresh,
            answer.origin_status,
            answer.is_generated,
            errand.fetch,
        )


def _from_cache(entry: Entry, result: str, now: float) -> Answer:
    age = int(now - entry.stored_at) if result == HIT else None
    if entry.is_error:
        result = ERROR
    return Answer(entry.status, entry.headers, entry.body, result, entry.origin_status, age, entry.is_generated)


def _kept_headers(headers: Headers) -> Headers:
    """What is cached of the headers: `Cache-Control: no-cache="Set-Cookie"` keeps cookies out, as `private` does."""
    said = directives(headers)
    named = ",".join(said.get(name) or "" for name in ("no-cache", "private"))
    fields = {name.strip() for name in named.lower().split(",")}
    return {name: value for name, value in headers.items() if name not in fields}


def _is_compressed_here(request: ViewerRequest, response: OriginAnswer) -> bool:
    encodings = request.policy.accepted_encodings(request.headers) or ""
    return (
        request.behavior["compress"]
        and request.method == "GET"
        and "gzip" in encodings.split(",")
        and not response.is_chunked
        and is_compressible(response.status, response.headers, response.body)
    )
